//! A few items to look at, written through the API like any others.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::json;

use crate::http::Client;
use crate::interrupt::{Interrupt, Interrupted};

const ITEMS: [(&str, &str, u32); 12] = [
    (
        "Miniature circuit breaker 16 A",
        "One pole, type B, for lighting and sockets",
        240,
    ),
    (
        "Miniature circuit breaker 32 A",
        "Three poles, type C, for motors",
        85,
    ),
    (
        "Residual current device 40 A",
        "Two poles, trips at 30 mA",
        64,
    ),
    (
        "Surge arrester type 2",
        "Protects a distribution board from overvoltage",
        31,
    ),
    ("DIN rail 35 mm", "Galvanised steel, two metres", 120),
    (
        "Busbar 3-phase, 12 modules",
        "Connects a row of breakers, insulated",
        47,
    ),
    ("Neutral terminal block", "15 × 16 mm², blue", 210),
    ("Cable NYM-J 3×1.5", "Ring of 50 m", 18),
    ("Ferrules 1.5 mm², box of 100", "Insulated, red", 96),
    (
        "Contactor 25 A",
        "Four normally open contacts, coil 230 V",
        22,
    ),
    (
        "Two-pole voltage tester",
        "12–1000 V, CAT IV, with continuity",
        9,
    ),
    (
        "Distribution board, 3 rows",
        "Flush-mounted, 36 modules, with door",
        14,
    ),
];

/// How many items it wrote: none when there are some already.
///
/// # Errors
/// When the API does not do as it should.
pub(crate) fn seed(api_url: &str, interrupt: &Interrupt) -> Result<usize> {
    let client = Client::new(Duration::from_secs(30));
    let url = format!("{api_url}/items");
    let listed = client.get(&format!("{url}?limit=1"))?;
    if listed.status != 200 {
        bail!("GET /items answered {}: {}", listed.status, listed.text);
    }
    if listed.json()["data"]["items"]
        .as_array()
        .is_some_and(|items| !items.is_empty())
    {
        return Ok(0);
    }
    for (name, description, quantity) in ITEMS {
        if interrupt.is_raised() {
            return Err(Interrupted.into());
        }
        let item = json!({"name": name, "description": description, "quantity": quantity});
        let created = client.post(&url, &item)?;
        if created.status != 201 {
            bail!("POST /items answered {}: {}", created.status, created.text);
        }
    }
    Ok(ITEMS.len())
}
