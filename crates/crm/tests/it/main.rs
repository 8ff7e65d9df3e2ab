//! The CRM as connectors meet it: by HTTP on loopback, over a database of its own for each test.

mod account;
mod limits;
mod orders;
mod secrets;
mod visits;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A CRM that serves.
struct Crm {
    address: SocketAddr,
    folder: PathBuf,
    serving: JoinHandle<Result<(), crm::CrmError>>,
}

impl Crm {
    /// `name` is the test's, for its folder.
    async fn start(name: &str) -> Crm {
        let folder = std::env::temp_dir().join(format!("vireo-crm-{name}-{}", std::process::id()));
        // Of an earlier process with this number, that was killed.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder in the temporary one");
        Crm::serve(folder).await
    }

    async fn serve(folder: PathBuf) -> Crm {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let database = folder.join("crm.sqlite");
        let serving = tokio::spawn(async move { crm::serve(listener, &database).await });
        Crm { address, folder, serving }
    }

    /// Ends it and serves the same database again.
    async fn restarted(mut self) -> Crm {
        self.serving.abort();
        let ended = (&mut self.serving).await;
        assert!(ended.is_err_and(|why| why.is_cancelled()));
        Crm::serve(std::mem::take(&mut self.folder)).await
    }

    async fn get(&self, path: &str) -> (u16, Json) {
        self.ask("GET", path, "", None).await
    }

    async fn post(&self, path: &str, body: Json) -> (u16, Json) {
        self.ask("POST", path, "", Some(body)).await
    }

    async fn put(&self, path: &str, body: Json) -> (u16, Json) {
        self.ask("PUT", path, "", Some(body)).await
    }

    async fn order(&self, number: &str, key: &str, body: Json) -> (u16, Json) {
        let header = format!("Idempotency-Key: {key}\r\n");
        self.ask("POST", &format!("/subscribers/{number}/orders"), &header, Some(body)).await
    }

    /// Status and body; `null` for a body that is no JSON.
    async fn ask(&self, method: &str, path: &str, headers: &str, body: Option<Json>) -> (u16, Json) {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let length = body.len();
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: crm\r\nConnection: close\r\n{headers}\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        stream.write_all(text.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers in UTF-8 and closes");
        let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or(Json::Null))
    }
}

impl Drop for Crm {
    fn drop(&mut self) {
        self.serving.abort();
        // Ignored: the system cleans its temporary folder, too. After a restart it is another's.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
