//! Against an HTTP server that answers as badly as it is told to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use dialplan::{Assets, SourceFile};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// How the other side behaves at each connection, in turn; the last goes on.
#[derive(Clone)]
enum Manner {
    Says(String),
    /// So many octets without end.
    Floods,
    /// An octet now and then.
    Drips,
    /// Takes the question and says nothing.
    Silent,
    /// Closes when it has the question.
    Closes,
}

struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(manners: Vec<Manner>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (log, count) = (Arc::clone(&heard), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let turn = count.fetch_add(1, Ordering::Relaxed).min(manners.len() - 1);
                tokio::spawn(talk(stream, manners[turn].clone(), Arc::clone(&log)));
            }
        });
        Server { address, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("no test died").clone()
    }
}

async fn talk(mut stream: TcpStream, manner: Manner, heard: Arc<Mutex<Vec<String>>>) {
    let mut text = Vec::new();
    let mut room = [0; 4096];
    let whole = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        body.len() >= length.unwrap_or(0)
    };
    while !whole(&text) {
        match stream.read(&mut room).await {
            Ok(count @ 1..) => text.extend_from_slice(&room[..count]),
            Ok(0) | Err(_) => return,
        }
    }
    heard.lock().expect("no test died").push(String::from_utf8_lossy(&text).into_owned());
    // Ignored throughout: whoever asked may have gone, which is what is tested.
    match manner {
        Manner::Says(answer) => {
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        Manner::Floods => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n").await;
            while stream.write_all(&[b' '; 65_536]).await.is_ok() {}
        }
        Manner::Drips => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").await;
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Manner::Silent => tokio::time::sleep(Duration::from_secs(60)).await,
        Manner::Closes => {}
    }
}

fn says(status: u16, body: &str) -> Manner {
    Manner::Says(format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    ))
}

fn service(address: SocketAddr) -> Service {
    let file = |path: &str, text: String| SourceFile { path: path.to_owned(), text };
    let crm = format!(
        "connector: crm
base: http://{address}/api/
headers: {{ Authorization: \"Bearer ${{VIREO_NO_SUCH_TOKEN:-abc}}\" }}
timeout: 500ms
at_once: 2
calls:
  balance: {{ get: \"/subscribers/{{{{ caller }}}}\", takes: {{ caller: text }}, returns: {{ yuan: money }}, example: {{ yuan: 1 }}, refused: 404 }}
  order: {{ post: /orders, takes: {{ caller: text }} }}
  buy: {{ post: /packs, order: true, idempotent: true, takes: {{ caller: text }}, returns: {{ number: text }}, example: {{ number: \"1\" }} }}
"
    );
    let flow = "flow: a\nstart: bye\nlanguages: [en]\nnodes: { bye: { hangup: {} } }\n".to_owned();
    let texts = "press: \"{{ label }} {{ key }}\"\n".to_owned();
    let files = [file("flow.yaml", flow), file("crm.yaml", crm), file("texts/en.yaml", texts)];
    Service::compile(&files, &Assets::default()).unwrap_or_else(|problems| panic!("{}", problems.report()))
}

fn question(call: &str) -> Question {
    Question {
        id: 7,
        connector: "crm".to_owned(),
        call: call.to_owned(),
        arguments: BTreeMap::from([("caller".to_owned(), "+86 138".into())]),
        secret: Default::default(),
        idempotency_key: None,
    }
}

async fn asked(manners: Vec<Manner>, call: &str) -> (Answer, Vec<String>) {
    asked_by(manners, &question(call)).await
}

async fn asked_by(manners: Vec<Manner>, question: &Question) -> (Answer, Vec<String>) {
    let server = Server::start(manners).await;
    let (client, line) = (Client::new(Environment::default()).expect("a client"), Line::default());
    let answer = ask(&client, &line, &service(server.address), question).await;
    (answer, server.heard())
}

#[tokio::test]
async fn a_question_is_sent_as_the_file_says_and_its_answer_is_a_value() {
    let (answer, heard) = asked(vec![says(200, "{\"yuan\": 58.2}")], "balance").await;
    assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    let head = heard[0].to_lowercase();
    assert!(head.starts_with("get /api/subscribers/%2b86%20138 http/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: bearer abc\r\n") && head.contains("accept: application/json\r\n"));
    let (answer, heard) = asked(vec![says(201, "")], "order").await;
    assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    assert!(heard[0].ends_with("{\"caller\":\"+86 138\"}"), "{}", heard[0]);
    assert_eq!(asked(vec![says(404, "")], "balance").await.0, Answer::Refused);
}

#[tokio::test]
async fn a_hostile_answer_is_a_failure_within_its_time() {
    for (name, manner) in [
        ("flood", Manner::Floods),
        ("drip", Manner::Drips),
        ("silence", Manner::Silent),
        ("close", Manner::Closes),
        ("no JSON", says(200, "<html>")),
        ("wrong type", says(200, "{\"yuan\": [1]}")),
        ("deep", says(200, &"[".repeat(200_000))),
        (
            "redirect",
            Manner::Says(
                "HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".into(),
            ),
        ),
        ("no HTTP", Manner::Says("what?\r\n\r\n".into())),
        (
            "latin-1",
            Manner::Says("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"yuan\":\"\u{e9}\"}".into()),
        ),
    ] {
        let began = net::clock::now().mono;
        let (answer, _) = asked(vec![manner], "balance").await;
        assert_eq!(answer, Answer::Failed, "{name}");
        assert!(began.elapsed() < Duration::from_secs(10), "{name}");
    }
}

#[tokio::test]
async fn only_what_does_no_harm_is_sent_again() {
    let (answer, heard) = asked(vec![Manner::Closes, says(200, "{\"yuan\": 1}")], "balance").await;
    assert!(matches!(answer, Answer::Done(_)) && heard.len() == 2, "{answer:?} {heard:?}");
    let (answer, heard) = asked(vec![says(503, ""), says(200, "{\"yuan\": 1}")], "balance").await;
    assert!(matches!(answer, Answer::Done(_)) && heard.len() == 2, "{answer:?} {heard:?}");
    for manner in [Manner::Closes, Manner::Silent, says(504, "")] {
        let (answer, heard) = asked(vec![manner, says(200, "")], "order").await;
        assert_eq!(answer, Answer::Unknown, "nobody knows whether it was ordered");
        assert_eq!(heard.len(), 1);
    }
    let (answer, heard) = asked(vec![says(500, ""), says(200, "")], "order").await;
    assert_eq!((answer, heard.len()), (Answer::Failed, 1), "it said that it did not");
}

#[tokio::test]
async fn an_order_that_may_have_been_done_is_unknown() {
    let order = Question { idempotency_key: Some("k1".to_owned()), ..question("buy") };
    for (name, manners) in [
        ("no answer", vec![Manner::Silent]),
        ("cut off twice", vec![Manner::Closes]),
        ("done, and not legible", vec![says(200, "<html>")]),
        ("done, and endless", vec![Manner::Floods]),
        ("cut off, then an error", vec![Manner::Closes, says(500, "")]),
    ] {
        assert_eq!(asked_by(manners, &order).await.0, Answer::Unknown, "{name}");
    }
    assert_eq!(asked_by(vec![says(500, "")], &order).await.0, Answer::Failed, "it said that it did not");
    let (answer, heard) = asked_by(vec![Manner::Closes, says(200, "{\"number\": \"9\"}")], &order).await;
    assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    assert_eq!(heard.len(), 2);
    assert!(
        heard.iter().all(|request| request.to_lowercase().contains("idempotency-key: k1\r\n")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn an_order_is_unknown_when_the_other_side_goes_away_over_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let once = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        // From here on nobody listens, and the repetition cannot be sent.
        drop(listener);
        talk(stream, Manner::Closes, Arc::default()).await;
    });
    let (client, line, service) =
        (Client::new(Environment::default()).expect("a client"), Line::default(), service(address));
    let order = Question { idempotency_key: Some("k1".to_owned()), ..question("buy") };
    assert_eq!(ask(&client, &line, &service, &order).await, Answer::Unknown);
    once.await.expect("it has been asked");
}

#[tokio::test]
async fn nobody_there_is_a_failure_and_after_some_it_is_not_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let (client, line, service) =
        (Client::new(Environment::default()).expect("a client"), Line::default(), service(address));
    for _ in 0..5 {
        assert_eq!(ask(&client, &line, &service, &question("order")).await, Answer::Failed);
    }
    assert!(!line.breaker().may_ask(net::clock::now().mono), "it is left alone");
    assert_eq!(ask(&client, &line, &service, &question("order")).await, Answer::Failed);
}

#[tokio::test]
async fn no_more_are_on_their_way_at_once_than_the_file_says() {
    let server = Server::start(vec![Manner::Silent]).await;
    let (client, line, service) =
        (Client::new(Environment::default()).expect("a client"), Line::default(), service(server.address));
    let order = question("order");
    let ask = || ask(&client, &line, &service, &order);
    let (one, two, three) = (ask(), ask(), ask());
    let (one, two, three) = tokio::join!(one, two, three);
    assert_eq!([one, two, three], [Answer::Unknown, Answer::Unknown, Answer::Failed]);
    assert_eq!(server.heard().len(), 2);
}
