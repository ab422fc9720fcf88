//! A client that means it: it repeats a write under the same key until it is
//! told what became of it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::DateTime;
use serde_json::{Value, json};

use super::history::{Asked, CacheWord, Found, Operation, Told};
use crate::http::{Answer, Client as Http};
use crate::interrupt::Interrupt;
use crate::waiting::{self, Stopwatch};

/// The API gives up after 10 s.
const TIMEOUT: Duration = Duration::from_secs(30);

/// For so long a client repeats a write before it gives up.
const PERSISTENCE: Duration = Duration::from_mins(2);

/// With fewer items than this, clients create.
const FEWEST_ITEMS: usize = 5;

/// What all clients share.
pub(crate) struct World {
    pub(crate) api_url: String,
    /// The beginning of every token and key of this drill.
    pub(crate) mark: String,
    /// Items that have been created and may have been deleted since.
    items: Mutex<Vec<String>>,
    /// How many writes there are at least.
    fewest_writes: usize,
    begun: AtomicUsize,
    /// Whether the last disturbance is over: until then clients go on writing,
    /// however fast they are.
    calm: AtomicBool,
    /// Writes that have ended.
    pub(crate) written: AtomicUsize,
    pub(crate) reads: AtomicUsize,
    /// Requests sent, repetitions included.
    pub(crate) requests: AtomicUsize,
}

impl World {
    pub(crate) fn new(api_url: &str, mark: String, fewest_writes: usize) -> Arc<Self> {
        Arc::new(Self {
            api_url: api_url.to_owned(),
            mark,
            items: Mutex::default(),
            fewest_writes,
            begun: AtomicUsize::new(0),
            calm: AtomicBool::new(false),
            written: AtomicUsize::new(0),
            reads: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
        })
    }

    fn items<T>(&self, look: impl FnOnce(&mut Vec<String>) -> T) -> T {
        look(&mut self.items.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of one more write, if there is one to begin.
    fn begin_write(&self) -> Option<usize> {
        let calm = self.calm.load(Ordering::SeqCst);
        let begun = self
            .begun
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |begun| {
                (!calm || begun < self.fewest_writes).then_some(begun + 1)
            });
        begun.ok()
    }

    /// Tells the clients that the last disturbance is over.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }
}

/// One client.
pub(crate) struct Client<'run> {
    world: Arc<World>,
    http: Http,
    draws: fastrand::Rng,
    interrupt: &'run Interrupt,
    history: Vec<Operation>,
}

impl<'run> Client<'run> {
    pub(crate) fn new(world: Arc<World>, seed: u64, interrupt: &'run Interrupt) -> Self {
        Self {
            world,
            http: Http::new(TIMEOUT),
            draws: fastrand::Rng::with_seed(seed),
            interrupt,
            history: Vec::new(),
        }
    }

    /// Works until all writes are done and no disturbance is left; answers what
    /// happened.
    ///
    /// # Errors
    /// An interrupt.
    pub(crate) fn work(mut self) -> Result<Vec<Operation>> {
        while let Some(number) = self.world.begin_write() {
            self.write(number)?;
            self.world.written.fetch_add(1, Ordering::SeqCst);
            if self.draws.u32(0..3) == 0 {
                self.read_any()?;
            }
        }
        Ok(self.history)
    }

    fn write(&mut self, number: usize) -> Result<()> {
        let token = format!("{}-{number}", self.world.mark);
        let count = self.world.items(|items| items.len());
        let draw = if count < FEWEST_ITEMS {
            0
        } else {
            self.draws.u32(0..20)
        };
        let (asked, path, method) = match draw {
            0..5 => (
                Asked::Create {
                    token: token.clone(),
                },
                "/items".to_owned(),
                "POST",
            ),
            5 => {
                let item = self.take_item(count);
                (Asked::Delete, format!("/items/{item}"), "DELETE")
            }
            _ => {
                let path = format!("/items/{}", self.any_item(count));
                (
                    Asked::Replace {
                        token: token.clone(),
                    },
                    path,
                    "PUT",
                )
            }
        };
        let matching = self.expected_version(&asked, &path)?;
        let body = asked
            .token()
            .map(|token| json!({"name": token, "quantity": 1}));
        let key = format!("key-{token}");
        let mut headers = vec![("idempotency-key", key.as_str())];
        if let Some(version) = &matching {
            headers.push(("if-match", version));
        }
        let began = waiting::now();
        let answer = self.insist(method, &path, &headers, body.as_ref())?;
        let ended = waiting::now();
        let mut item = path.strip_prefix("/items/").map(str::to_owned);
        let told = match &answer {
            None => Told::Nothing,
            Some(answer) => told_of_write(answer),
        };
        let cache = answer.as_ref().map_or(CacheWord::Told, cache_word);
        if let (Some(answer), Asked::Create { .. }) = (&answer, &asked) {
            item = answer.json()["data"]["id"].as_str().map(str::to_owned);
            if let Some(item) = &item {
                self.world.items(|items| items.push(item.clone()));
            }
        }
        self.history.push(Operation {
            began,
            ended,
            item: item.clone(),
            asked,
            told,
            cache,
        });
        // Who read it before the write, and reads it again, would see an entry that
        // the write did not replace.
        match item {
            Some(item) if matching.is_some() => self.read(item),
            _ => Ok(()),
        }
    }

    /// For some replacements, the version that the client believes in.
    fn expected_version(&mut self, asked: &Asked, path: &str) -> Result<Option<String>> {
        let matches = matches!(asked, Asked::Replace { .. }) && self.draws.u32(0..4) == 0;
        if !matches {
            return Ok(None);
        }
        let known = self.send("GET", path, &[], None)?;
        Ok(known.and_then(|answer| Some(answer.header("etag")?.to_owned())))
    }

    fn read_any(&mut self) -> Result<()> {
        let count = self.world.items(|items| items.len());
        if count == 0 {
            return Ok(());
        }
        let item = self.any_item(count);
        self.read(item)
    }

    fn read(&mut self, item: String) -> Result<()> {
        let began = waiting::now();
        let answer = self.send("GET", &format!("/items/{item}"), &[], None)?;
        let ended = waiting::now();
        self.world.reads.fetch_add(1, Ordering::SeqCst);
        let told = answer.map_or(Ok(Told::Nothing), |answer| told_of_read(&answer))?;
        let (asked, item) = (Asked::Read, Some(item));
        self.history.push(Operation {
            began,
            ended,
            item,
            asked,
            told,
            cache: CacheWord::Told,
        });
        Ok(())
    }

    fn any_item(&mut self, count: usize) -> String {
        let index = self.draws.usize(0..count.max(1));
        // Another client may have taken some away meanwhile.
        self.world.items(|items| {
            let index = index % items.len().max(1);
            items.get(index).cloned().unwrap_or_default()
        })
    }

    /// An item that no client writes to from now on, unless it is just doing so.
    fn take_item(&mut self, count: usize) -> String {
        let item = self.any_item(count);
        self.world
            .items(|items| items.retain(|other| *other != item));
        item
    }

    /// Sends a write until the answer is a last word; `None` if none came in a
    /// long time.
    fn insist(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Option<Answer>> {
        let watch = Stopwatch::start();
        loop {
            let answer = self.send(method, path, headers, body)?;
            match answer {
                Some(answer) if !is_in_doubt(answer.status) => return Ok(Some(answer)),
                _ if watch.elapsed() > PERSISTENCE => return Ok(None),
                _ => {}
            }
            let wait = Duration::from_millis(self.draws.u64(100..600));
            waiting::pause(wait, self.interrupt)?;
        }
    }

    /// `None` when no answer came back.
    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Option<Answer>> {
        if self.interrupt.is_raised() {
            return Err(crate::interrupt::Interrupted.into());
        }
        self.world.requests.fetch_add(1, Ordering::SeqCst);
        let url = format!("{}{path}", self.world.api_url);
        Ok(self.http.send(method, &url, headers, body).ok())
    }
}

/// Whether an answer leaves open what became of a write, or says that it may
/// succeed later. An answer of the emulator's own that it could not reach the
/// function is no word of the system's.
fn is_in_doubt(status: u16) -> bool {
    matches!(status, 409 | 429 | 502 | 503 | 504)
}

fn told_of_write(answer: &Answer) -> Told {
    let version = answer.json()["data"]["version"].as_u64();
    match (answer.status, version) {
        (200 | 201, Some(version)) => Told::Stored { version },
        (204, _) => Told::Deleted,
        (404, _) => Told::Absent,
        (412, _) => Told::Mismatch,
        (status, _) => Told::Nonsense { status },
    }
}

/// What the last attempt, which gave the answer, did to the cache. The answer to a
/// delete has no body, and its header no outcomes.
fn cache_word(answer: &Answer) -> CacheWord {
    let body = answer.json();
    let attempts = body["served"]["attempts"].as_array();
    let last = attempts.and_then(|attempts| attempts.last());
    let inner = last.and_then(|last| last["attempts"].as_array());
    let mut words = inner.into_iter().flatten();
    match words.rfind(|inner| inner["target"] == "cache") {
        Some(word) if word["outcome"] == "ok" => CacheWord::Took,
        Some(_) => CacheWord::Told,
        None if timed_the_cache(answer) => CacheWord::Told,
        None => CacheWord::Silent,
    }
}

fn timed_the_cache(answer: &Answer) -> bool {
    let timing = answer.header("server-timing").unwrap_or_default();
    timing
        .split(',')
        .any(|entry| entry.trim().starts_with("cache;"))
}

fn told_of_read(answer: &Answer) -> Result<Told> {
    let status = answer.status;
    if is_in_doubt(status) {
        return Ok(Told::Nothing);
    }
    if status == 404 {
        return Ok(Told::Absent);
    }
    let body = answer.json();
    let (data, served) = (&body["data"], &body["served"]);
    let (Some(version), Some(name), Some(as_of), Some(degraded)) = (
        data["version"].as_u64(),
        data["name"].as_str(),
        served["as_of"].as_str(),
        served["degraded"].as_bool(),
    ) else {
        return Ok(Told::Nonsense { status });
    };
    let as_of = DateTime::parse_from_rfc3339(as_of).context("the time of an answer")?;
    let micros = u64::try_from(as_of.timestamp_micros()).context("a time before 1970")?;
    Ok(Told::Found(Found {
        version,
        name: name.to_owned(),
        as_of: Duration::from_micros(micros),
        degraded,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_write_until_the_last_disturbance_is_over_and_all_is_written() {
        let world = World::new("", String::new(), 2);
        let begun: Vec<_> = (0..4).map(|_| world.begin_write()).collect();
        assert_eq!(
            begun,
            [Some(0), Some(1), Some(2), Some(3)],
            "still disturbed"
        );
        world.calm_down();
        assert_eq!(world.begin_write(), None);

        let world = World::new("", String::new(), 2);
        world.calm_down();
        let begun: Vec<_> = (0..3).map(|_| world.begin_write()).collect();
        assert_eq!(begun, [Some(0), Some(1), None]);
    }
}
