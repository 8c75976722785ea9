//! The second step: the accounts at the vendors.

use askama::Template;
use axum::extract::State;

use super::{Step, steps};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Frame, page},
    pages::connections::{self, Line},
};

struct Card {
    name: String,
    title: String,
    connection: Option<Line>,
}

#[derive(Template)]
#[template(path = "start/connect.html")]
struct ConnectStep {
    frame: Frame,
    steps: [Step; 4],
    cards: Vec<Card>,
    may_connect: bool,
    any: bool,
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let rows = portal.store.tenant(member.tenant.id).list_connections().await?;
    let mut lines = connections::lines(&portal, rows);
    let cards: Vec<_> = member
        .tenant
        .wanted
        .iter()
        .map(|name| Card {
            name: name.clone(),
            title: connections::title(&portal, name),
            connection: lines.iter().position(|line| line.integration == *name).map(|at| lines.swap_remove(at)),
        })
        .collect();
    let steps = steps(&portal, &member).await?;
    page(ConnectStep { frame, any: steps[1].done, steps, cards, may_connect: member.may(Permission::Connect) })
}
