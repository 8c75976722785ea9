//! Products, prices and the meter.

use turnpike_fake_stripe::Fault;

use crate::world::World;

impl World {
    fn made(&self) -> [usize; 3] {
        ["product", "price", "billing.meter"].map(|kind| self.fake.list(kind).len())
    }

    fn price(&self, lookup_key: &str) -> serde_json::Value {
        let mut prices = self.fake.list("price").into_iter().filter(|price| price["lookup_key"] == lookup_key);
        prices.next().unwrap()
    }
}

#[tokio::test]
async fn what_is_there_stays_when_it_is_seeded_again() {
    let world = World::new().await;
    world.billing.seed_catalog().await.unwrap();
    // Three plans: a product, and prices for a month, a year and units of each.
    assert_eq!(world.made(), [3, 9, 1]);
    let before = world.fake.list("price");

    world.billing.seed_catalog().await.unwrap();
    world.another().await.seed_catalog().await.unwrap();
    assert_eq!(world.made(), [3, 9, 1]);
    assert_eq!(world.fake.list("price"), before);
    assert!(world.requests("POST", "/v1/").iter().all(|request| request.idempotency_key.is_some()));
}

#[tokio::test]
async fn two_replicas_at_once_make_nothing_twice() {
    let world = World::new().await;
    let other = world.another().await;
    let (one, two) = tokio::join!(world.billing.seed_catalog(), other.seed_catalog());
    one.unwrap();
    two.unwrap();
    assert_eq!(world.made(), [3, 9, 1]);
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_nothing_twice() {
    for fault in [Fault::TimeoutAfterCommit, Fault::TimeoutBeforeCommit, Fault::Status500After, Fault::Status500Before]
    {
        for path in ["POST /v1/billing/meters", "POST /v1/products", "POST /v1/prices"] {
            let world = World::new().await;
            world.fake.fail_next(path, fault, 1);
            world.billing.seed_catalog().await.unwrap();
            assert_eq!(world.made(), [3, 9, 1], "{fault:?} {path}");
        }
    }
}

#[tokio::test]
async fn new_amounts_are_new_prices_and_those_of_before_stay() {
    let world = World::new().await;
    world.billing.seed_catalog().await.unwrap();
    let before = world.price("turnpike_starter_month");

    let dearer = world
        .another_with(|book| {
            book.plans.get_mut("starter").unwrap().monthly = 35_000_000;
        })
        .await;
    dearer.seed_catalog().await.unwrap();
    dearer.seed_catalog().await.unwrap();

    assert_eq!(world.made(), [3, 10, 1]);
    let after = world.price("turnpike_starter_month");
    assert_eq!((after["unit_amount"].as_i64(), before["unit_amount"].as_i64()), (Some(3500), Some(2900)));
    assert_eq!(after["metadata"]["price_version"], "1");
    let before = world.fake.object(before["id"].as_str().unwrap()).unwrap();
    assert_eq!((before["active"].as_bool(), before["lookup_key"].is_null()), (Some(true), true));

    // Two replicas at once.
    let one = world
        .another_with(|book| {
            book.plans.get_mut("scale").unwrap().yearly = 999_000_000;
            book.plans.get_mut("starter").unwrap().monthly = 35_000_000;
        })
        .await;
    let two = world.another().await;
    let (one, two) = tokio::join!(one.seed_catalog(), two.seed_catalog());
    one.unwrap();
    two.unwrap();
    assert_eq!(world.made(), [3, 11, 1]);

    // Back to the terms of the settings: a third price, not the first one, whose key it has.
    world.billing.seed_catalog().await.unwrap();
    assert_eq!(world.made(), [3, 13, 1]);
    assert_eq!(world.price("turnpike_starter_month")["unit_amount"], 2900);
}

#[tokio::test]
async fn a_usage_price_has_the_tiers_of_its_plan() {
    let world = World::new().await;
    world.billing.seed_catalog().await.unwrap();
    let price = world.price("turnpike_starter_usage");
    let recurring = &price["recurring"];
    assert_eq!((recurring["interval"].as_str(), recurring["usage_type"].as_str()), (Some("month"), Some("metered")));
    assert_eq!(recurring["meter"], world.fake.list("billing.meter")[0]["id"]);
    assert_eq!(price["tiers_mode"], "graduated");
    let request = world
        .requests("POST", "/v1/prices")
        .into_iter()
        .find(|made| made.form["lookup_key"] == "turnpike_starter_usage");
    let tiers = request.unwrap().form["tiers"].clone();
    assert_eq!((tiers["0"]["up_to"].as_str(), tiers["0"]["unit_amount_decimal"].as_str()), (Some("8000"), Some("0")));
    assert_eq!(
        (tiers["1"]["up_to"].as_str(), tiers["1"]["unit_amount_decimal"].as_str()),
        (Some("40000"), Some("0.1"))
    );
    assert_eq!((tiers["2"]["up_to"].as_str(), tiers["2"]["unit_amount_decimal"].as_str()), (Some("inf"), Some("0.09")));
}

#[tokio::test]
async fn everything_is_done_on_behalf_of_the_connected_account() {
    let world = World::with(|payments| payments.stripe_account = "acct_agency".into()).await;
    world.billing.seed_catalog().await.unwrap();
    assert!(world.fake.requests().iter().all(|request| request.account.as_deref() == Some("acct_agency")));
}
