//! Repairs, shops, and what callers say.

use serde_json::json;

use crate::Crm;

#[tokio::test]
async fn a_ticket_is_told_in_the_callers_language() {
    let crm = Crm::start("ticket").await;
    let (status, ticket) = crm.get("/subscribers/13800138000/ticket?language=zh-CN").await;
    assert_eq!(status, 200);
    let want = json!({
        "ticket": "R2041", "state": "assigned", "step": 2, "crew": "王师傅", "cause": "line", "visit": "14:00",
        "rated": false, "arrival": null, "efficiency": null, "attitude": null
    });
    assert_eq!(ticket, want);
    let (_, english) = crm.get("/subscribers/13800138002/ticket?language=en").await;
    assert_eq!([&english["crew"], &english["step"]], [&json!("Ms Zhou"), &json!(3)]);
    let (_, new) = crm.get("/subscribers/13800138001/ticket?language=en").await;
    assert_eq!([&new["state"], &new["crew"]], [&json!("received"), &json!(null)]);
    assert_eq!(crm.get("/subscribers/13800138007/ticket?language=en").await.0, 404);
}

#[tokio::test]
async fn a_repair_is_rated_once_and_when_it_is_done() {
    let crm = Crm::start("rating").await;
    let stars = json!({"arrival": 5, "efficiency": 4, "attitude": 3});
    assert_eq!(crm.post("/tickets/R2044/rating", stars.clone()).await.0, 204);
    assert_eq!(crm.post("/tickets/R2044/rating", stars.clone()).await.0, 409);
    assert_eq!(crm.post("/tickets/R2041/rating", stars.clone()).await.0, 409, "it is not done");
    assert_eq!(crm.post("/tickets/R9/rating", stars).await.0, 404);
    let six = json!({"arrival": 6, "efficiency": 4, "attitude": 3});
    assert_eq!(crm.post("/tickets/R2045/rating", six).await.0, 400);
    let (_, rated) = crm.get("/subscribers/13800138003/ticket?language=en").await;
    let stars = ["arrival", "efficiency", "attitude"].map(|what| rated[what].as_i64());
    assert_eq!((&rated["rated"], stars), (&json!(true), [Some(5), Some(4), Some(3)]));
}

#[tokio::test]
async fn shops_are_found_by_area() {
    let crm = Crm::start("shops").await;
    let (status, near) = crm.get("/shops?area=010&language=en").await;
    assert_eq!((status, near["shops"].as_array().map(Vec::len)), (200, Some(2)));
    assert_eq!(near["shops"][0]["name"], "Wangfujing");
    assert_eq!(crm.get("/shops?area=0755&language=zh-CN").await.1["shops"][0]["name"], "华强北店");
    assert_eq!(crm.get("/shops?area=999&language=en").await.0, 404);
}

#[tokio::test]
async fn complaints_stars_and_messages_are_kept() {
    let crm = Crm::start("feedback").await;
    let complaint = json!({"caller": "", "about": "bill"});
    assert_eq!(crm.post("/complaints", complaint.clone()).await, (200, json!({"number": "C1"})));
    assert_eq!(crm.post("/complaints", complaint).await.1["number"], "C2");
    assert_eq!(crm.post("/satisfaction", json!({"caller": "13800138000", "stars": 5})).await.0, 204);
    assert_eq!(crm.post("/satisfaction", json!({"caller": "13800138000", "stars": 0})).await.0, 400);
    assert_eq!(crm.get("/satisfaction/13800138000").await, (200, json!([{"stars": 5}])));
    let named = json!({"caller": "13800138000", "about": "network"});
    assert_eq!(crm.post("/complaints", named).await.0, 200);
    let complaints = crm.get("/complaints/13800138000").await;
    assert_eq!(complaints, (200, json!([{"number": "C3", "about": "network"}])));
    assert_eq!(crm.get("/complaints/13800138001").await.1, json!([]));
    for text in ["one", "two"] {
        assert_eq!(crm.post("/sms", json!({"to": "+8613800138000", "text": text})).await.0, 200);
    }
    let log = crm.get("/sms/13800138000").await;
    assert_eq!(log, (200, json!([{"text": "two"}, {"text": "one"}])));
    assert_eq!(crm.post("/sms", json!({"to": "nobody", "text": "x"})).await.0, 422);
}
