//! A cache that tests may put into trouble, the server itself.

use std::{path::PathBuf, time::Duration};

use redis::{Cmd, RedisError, aio::MultiplexedConnection};
use tokio::sync::{Mutex, MutexGuard};

use super::server;

/// One test at a time: what they do to the server, they do to all its clients.
static TURN: Mutex<()> = Mutex::const_new(());

/// The user that heals the server, whatever became of the others.
const ADMIN: &str = "admin";

/// A Valkey beside that of the other tests, and the turn to trouble it.
///
/// `TEST_TROUBLED_CACHE_URL` names it. It has to let its protected settings be
/// changed and be debugged (`--enable-protected-configs`, `--enable-debug-command`).
/// What a test has done to it ends when the next one has its turn.
pub struct TroubledCache {
    /// Where the server is.
    pub url: String,
    admin: MultiplexedConnection,
    _turn: MutexGuard<'static, ()>,
}

/// Why a server does not do what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// `OOM`: no memory is left, and nothing may be thrown out. Removals work.
    NoMemory,
    /// `NOREPLICAS`: too few replicas to take writes.
    NoReplicas,
    /// `READONLY`: it is a replica, as after a failover.
    ReadOnly,
    /// `MISCONF`: it could not write its last snapshot.
    SnapshotFailed,
    /// `NOPERM`: users may only read.
    ReadersOnly,
    /// `NOPERM`: users may do nothing.
    Forbidden,
    /// `NOAUTH`: a password is wanted.
    PasswordWanted,
    /// `MASTERDOWN`: a replica that has lost its primary, and answers nothing then.
    PrimaryLost,
    /// `BUSY`: a script does not end.
    Busy,
    /// `LOADING`: it reads its snapshot.
    Loading,
    /// It takes no more clients.
    Full,
}

impl Trouble {
    /// Those in which reads are answered and writes are refused.
    pub const OF_WRITES: [Self; 5] = [
        Self::NoMemory,
        Self::NoReplicas,
        Self::ReadOnly,
        Self::SnapshotFailed,
        Self::ReadersOnly,
    ];

    /// Those in which everything is refused.
    pub const OF_EVERYTHING: [Self; 6] = [
        Self::Forbidden,
        Self::PasswordWanted,
        Self::PrimaryLost,
        Self::Busy,
        Self::Loading,
        Self::Full,
    ];
}

#[expect(clippy::expect_used, reason = "a panic is how a test says no")]
impl TroubledCache {
    /// The server, well and empty; `None` if there is none.
    ///
    /// # Panics
    ///
    /// If the server is there and cannot be healed.
    pub async fn in_turn() -> Option<Self> {
        let url = server("TEST_TROUBLED_CACHE_URL")?;
        let turn = TURN.lock().await;
        let admin = match admin_of(&url).await {
            Ok(admin) => admin,
            Err(_) => make_admin(&url).await.expect("it is there, and well"),
        };
        let mut cache = Self {
            url,
            admin,
            _turn: turn,
        };
        cache.heal().await;
        cache.send("FLUSHALL", &[]).await.expect("it is emptied");
        Some(cache)
    }

    /// Makes one kind of trouble, which lasts.
    ///
    /// # Panics
    ///
    /// If the server does not get into it.
    pub async fn make(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::NoMemory => {
                self.set("maxmemory-policy", "noeviction").await;
                self.set("maxmemory", "1").await;
            }
            Trouble::NoReplicas => self.set("min-replicas-to-write", "1").await,
            Trouble::ReadOnly => self.follow_nobody_there().await,
            Trouble::SnapshotFailed => self.fail_a_snapshot().await,
            Trouble::ReadersOnly => self.permit("-@write").await,
            Trouble::Forbidden => self.permit("-@all").await,
            Trouble::PasswordWanted => {
                self.set("requirepass", "wanted").await;
                // Who is connected already is logged in.
                self.hang_up().await;
            }
            Trouble::PrimaryLost => {
                self.set("replica-serve-stale-data", "no").await;
                self.follow_nobody_there().await;
            }
            Trouble::Busy => self.run_without_end().await,
            Trouble::Loading => self.reload_slowly().await,
            Trouble::Full => {
                self.set("maxclients", "1").await;
                self.hang_up().await;
            }
        }
    }

    /// Ends every kind of trouble. Entries stay.
    ///
    /// # Panics
    ///
    /// If the server does not get well.
    pub async fn heal(&mut self) {
        drop(self.send("SCRIPT", &["KILL"]).await);
        // A loading ends with its delay.
        drop(self.send("CONFIG", &["SET", "key-load-delay", "0"]).await);
        self.until("it answers", &["INFO", "persistence"], "loading:0")
            .await;
        // A loading that begins only now refuses it for a moment.
        self.until("it can be a primary", &["REPLICAOF", "NO", "ONE"], "taken")
            .await;
        for (name, value) in [
            ("maxclients", "10000"),
            ("maxmemory", "256mb"),
            ("maxmemory-policy", "volatile-lru"),
            ("min-replicas-to-write", "0"),
            ("replica-serve-stale-data", "yes"),
            ("save", ""),
            ("dbfilename", "dump.rdb"),
            ("requirepass", ""),
        ] {
            self.set(name, value).await;
        }
        self.permit("+@all").await;
    }

    async fn permit(&mut self, rule: &str) {
        let words = ["SETUSER", "default", "on", "nopass", "~*", "&*", rule];
        self.send("ACL", &words)
            .await
            .expect("users can be changed");
    }

    /// Ends the connections of everybody else.
    async fn hang_up(&mut self) {
        let words = ["KILL", "TYPE", "normal", "SKIPME", "yes"];
        self.send("CLIENT", &words).await.expect("it hangs up");
    }

    async fn follow_nobody_there(&mut self) {
        let nobody = ["127.0.0.1", "1"];
        self.send("REPLICAOF", &nobody).await.expect("it follows");
    }

    async fn fail_a_snapshot(&mut self) {
        // A snapshot takes the place of a file, but not of a folder.
        const TAKEN: &str = "taken.rdb";
        self.set("save", "1000000 1000000").await;
        let folder = PathBuf::from(self.setting("dir").await).join(TAKEN);
        std::fs::create_dir_all(folder).expect("it is on this machine");
        self.set("dbfilename", TAKEN).await;
        // The server may be at a snapshot of its own just now.
        self.until("it tries", &["BGSAVE"], "started").await;
        self.until(
            "the snapshot failed",
            &["INFO", "persistence"],
            "bgsave_status:err",
        )
        .await;
    }

    async fn run_without_end(&mut self) {
        self.set("busy-reply-threshold", "1").await;
        let url = self.url.clone();
        tokio::spawn(async move {
            let mut connection = connect(&url).await.expect("one more connection");
            let script = ["while true do end", "0"];
            // It ends when it is killed.
            drop(
                redis::cmd("EVAL")
                    .arg(&script)
                    .exec_async(&mut connection)
                    .await,
            );
        });
        self.until("it is busy", &["PING"], "BUSY").await;
    }

    async fn reload_slowly(&mut self) {
        let script = "for i = 1, 2000 do redis.call('SET', 'load:' .. i, '') end";
        self.send("EVAL", &[script, "0"])
            .await
            .expect("it is filled");
        self.set("loading-process-events-interval-bytes", "1024")
            .await;
        self.set("key-load-delay", "10000").await;
        let mut patient = redis::cmd("DEBUG");
        patient.arg("RELOAD");
        let mut admin = self.admin.clone();
        tokio::spawn(async move {
            // Its answer comes long after the client has given up.
            drop(patient.exec_async(&mut admin).await);
        });
        let another = admin_of(&self.url).await;
        self.admin = another.expect("one more connection");
        self.until("it loads", &["GET", "load:1"], "LOADING").await;
    }

    /// Waits until what the server says to `words` contains `wanted`.
    async fn until(&mut self, what: &str, words: &[&str], wanted: &str) {
        const BOUND: Duration = Duration::from_mins(1);
        let look = async {
            loop {
                let (command, arguments) = words.split_first().expect("a command");
                let said = match self.send(command, arguments).await {
                    Ok(said) => format!("taken: {said:?}"),
                    Err(error) => format!("{:?} {error}", error.code()),
                };
                if said.contains(wanted) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let looked = tokio::time::timeout(BOUND, look).await;
        assert!(
            looked.is_ok(),
            "waited {BOUND:?} and it is not so that {what}"
        );
    }

    async fn set(&mut self, name: &str, value: &str) {
        let set = self.send("CONFIG", &["SET", name, value]).await;
        assert!(set.is_ok(), "{name} cannot be set to {value:?}: {set:?}");
    }

    async fn setting(&mut self, name: &str) -> String {
        let mut get = redis::cmd("CONFIG");
        get.arg("GET").arg(name);
        let (_, value): (String, String) = get
            .query_async(&mut self.admin)
            .await
            .expect("a setting can be read");
        value
    }

    async fn send(&mut self, command: &str, words: &[&str]) -> Result<redis::Value, RedisError> {
        let mut command = Cmd::new().arg(command).to_owned();
        command.arg(words).query_async(&mut self.admin).await
    }
}

async fn admin_of(url: &str) -> Result<MultiplexedConnection, RedisError> {
    let address = url.trim_start_matches("redis://");
    connect(&format!("redis://{ADMIN}:{ADMIN}@{address}")).await
}

/// On a server that is as it was started, where everybody may do everything.
async fn make_admin(url: &str) -> Result<MultiplexedConnection, RedisError> {
    let password = format!(">{ADMIN}");
    let words = ["SETUSER", ADMIN, "on", &password, "~*", "&*", "+@all"];
    let mut anybody = connect(url).await?;
    redis::cmd("ACL")
        .arg(&words)
        .exec_async(&mut anybody)
        .await?;
    admin_of(url).await
}

async fn connect(url: &str) -> Result<MultiplexedConnection, RedisError> {
    let config = redis::AsyncConnectionConfig::new()
        .set_response_timeout(Some(Duration::from_secs(30)))
        .set_connection_timeout(Some(Duration::from_secs(10)));
    redis::Client::open(url)?
        .get_multiplexed_async_connection_with_config(&config)
        .await
}
