//! A wire between the program and PostgreSQL that a test can damage.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use store::StoreConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PASS: u8 = 0;
const LOSE_COMMIT: u8 = 1;
const FROZEN: u8 = 2;

/// The wire. It passes everything on until told otherwise.
#[derive(Clone)]
pub struct Wire(Arc<AtomicU8>);

impl Wire {
    /// A wire to the server of `config`, and the config that goes through it.
    pub async fn to(config: StoreConfig) -> (Wire, StoreConfig) {
        let at = config.url.rfind('@').expect("an address with a user") + 1;
        let end = at + config.url[at..].find('/').expect("an address with a database");
        let server = config.url[at..end].to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let here = listener.local_addr().expect("its address");
        let url = format!("{}{here}{}", &config.url[..at], &config.url[end..]);
        let wire = Wire(Arc::new(AtomicU8::new(PASS)));
        let mode = wire.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the server answers");
                tokio::spawn(mode.clone().carry(client, server));
            }
        });
        (wire, StoreConfig { url, ..config })
    }

    /// The next commit reaches the server, but its answer is lost and the wire breaks.
    pub fn lose_the_next_commits_answer(&self) {
        self.0.store(LOSE_COMMIT, Ordering::SeqCst);
    }

    /// Nothing passes any more, on any connection there is, and nobody hangs up.
    pub fn freeze(&self) {
        self.0.store(FROZEN, Ordering::SeqCst);
    }

    /// New connections pass again; the frozen ones stay as they are.
    pub fn thaw(&self) {
        self.0.store(PASS, Ordering::SeqCst);
    }

    async fn carry(self, mut client: TcpStream, mut server: TcpStream) {
        let (mut up, mut down) = ([0; 16_384], [0; 16_384]);
        loop {
            tokio::select! {
                n = client.read(&mut up) => {
                    let Ok(n @ 1..) = n else { return };
                    let losing = self.0.load(Ordering::SeqCst) == LOSE_COMMIT;
                    let commits = up[..n].windows(6).any(|word| word == b"COMMIT");
                    if self.stuck().await || server.write_all(&up[..n]).await.is_err() {
                        return;
                    }
                    if losing && commits {
                        // Wait for the answer, so that the commit has happened, and drop it.
                        let _ = server.read(&mut down).await;
                        self.0.store(PASS, Ordering::SeqCst);
                        return;
                    }
                }
                n = server.read(&mut down) => {
                    let Ok(n @ 1..) = n else { return };
                    if self.stuck().await || client.write_all(&down[..n]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Holds a connection for ever while the wire is frozen.
    async fn stuck(&self) -> bool {
        if self.0.load(Ordering::SeqCst) == FROZEN {
            std::future::pending::<()>().await;
        }
        false
    }
}
