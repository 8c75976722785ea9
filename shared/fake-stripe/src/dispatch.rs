//! Which path does what.

use crate::{
    billing::{
        cancel, change, coupons, credit_notes, credits, invoice_items, invoices, money_back, preview, subscriptions,
    },
    catalog::{customers, prices, products},
    checkout::{portal, sessions},
    refusal::{Answer, Refusal},
    server::Call,
    test_clocks,
    usage::{adjustments, events, meters, reports, summaries},
    world::World,
};

/// Does what a request asks for, for one account.
pub(crate) fn work(world: &mut World, name: Option<&str>, call: &Call) -> Answer {
    let segments: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let form = &call.form;
    if let ("POST", ["v1", "test_helpers", "test_clocks", id, "advance"]) = (call.method.as_str(), segments.as_slice())
    {
        return test_clocks::advance(world, name, id, form);
    }
    let account = world.account(name)?;
    match (call.method.as_str(), segments.as_slice()) {
        ("POST", ["v1", "customers"]) => customers::create(account, form),
        ("GET", ["v1", "customers"]) => customers::list(account, form),
        ("GET", ["v1", "customers", id]) => customers::get(account, id, form),
        ("POST", ["v1", "customers", id]) => customers::update(account, id, form),
        ("DELETE", ["v1", "customers", id]) => customers::delete(account, id, form),

        ("POST", ["v1", "products"]) => products::create(account, form),
        ("GET", ["v1", "products"]) => products::list(account, form),
        ("GET", ["v1", "products", id]) => products::get(account, id, form),
        ("POST", ["v1", "products", id]) => products::update(account, id, form),

        ("POST", ["v1", "prices"]) => prices::create(account, form),
        ("GET", ["v1", "prices"]) => prices::list(account, form),
        ("GET", ["v1", "prices", id]) => prices::get(account, id, form),
        ("POST", ["v1", "prices", id]) => prices::update(account, id, form),

        ("POST", ["v1", "billing", "meters"]) => meters::create(account, form),
        ("GET", ["v1", "billing", "meters"]) => meters::list(account, form),
        ("GET", ["v1", "billing", "meters", id]) => meters::get(account, id, form),
        ("POST", ["v1", "billing", "meters", id]) => meters::update(account, id, form),
        ("POST", ["v1", "billing", "meters", id, "deactivate"]) => meters::deactivate(account, id, form),
        ("POST", ["v1", "billing", "meters", id, "reactivate"]) => meters::reactivate(account, id, form),
        ("GET", ["v1", "billing", "meters", id, "event_summaries"]) => summaries::list(account, id, form),
        ("POST", ["v1", "billing", "meter_events"]) => events::create(account, form),
        ("POST", ["v1", "billing", "meter_event_adjustments"]) => adjustments::create(account, form),
        ("GET", ["v2", "core", "events", id]) => reports::get(account, id),

        ("POST", ["v1", "billing", "credit_grants"]) => credits::create(account, form),
        ("GET", ["v1", "billing", "credit_grants"]) => credits::list(account, form),
        ("GET", ["v1", "billing", "credit_grants", id]) => credits::get(account, id, form),
        ("POST", ["v1", "billing", "credit_grants", id, "void"]) => credits::void(account, id, form),
        ("POST", ["v1", "billing", "credit_grants", id, "expire"]) => credits::expire(account, id, form),
        ("GET", ["v1", "billing", "credit_balance_summary"]) => credits::summary(account, form),

        ("POST", ["v1", "subscriptions"]) => subscriptions::create(account, form),
        ("GET", ["v1", "subscriptions"]) => subscriptions::list(account, form),
        ("GET", ["v1", "subscriptions", id]) => subscriptions::get(account, id, form),
        ("POST", ["v1", "subscriptions", id]) => change::update(account, id, form),
        ("DELETE", ["v1", "subscriptions", id]) => cancel::cancel(account, id, form),
        ("POST", ["v1", "subscriptions", id, "resume"]) => subscriptions::resume(account, id, form),
        ("POST", ["v1", "subscriptions", id, "pause"]) => subscriptions::pause(account, id, form),
        ("GET", ["v1", "subscription_items"]) => subscriptions::list_items(account, form),
        ("GET", ["v1", "subscription_items", id]) => subscriptions::get_item(account, id, form),

        ("POST", ["v1", "invoices", "create_preview"]) => preview::create(account, form),
        ("POST", ["v1", "invoices"]) => invoices::create(account, form),
        ("GET", ["v1", "invoices"]) => invoices::list(account, form),
        ("GET", ["v1", "invoices", id]) => invoices::get(account, id, form),
        ("POST", ["v1", "invoices", id]) => invoices::update(account, id, form),
        ("DELETE", ["v1", "invoices", id]) => invoices::delete(account, id, form),
        ("GET", ["v1", "invoices", id, "lines"]) => invoices::lines(account, id, form),
        ("POST", ["v1", "invoices", id, "finalize"]) => invoices::finalize(account, id, form),
        ("POST", ["v1", "invoices", id, "pay"]) => invoices::pay(account, id, form),
        ("POST", ["v1", "invoices", id, "void"]) => invoices::void(account, id, form),
        ("POST", ["v1", "invoices", id, "mark_uncollectible"]) => invoices::mark_uncollectible(account, id, form),
        ("GET", ["v1", "invoice_payments"]) => invoices::payments(account, form),
        ("POST", ["v1", "invoiceitems"]) => invoice_items::create(account, form),
        ("GET", ["v1", "invoiceitems"]) => invoice_items::list(account, form),
        ("GET", ["v1", "invoiceitems", id]) => invoice_items::get(account, id, form),
        ("DELETE", ["v1", "invoiceitems", id]) => invoice_items::delete(account, id, form),

        ("POST", ["v1", "credit_notes"]) => credit_notes::create(account, form),
        ("GET", ["v1", "credit_notes"]) => credit_notes::list(account, form),
        ("GET", ["v1", "credit_notes", id]) => credit_notes::get(account, id, form),
        ("POST", ["v1", "refunds"]) => money_back::refund(account, form),
        ("GET", ["v1", "refunds"]) => money_back::list(account, "refund", "/v1/refunds", form),
        ("GET", ["v1", "refunds", id]) => money_back::get(account, "refund", id, form),
        ("GET", ["v1", "charges"]) => money_back::list(account, "charge", "/v1/charges", form),
        ("GET", ["v1", "charges", id]) => money_back::get(account, "charge", id, form),
        ("GET", ["v1", "disputes"]) => money_back::list(account, "dispute", "/v1/disputes", form),
        ("GET", ["v1", "disputes", id]) => money_back::get(account, "dispute", id, form),

        ("POST", ["v1", "coupons"]) => coupons::create(account, form),
        ("GET", ["v1", "coupons", id]) => coupons::get(account, "coupon", id, form),
        ("POST", ["v1", "promotion_codes"]) => coupons::create_code(account, form),
        ("GET", ["v1", "promotion_codes"]) => coupons::list_codes(account, form),
        ("GET", ["v1", "promotion_codes", id]) => coupons::get(account, "promotion_code", id, form),

        ("POST", ["v1", "checkout", "sessions"]) => sessions::create(account, form),
        ("GET", ["v1", "checkout", "sessions"]) => sessions::list(account, form),
        ("GET", ["v1", "checkout", "sessions", id]) => sessions::get(account, id, form),
        ("GET", ["v1", "checkout", "sessions", id, "line_items"]) => sessions::entries(account, id, form),
        ("POST", ["v1", "checkout", "sessions", id, "expire"]) => sessions::expire(account, id, form),
        ("POST", ["v1", "billing_portal", "sessions"]) => portal::create(account, form),

        ("POST", ["v1", "test_helpers", "test_clocks"]) => test_clocks::create(account, form),
        ("GET", ["v1", "test_helpers", "test_clocks"]) => test_clocks::list(account, form),
        ("GET", ["v1", "test_helpers", "test_clocks", id]) => test_clocks::get(account, id, form),
        ("DELETE", ["v1", "test_helpers", "test_clocks", id]) => test_clocks::delete(account, id, form),

        _ => Err(Refusal::no_such_path(call.method.as_str(), &call.path)),
    }
}
