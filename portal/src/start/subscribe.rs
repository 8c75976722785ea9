//! Subscribing to what was chosen, or changing it; and the way back from the payment provider.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use serde_json::json;
use turnpike_billing::{Account, BillingError, Choice, Customer, Next};

use super::plan::{Chosen, is_standing, plan_page};
use crate::{
    Member, Portal,
    brand::Brand,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again, page},
};

pub(crate) async fn choose(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    frame: Frame,
    member: Member,
    form: Form,
) -> Answer {
    let chosen = read(&portal, &form);
    let account = portal.billing.find_account(member.tenant.id).await?.filter(is_standing);
    let mut errors = check(&portal, &chosen, account.as_ref());
    if errors.is_empty() {
        // Kept whatever comes of it: who turns back at the payment provider finds it again.
        let rows = portal.store.tenant(member.tenant.id);
        rows.set_plan(Some(&chosen.plan), &chosen.wanted).await?;
        match settle(&portal, &brand, &member, &chosen, account.as_ref()).await {
            Ok(answer) => return Ok(answer),
            Err(BillingError::Store(error)) => return Err(error.into()),
            Err(error) => errors.add("plan", sentence(&error.to_string())),
        }
    }
    again(plan_page(&portal, frame, &member, errors, &chosen).await?)
}

fn read(portal: &Portal, form: &Form) -> Chosen {
    let served = |name: &&str| portal.find_integration(name).is_some();
    let mut wanted: Vec<String> = form.all("integration").filter(served).map(str::to_owned).collect();
    wanted.sort_unstable();
    wanted.dedup();
    Chosen { wanted, plan: form.text("plan").to_owned(), yearly: form.text("term") == "year" }
}

fn check(portal: &Portal, chosen: &Chosen, account: Option<&Account>) -> FieldErrors {
    let book = portal.book();
    let known = book.plan(&chosen.plan);
    let own = account.is_some_and(|account| account.subscription.plan == chosen.plan);
    let mut errors = FieldErrors::default();
    errors.check(chosen.wanted.is_empty(), "integration", "Choose at least one.");
    errors.check(!own && !known.is_some_and(|known| known.offered), "plan", "Choose one of these.");
    let no_year = chosen.yearly && known.is_some_and(|known| known.yearly == 0);
    errors.check(no_year, "term", "The fee of this plan is paid by the month.");
    errors
}

/// Subscribes, or changes what is subscribed; where nothing of it changes, nothing is done.
async fn settle(
    portal: &Portal,
    brand: &Brand,
    member: &Member,
    chosen: &Chosen,
    account: Option<&Account>,
) -> Result<axum::response::Response, BillingError> {
    let tenant = member.tenant.id;
    let choice = Choice {
        plan: chosen.plan.clone(),
        yearly: chosen.yearly,
        integrations: i64::try_from(chosen.wanted.len()).unwrap_or(i64::MAX),
    };
    let details = json!({ "plan": choice.plan, "yearly": choice.yearly, "integrations": chosen.wanted });
    let (action, next) = match account {
        Some(account) if is_same(account, &choice) => return Ok(Redirect::to("/start/connect").into_response()),
        Some(_) => {
            portal.billing.change_plan(tenant, &choice).await?;
            ("plan.changed", Redirect::to(&Notice::PlanChanged.at("/billing")))
        }
        None => {
            let customer = Customer {
                name: member.tenant.name.clone(),
                email: member.person.email.clone(),
                back: format!("{}/billing/return", brand.url),
            };
            match portal.billing.subscribe(tenant, &choice, &customer).await? {
                Next::Done => ("plan.chosen", Redirect::to("/start/connect")),
                Next::Visit(url) => ("plan.chosen", Redirect::to(&url)),
            }
        }
    };
    portal.tenancy.record(tenant, &member.actor(), action, &choice.plan, details).await?;
    Ok(next.into_response())
}

fn is_same(account: &Account, choice: &Choice) -> bool {
    let own = &account.subscription;
    (&own.plan, own.yearly, own.integrations) == (&choice.plan, choice.yearly, choice.integrations)
}

/// What went wrong, as people read it.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    format!("{}.", first.unwrap_or_default().trim_end_matches('.'))
}

/// What the payment provider says of where the person comes from.
#[derive(Deserialize)]
pub(crate) struct Returned {
    /// The session at the payment provider; none when the person turned back there.
    #[serde(default)]
    session: String,
}

#[derive(Template)]
#[template(path = "start/confirming.html")]
struct Confirming {
    frame: Frame,
    /// The subscription is known here.
    confirmed: bool,
    /// Where to look again.
    path: String,
}

/// Back from the payment provider. It is asked what has become of the session, for its event may come later than the person; what stands in the
/// address proves nothing.
pub(crate) async fn come_back(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Query(returned): Query<Returned>,
) -> Result<axum::response::Response, Failure> {
    if !returned.session.is_empty()
        && let Err(error) = portal.billing.note_checkout(member.tenant.id, &returned.session).await
    {
        tracing::info!(%error, "what became of a Checkout is not known yet; its event will tell");
    }
    let account = portal.billing.find_account(member.tenant.id).await?;
    let confirmed = account.as_ref().is_some_and(is_standing);
    if returned.session.is_empty() && !confirmed {
        return Ok(Redirect::to(&Notice::CheckoutLeft.at("/start/plan")).into_response());
    }
    let session =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("session", &returned.session).finish();
    page(Confirming { frame, confirmed, path: format!("/billing/return?{session}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_as_a_sentence() {
        assert_eq!(sentence("the payment provider cannot be reached"), "The payment provider cannot be reached.");
        assert_eq!(sentence("Done."), "Done.");
    }
}
