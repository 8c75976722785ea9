//! The third step: which accounts agents may use.

use askama::Template;
use axum::extract::State;
use turnpike_core::ConnectionId;
use turnpike_sdk::Account;

use super::{Step, is_up, steps};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Frame, page},
    pages::connections,
};

struct Card {
    id: ConnectionId,
    title: String,
    accounts: Vec<(Account, bool)>,
}

#[derive(Template)]
#[template(path = "start/accounts.html")]
struct AccountsStep {
    frame: Frame,
    steps: [Step; 4],
    cards: Vec<Card>,
    may_connect: bool,
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let mut cards = vec![];
    for row in portal.store.tenant(member.tenant.id).list_connections().await?.into_iter().filter(is_up) {
        let allowed = connections::accounts(&row.accounts_json)?;
        let chosen = |account: &Account| allowed.iter().any(|own| own.id == account.id);
        let offered = connections::accounts(&row.offered_json)?;
        cards.push(Card {
            id: row.id,
            title: connections::title(&portal, &row.integration),
            accounts: offered.iter().map(|account| (account.clone(), chosen(account))).collect(),
        });
    }
    page(AccountsStep {
        frame,
        steps: steps(&portal, &member).await?,
        cards,
        may_connect: member.may(Permission::Connect),
    })
}
