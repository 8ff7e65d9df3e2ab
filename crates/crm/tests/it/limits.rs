//! What is too large, or not JSON, changes nothing.

use serde_json::json;

use crate::Crm;

#[tokio::test]
async fn large_and_strange_bodies_are_refused() {
    let crm = Crm::start("limits").await;
    let long = "x".repeat(1_001);
    assert_eq!(crm.post("/sms", json!({"to": "1", "text": long})).await.0, 400);
    let huge = "x".repeat(17 * 1024);
    assert_eq!(crm.post("/sms", json!({"to": "1", "text": huge})).await.0, 413);
    assert_eq!(crm.post("/sms", json!({"to": "1", "text": "x", "more": 1})).await.0, 422);
    assert_eq!(crm.ask("POST", "/sms", "", None).await.0, 400);
    assert_eq!(crm.get("/nothing").await.0, 404);
    let key = "k".repeat(129);
    assert_eq!(crm.order("13800138000", &key, json!({"pack": "10GB", "yuan": 20})).await.0, 400);
    assert_eq!(crm.get("/sms/1").await.1, json!([]));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error() {
    let crm = Crm::start("no-database").await;
    let file = crm.folder.join("text.sqlite");
    std::fs::write(&file, "this is no database, but a text of more than a hundred octets ".repeat(20))
        .expect("writable");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let served = crm::serve(listener, &file).await;
    assert!(matches!(served, Err(crm::CrmError::Database(_))), "{served:?}");
}
