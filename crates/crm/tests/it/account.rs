//! Subscribers and what they have.

use serde_json::json;

use crate::Crm;

#[tokio::test]
async fn subscribers_of_every_kind_are_known_and_others_are_not() {
    let crm = Crm::start("subscribers").await;
    let of = |number: &'static str| crm.get(number);
    let (status, first) = of("/subscribers/13800138000").await;
    assert_eq!(status, 200);
    let want = json!({"name": "王*", "star": 5, "language": "zh-CN", "deaf": false, "prepaid": false, "state": "active"});
    assert_eq!(first, want);
    assert_eq!(of("/subscribers/+8613800138002").await.1["deaf"], true);
    assert_eq!(of("/subscribers/13800138003").await.1["prepaid"], true);
    assert_eq!(of("/subscribers/13800138005").await.1["state"], "blocked");
    assert_eq!(of("/subscribers/13800138006").await.1["state"], "roaming");
    assert_eq!(of("/subscribers/13900000000").await, (404, json!({"error": "unknown"})));
    assert_eq!(of("/subscribers/alice").await.0, 400);
}

#[tokio::test]
async fn a_balance_is_credit_nothing_or_debt() {
    let crm = Crm::start("balance").await;
    let credit = crm.get("/subscribers/13800138000/balance").await;
    assert_eq!(credit, (200, json!({"yuan": 58.2, "owed": 0.0, "state": "credit"})));
    let empty = crm.get("/subscribers/13800138003/balance").await;
    assert_eq!(empty, (200, json!({"yuan": 0.0, "owed": 0.0, "state": "empty"})));
    let debt = crm.get("/subscribers/13800138004/balance").await;
    assert_eq!(debt, (200, json!({"yuan": 0.0, "owed": 36.5, "state": "debt"})));
    assert_eq!(crm.get("/subscribers/1/balance").await.0, 404);
}

#[tokio::test]
async fn a_balance_is_what_it_was_set_to() {
    let crm = Crm::start("set-balance").await;
    let path = "/subscribers/13800138000/balance";
    assert_eq!(crm.put(path, json!({"yuan": 47.36})).await.0, 204);
    assert_eq!(crm.get(path).await.1["yuan"], 47.36);
    assert_eq!(crm.put(path, json!({"yuan": -12.5})).await.0, 204);
    assert_eq!(crm.get(path).await.1, json!({"yuan": 0.0, "owed": 12.5, "state": "debt"}));
    assert_eq!(crm.get("/audit/13800138000").await.1[1]["what"], "balance set to 47.36");
    assert_eq!(crm.put(path, json!({"yuan": 1e9})).await.0, 400);
    assert_eq!(crm.put(path, json!({"fen": 1})).await.0, 422);
    assert_eq!(crm.put("/subscribers/1/balance", json!({"yuan": 1})).await.0, 404);
}

#[tokio::test]
async fn a_bill_is_the_sum_of_its_parts_month_by_month() {
    let crm = Crm::start("bill").await;
    let (status, bill) = crm.get("/subscribers/13800138000/bill").await;
    assert_eq!(status, 200);
    assert_eq!([&bill["yuan"], &bill["plan"], &bill["data"]], [&json!(153.2), &json!(129.0), &json!(15.0)]);
    assert_eq!([&bill["plan_share"], &bill["calls_share"]], [84, 4]);
    let month = bill["month"].as_str().expect("a day");
    assert!(month.len() == 10 && month.ends_with("-01"), "{month}");
    let (_, older) = crm.get("/subscribers/13800138000/bill?back=2").await;
    assert!(older["month"].as_str() < Some(month), "{older}");
    assert_eq!(older["yuan"], 144.4);
    assert_eq!(crm.get("/subscribers/13800138000/bill?back=4").await.0, 404);
    assert_eq!(crm.get("/subscribers/1/bill").await.0, 404);
}

#[tokio::test]
async fn what_is_left_is_told_by_kind_and_is_nothing_without_packages() {
    let crm = Crm::start("remainder").await;
    let (_, some) = crm.get("/subscribers/13800138000/remainder").await;
    assert_eq!(some["data"], json!({"left": "12.6GB", "total": "30GB", "percent_left": 41}));
    assert_eq!(some["calls"], json!({"left": 188, "total": 500, "percent_left": 37}));
    assert_eq!(some["packages"], 3);
    let (_, used) = crm.get("/subscribers/13800138004/remainder").await;
    assert_eq!(used["data"], json!({"left": "0MB", "total": "10GB", "percent_left": 0}));
    let (status, none) = crm.get("/subscribers/13800138007/remainder").await;
    assert_eq!((status, &none["packages"]), (200, &json!(0)));
    assert_eq!(crm.get("/subscribers/1/remainder").await.0, 404);
}
