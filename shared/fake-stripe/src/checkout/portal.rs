//! `/v1/billing_portal/sessions`.

use serde_json::{Value, json};

use crate::{
    account::Account,
    form::Form,
    refusal::{Answer, Refusal},
};

const FLOWS: [&str; 5] = [
    "payment_method_update",
    "subscription_cancel",
    "subscription_pause",
    "subscription_update",
    "subscription_update_confirm",
];

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&[
        "customer",
        "return_url",
        "configuration",
        "locale",
        "on_behalf_of",
        "flow_data.type",
        "flow_data.subscription_cancel.subscription",
        "flow_data.subscription_update.subscription",
        "flow_data.after_completion.type",
        "flow_data.after_completion.redirect.return_url",
    ])?;
    let customer = form.need("customer")?.to_owned();
    if account.get("customer", &customer)?["deleted"] == true {
        return Err(Refusal::no_such("customer", &customer));
    }
    let flow = match form.choice("flow_data.type", &FLOWS)? {
        None => Value::Null,
        Some(kind) => json!({
            "after_completion": { "hosted_confirmation": null, "redirect": null, "type": "portal_homepage" },
            "subscription_cancel": null, "subscription_update": null, "subscription_update_confirm": null, "type": kind,
        }),
    };
    let id = account.id("bps");
    let session = json!({
        "id": id, "object": "billing_portal.session",
        "configuration": form.text("configuration").unwrap_or("bpc_fake"), "created": account.now,
        "customer": customer, "customer_account": null, "flow": flow, "livemode": false, "locale": null,
        "on_behalf_of": null, "return_url": form.value("return_url"), "url": format!("{}/portal/{id}", account.url),
    });
    Ok(account.put(session))
}
