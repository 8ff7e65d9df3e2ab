//! Money and packs: nothing happens twice, and nothing that was not confirmed.

use serde_json::{Value as Json, json};

use crate::Crm;

const CALLER: &str = "13800138000";

async fn yuan(crm: &Crm, number: &str) -> Json {
    crm.get(&format!("/subscribers/{number}/balance")).await.1["yuan"].clone()
}

#[tokio::test]
async fn packs_have_prices() {
    let crm = Crm::start("packs").await;
    let (status, all) = crm.get("/packs").await;
    assert_eq!((status, &all["packs"][1]), (200, &json!({"pack": "30GB", "yuan": 50.0})));
    assert_eq!(crm.get("/packs/10GB").await, (200, json!({"pack": "10GB", "yuan": 20.0})));
    assert_eq!(crm.get("/packs/1TB").await.0, 404);
}

#[tokio::test]
async fn who_was_told_the_price_of_before_is_refused() {
    let crm = Crm::start("set-price").await;
    assert_eq!(crm.put("/packs/10GB", json!({"yuan": 23.45})).await.0, 204);
    assert_eq!(crm.get("/packs/10GB").await.1["yuan"], 23.45);
    let of_before = json!({"pack": "10GB", "yuan": 20});
    assert_eq!(crm.order(CALLER, "k1", of_before).await, (409, json!({"error": "price_changed"})));
    assert_eq!(crm.order(CALLER, "k2", json!({"pack": "10GB", "yuan": 23.45})).await.0, 200);
    assert_eq!(yuan(&crm, CALLER).await, 34.75);
    for wrong in [json!({"yuan": 0}), json!({"yuan": -1}), json!({"yuan": 1e9})] {
        assert_eq!(crm.put("/packs/10GB", wrong).await.0, 400);
    }
    assert_eq!(crm.put("/packs/1TB", json!({"yuan": 1})).await.0, 404);
}

#[tokio::test]
async fn the_same_key_is_the_same_order_also_after_a_restart() {
    let crm = Crm::start("same-key").await;
    let wish = json!({"pack": "10GB", "yuan": 20});
    let first = crm.order(CALLER, "k1", wish.clone()).await;
    assert_eq!(first, (200, json!({"order": "D1", "pack": "10GB", "yuan": 20.0})));
    assert_eq!(crm.order(CALLER, "k1", wish.clone()).await, first);
    let crm = crm.restarted().await;
    assert_eq!(crm.order(CALLER, "k1", wish.clone()).await, first);
    assert_eq!(yuan(&crm, CALLER).await, 38.2);
    assert_eq!(
        crm.get("/subscribers/13800138000/orders").await.1,
        json!([{"pack": "10GB", "outcome": "done"}])
    );
    assert_eq!(crm.get("/subscribers/13800138000/remainder").await.1["data"]["total"], "40GB");
    // A key stands for one order, not for whatever comes with it.
    assert_eq!(crm.order(CALLER, "k1", json!({"pack": "30GB", "yuan": 50})).await.0, 409);
    let (_, audit) = crm.get("/audit/13800138000").await;
    assert_eq!(audit.as_array().map(Vec::len), Some(1));
    assert_eq!(audit[0]["what"], "order 10GB at 20.00: done");
}

#[tokio::test]
async fn two_at_once_with_one_key_are_one_order() {
    let crm = Crm::start("at-once").await;
    let wish = || json!({"pack": "10GB", "yuan": 20});
    let both = tokio::join!(crm.order(CALLER, "k", wish()), crm.order(CALLER, "k", wish()));
    assert_eq!(both.0, both.1);
    assert_eq!(both.0.0, 200);
    assert_eq!(yuan(&crm, CALLER).await, 38.2);
}

#[tokio::test]
async fn refusals_stay_refusals_and_cost_nothing() {
    let crm = Crm::start("refusals").await;
    let dear = json!({"pack": "100GB", "yuan": 100});
    assert_eq!(crm.order(CALLER, "a", dear.clone()).await, (402, json!({"error": "no_credit"})));
    crm.post("/subscribers/13800138000/recharges", json!({"card": "100000000002"})).await;
    assert_eq!(crm.order(CALLER, "a", dear.clone()).await.0, 402, "this confirmation was refused");
    assert_eq!(crm.order(CALLER, "b", dear).await.0, 200);
    let cheaper = json!({"pack": "10GB", "yuan": 1});
    assert_eq!(crm.order(CALLER, "c", cheaper).await, (409, json!({"error": "price_changed"})));
    let wish = json!({"pack": "10GB", "yuan": 20});
    assert_eq!(crm.order("13800138005", "d", wish.clone()).await, (403, json!({"error": "blocked"})));
    assert_eq!(crm.order("13900000000", "e", wish.clone()).await.0, 404);
    assert_eq!(crm.order(CALLER, "f", json!({"pack": "1TB", "yuan": 20})).await.0, 404);
    assert_eq!(crm.post("/subscribers/13800138000/orders", wish).await.0, 400, "without a key");
    assert_eq!(yuan(&crm, CALLER).await, 58.2);
}

#[tokio::test]
async fn a_card_is_money_once() {
    let crm = Crm::start("cards").await;
    let card = |card: &str| json!({"card": card});
    let path = "/subscribers/13800138003/recharges";
    assert_eq!(crm.post(path, card("100000000001")).await, (200, json!({"yuan": 50.0, "balance": 50.0})));
    assert_eq!(crm.post(path, card("100000000001")).await, (409, json!({"error": "card_used"})));
    assert_eq!(crm.post(path, card("100000000009")).await.0, 409);
    assert_eq!(crm.post(path, card("123456789012")).await.0, 404);
    assert_eq!(crm.post("/subscribers/13900000000/recharges", card("100000000003")).await.0, 404);
    assert_eq!(yuan(&crm, "13800138003").await, 50.0);
    assert_eq!(crm.get("/audit/13800138003").await.1[1]["what"], "recharge: the card was used");
}
