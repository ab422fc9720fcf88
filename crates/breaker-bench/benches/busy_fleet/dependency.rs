//! What the services depend on: it answers after 5 ms, with 200 or 500.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use axum::{Router, http::StatusCode, routing::get};
use tokio::net::TcpListener;

/// A server on this machine that fails when it is told to.
pub(crate) struct Dependency {
    pub(crate) url: String,
    fails: Arc<AtomicBool>,
}

impl Dependency {
    pub(crate) async fn start() -> Result<Self> {
        let fails = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&fails);
        let answer = move || {
            let asked = Arc::clone(&asked);
            async move {
                tokio::time::sleep(Duration::from_millis(5)).await;
                if asked.load(Ordering::SeqCst) {
                    StatusCode::INTERNAL_SERVER_ERROR
                } else {
                    StatusCode::OK
                }
            }
        };
        let app = Router::new().route("/", get(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, fails })
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }
}
