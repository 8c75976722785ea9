//! Customers, products and prices.

use serde_json::json;

use crate::ask::{Ask, Form};

#[tokio::test]
async fn a_customer_changes_only_in_what_was_sent() {
    let ask = Ask::new().await;
    let id = ask.make("/v1/customers", &[("name", "Acme"), ("metadata[tenant]", "t1"), ("metadata[old]", "x")]).await;
    let changed =
        ask.post(&format!("/v1/customers/{id}"), &[("email", "a@acme.example"), ("metadata[old]", "")]).await.ok();
    assert_eq!((&changed["name"], &changed["metadata"]), (&json!("Acme"), &json!({"tenant": "t1"})));
    ask.delete(&format!("/v1/customers/{id}")).await.ok();
    assert_eq!(ask.get(&format!("/v1/customers/{id}"), &[]).await.ok()["deleted"], true);
    assert_eq!(ask.get("/v1/customers", &[]).await.ok()["data"], json!([]));
}

#[tokio::test]
async fn a_list_comes_in_pages_the_newest_first() {
    let ask = Ask::new().await;
    for _ in 0..3 {
        ask.customer().await;
    }
    let first = ask.get("/v1/customers", &[("limit", "2")]).await.ok();
    assert_eq!(first["has_more"], true);
    let last = first["data"][1]["id"].as_str().expect("an id").to_owned();
    let second = ask.get("/v1/customers", &[("limit", "2"), ("starting_after", &last)]).await.ok();
    assert_eq!((second["data"].as_array().map(Vec::len), &second["has_more"]), (Some(1), &json!(false)));
    assert_eq!(ask.get("/v1/customers", &[("limit", "0")]).await.status, 400);
}

#[tokio::test]
async fn tiers_are_kept_exactly_and_shown_to_whom_asks() {
    let ask = Ask::new().await;
    let (product, meter) = (ask.make("/v1/products", &[("name", "Calls")]).await, ask.meter().await);
    let price = ask
        .post(
            "/v1/prices",
            &[
                ("currency", "usd"),
                ("product", &product),
                ("recurring[interval]", "month"),
                ("recurring[usage_type]", "metered"),
                ("recurring[meter]", &meter),
                ("billing_scheme", "tiered"),
                ("tiers_mode", "graduated"),
                ("tiers[0][up_to]", "10000"),
                ("tiers[0][unit_amount]", "0"),
                ("tiers[1][up_to]", "inf"),
                ("tiers[1][unit_amount_decimal]", "0.400000000001"),
                ("lookup_key", "usage"),
            ],
        )
        .await
        .ok();
    assert!(price.get("tiers").is_none());
    let found = ask.get("/v1/prices", &[("lookup_keys[]", "usage"), ("expand[]", "data.tiers")]).await.ok();
    let tier = &found["data"][0]["tiers"][1];
    assert_eq!((&tier["unit_amount"], &tier["unit_amount_decimal"]), (&json!(null), &json!("0.400000000001")));
    let path = format!("/v1/prices/{}", price["id"].as_str().expect("an id"));
    assert_eq!(ask.post(&path, &[("unit_amount", "5")]).await.refusal().2, "parameter_unknown");
    assert_eq!(ask.get(&path, &[("expand[]", "product")]).await.ok()["product"]["name"], "Calls");
}

#[tokio::test]
async fn a_price_that_stripe_would_refuse_is_refused() {
    let ask = Ask::new().await;
    let (product, meter) = (ask.make("/v1/products", &[("name", "Calls")]).await, ask.meter().await);
    let tiers: Form = &[
        ("billing_scheme", "tiered"),
        ("tiers_mode", "graduated"),
        ("tiers[0][up_to]", "inf"),
        ("tiers[0][unit_amount]", "1"),
    ];
    let cases: &[(&str, Form, &str)] = &[
        ("no amount", &[], "unit_amount"),
        ("two amounts", &[("unit_amount", "1"), ("unit_amount_decimal", "1")], "unit_amount"),
        ("too exact", &[("unit_amount_decimal", "0.0000000000001")], "unit_amount_decimal"),
        (
            "metered without a meter",
            &[("unit_amount", "1"), ("recurring[interval]", "month"), ("recurring[usage_type]", "metered")],
            "recurring[meter]",
        ),
        (
            "licensed with a meter",
            &[("unit_amount", "1"), ("recurring[interval]", "month"), ("recurring[meter]", &meter)],
            "recurring[meter]",
        ),
        ("tiers of one price each", &[("tiers[0][up_to]", "inf"), ("tiers[0][unit_amount]", "1")], "tiers"),
        (
            "an open end in between",
            &[tiers, &[("tiers[1][up_to]", "5"), ("tiers[1][unit_amount]", "1")]].concat(),
            "tiers",
        ),
        (
            "a tier without a price",
            &[("billing_scheme", "tiered"), ("tiers_mode", "graduated"), ("tiers[0][up_to]", "inf")],
            "tiers[0][unit_amount]",
        ),
        (
            "tiers and a transformation",
            &[tiers, &[("transform_quantity[divide_by]", "10"), ("transform_quantity[round]", "up")]].concat(),
            "transform_quantity",
        ),
    ];
    for (case, form, param) in cases {
        let form = [&[("currency", "usd"), ("product", &*product)], *form].concat();
        let told = ask.post("/v1/prices", &form).await;
        assert_eq!((told.status, &told.body["error"]["param"]), (400, &json!(param)), "{case}: {}", told.body);
    }
}

#[tokio::test]
async fn a_lookup_key_moves_only_where_that_is_asked_for() {
    let ask = Ask::new().await;
    let product = ask.make("/v1/products", &[("name", "Fee")]).await;
    let form = [("currency", "usd"), ("product", &*product), ("unit_amount", "9900"), ("lookup_key", "fee")];
    let first = ask.make("/v1/prices", &form).await;
    assert_eq!(ask.post("/v1/prices", &form).await.body["error"]["param"], "lookup_key");
    let second = ask.make("/v1/prices", &[&form[..], &[("transfer_lookup_key", "true")]].concat()).await;
    assert_eq!(ask.fake.object(&first).expect("the first")["lookup_key"], json!(null));
    assert_eq!(ask.fake.object(&second).expect("the second")["lookup_key"], "fee");
}
