//! Steps, each with its end in a line of its own, so that the log of a workflow
//! reads as well as a terminal.

use std::future::Future;
use std::time::Duration;

use anyhow::Result;
use console::style;
use tokio::time::Instant;

/// Does the work and tells how it ended.
///
/// # Errors
/// What the work answers.
pub(crate) async fn step<T>(name: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    println!("… {name}");
    let began = Instant::now();
    let outcome = work.await;
    let mark = match outcome {
        Ok(_) => style("✓").green(),
        Err(_) => style("✗").red().bold(),
    };
    let took = format!("({:.1} s)", began.elapsed().as_secs_f64());
    println!("{mark} {name} {}", style(took).dim());
    outcome
}

/// Asks every `pause` until there is an answer; `None` when `bound` has passed.
///
/// # Errors
/// What `look` answers.
pub(crate) async fn until<T>(
    bound: Duration,
    pause: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<Option<T>> {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        if began.elapsed() + pause > bound {
            return Ok(None);
        }
        tokio::time::sleep(pause).await;
    }
}
