//! `/v1/test_helpers/test_clocks`: all of them move the one clock that there is.

use serde_json::{Value, json};

use crate::{
    account::Account,
    form::Form,
    list::{PAGING, page},
    refusal::{Answer, Refusal},
    world::World,
};

const KIND: &str = "test_helpers.test_clock";
/// How long Stripe keeps one.
const KEPT: i64 = 30 * 24 * 60 * 60;

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&["frozen_time", "name"])?;
    form.need("frozen_time")?;
    let at = form.int("frozen_time")?.unwrap_or_default();
    let clock = json!({
        "id": account.id("clock"), "object": KIND, "created": account.now, "deletes_after": account.now + KEPT,
        "frozen_time": at, "livemode": false, "name": form.value("name"), "status": "ready", "status_details": {},
    });
    Ok(account.put(clock))
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get(KIND, id).cloned()
}

pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    form.only(&PAGING)?;
    page("/v1/test_helpers/test_clocks", account.all(KIND), form)
}

pub(crate) fn delete(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get(KIND, id)?;
    account.remove(id);
    Ok(json!({ "id": id, "object": KIND, "deleted": true }))
}

/// Moves the clock; what Stripe works on in the background is done here before the answer.
pub(crate) fn advance(world: &mut World, name: Option<&str>, id: &str, form: &Form) -> Answer {
    form.only(&["frozen_time"])?;
    form.need("frozen_time")?;
    let to = form.int("frozen_time")?.unwrap_or_default();
    let held: &Value = world.account(name)?.get(KIND, id)?;
    if to <= crate::json::int(held, "frozen_time") {
        return Err(Refusal::param("frozen_time", "The time must be after the clock's present time."));
    }
    world.advance(to);
    let account = world.account(name)?;
    let clock = account.get_mut(KIND, id)?;
    clock["frozen_time"] = json!(to);
    let clock = clock.clone();
    account.emit("test_helpers.test_clock.ready", &clock);
    Ok(clock)
}
