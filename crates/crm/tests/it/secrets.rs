//! The PIN and what it opens.

use serde_json::json;

use crate::Crm;

#[tokio::test]
async fn details_are_open_after_the_right_pin_alone() {
    let crm = Crm::start("pin").await;
    let (check, details) = ("/subscribers/13800138000/pin", "/subscribers/13800138000/details");
    assert_eq!(crm.get(details).await, (403, json!({"error": "pin_needed"})));
    assert_eq!(crm.post(check, json!({"pin": "0000"})).await, (200, json!({"result": "wrong", "left": 2})));
    assert_eq!(crm.get(details).await.0, 403);
    assert_eq!(crm.post(check, json!({"pin": "2580"})).await, (200, json!({"result": "ok", "left": 3})));
    let (status, told) = crm.get(details).await;
    assert_eq!(status, 200);
    assert_eq!(told, json!({"name": "王*", "plan": 129.0, "since": "2016-05-17", "state": "active"}));
    assert_eq!(crm.get("/subscribers/13800138001/details").await.0, 403, "it opens one number");
    crm.post(check, json!({"pin": "1"})).await;
    assert_eq!(crm.get(details).await.0, 403, "a wrong one closes them");
}

#[tokio::test]
async fn three_wrong_pins_lock_the_number() {
    let crm = Crm::start("locked").await;
    let check = "/subscribers/13800138001/pin";
    for left in [2, 1] {
        assert_eq!(crm.post(check, json!({"pin": "1111"})).await.1, json!({"result": "wrong", "left": left}));
    }
    assert_eq!(crm.post(check, json!({"pin": "1111"})).await.1, json!({"result": "locked", "left": 0}));
    assert_eq!(crm.post(check, json!({"pin": "2580"})).await.1["result"], "locked");
    let crm = crm.restarted().await;
    assert_eq!(crm.post(check, json!({"pin": "2580"})).await.1["result"], "locked");
    assert_eq!(crm.get("/subscribers/13800138001/details").await.0, 403);
    assert_eq!(crm.post("/subscribers/13800138009/pin", json!({"pin": "2580"})).await.1["result"], "locked");
    assert_eq!(crm.post("/subscribers/1/pin", json!({"pin": "2580"})).await.0, 404);
}
