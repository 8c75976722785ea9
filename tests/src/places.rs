//! A tenant with one of everything, and the paths that lead to it. Tests visit every route of the portal with these: a route
//! with a new kind of parameter fails them until it has a place here.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use turnpike_core::{Currency, InvoiceId, LeastRole, Micros, PersonId, Role, TenantId, WritePolicy};
use turnpike_portal::Route;
use turnpike_store::{
    Announcement, CallFilter, Invoice, InvoiceLine, InvoiceState, LineKind, LinkPurpose, PolicyRow, SwitchTarget, Visit,
};
use turnpike_tenancy::{Actor, ToolRule};

use crate::{agent::Agent, app::TestApp, oauth::Program, probe, visitor::Visitor};

/// A tenant with one of everything.
pub struct Furnished {
    /// Its owner, signed in.
    pub owner: Visitor,
    /// Its id.
    pub tenant: TenantId,
    /// An agent of it.
    pub agent: Agent,
    /// What stands for a parameter in a path.
    places: BTreeMap<&'static str, String>,
}

/// Parameters that name something of the deployment, or nothing that is one tenant's own.
const OF_NO_TENANT: [&str; 7] = ["integration", "host", "announcement", "switch", "mail", "server", "version"];

impl Furnished {
    /// The path with this tenant's own ids in it.
    pub fn path(&self, route: &Route) -> String {
        self.filled(route, |name| {
            self.places
                .get(name)
                .unwrap_or_else(|| panic!("{}: `{name}` needs a place in places.rs", route.path))
                .clone()
        })
    }

    /// The path with ids of nothing that there is. `None` where no parameter names a tenant's own.
    pub fn nowhere(&self, app: &TestApp, route: &Route) -> Option<String> {
        let own = route.path.split(['{', '}']).skip(1).step_by(2).any(|name| !OF_NO_TENANT.contains(&name));
        own.then(|| {
            self.filled(route, |name| match name {
                name if OF_NO_TENANT.contains(&name) => self.places[name].clone(),
                _ => app.operator.ambient.id::<TenantId>().to_string(),
            })
        })
    }

    fn filled(&self, route: &Route, value: impl Fn(&str) -> String) -> String {
        let mut path = String::new();
        for (at, part) in route.path.split(['{', '}']).enumerate() {
            path.push_str(&if at % 2 == 0 { part.to_owned() } else { value(part) });
        }
        path
    }
}

impl TestApp {
    /// Makes a tenant with one of everything. `email` is its owner's.
    pub async fn furnish(&self, organisation: &str, email: &str) -> Furnished {
        let (owner, tenant) = self.sign_up(organisation, email).await;
        let (rows, ambient) = (self.store().tenant(tenant), &self.operator.ambient);
        let now = ambient.now();
        owner.submit("/start/plan", &[("integration", "google-ads"), ("plan", "starter")]).await;
        for integration in self.vendors.keys() {
            self.connect(tenant, integration).await;
        }
        let connection = rows.find_connection("google-ads").await.unwrap().unwrap().id;
        let scopes = self.vendors.keys().flat_map(|name| [format!("{name}:read"), format!("{name}:write")]).collect();
        let agent = self.agent(tenant, scopes).await;

        agent.ok("google-ads", "list_accounts", json!({})).await;
        agent.refused("probe", "set", json!({ "account": "another", "text": "1" })).await;
        let change = self.change(&agent, &format!("set for {email}")).await;
        self.ask_for_approval(tenant, &agent).await;

        let person = self.store().system().find_person_by_email(email).await.unwrap().unwrap().id;
        let (_, other) = self.member(tenant, Role::Member).await;
        self.group_and_rule(tenant, other).await;
        owner.submit("/team/invite", &[("email", &format!("invited-{email}")), ("role", "member")]).await;
        let connect = format!("connect-{email}");
        owner.submit("/connections/new/supermetrics/link", &[("email", &connect)]).await;
        let link = rows.list_open_links(LinkPurpose::Invitation, now).await.unwrap()[0].id;
        let secret = self.mail_to(&connect, 1).await.link(&self.url).rsplit('/').next().unwrap().to_owned();
        let visit = Visit {
            id: ambient.id(),
            person_id: person,
            reason: "asked to".into(),
            created_at: now,
            ends_at: now.plus(Duration::from_secs(3600)),
        };
        rows.insert_visit(&visit).await.unwrap();
        let call = rows.list_calls(&CallFilter { limit: 1, ..CallFilter::default() }).await.unwrap()[0].call_id;
        Program::register(&self.url).await.connect(&owner, "/google-ads/mcp", "google-ads:read google-ads:write").await;
        let grant = rows.list_grants().await.unwrap()[0].id;
        let (service, _) = self.service_agent(tenant, &["google-ads:read"]).await;
        let key = rows.list_api_keys().await.unwrap()[0].id;
        let approval = rows.list_approvals(None, 1).await.unwrap()[0].id;
        let places = [
            ("integration", "google-ads".to_owned()),
            ("server", "localhost%2Fgoogle-ads".to_owned()),
            ("version", "latest".to_owned()),
            ("connection", connection.to_string()),
            ("key", key.to_string()),
            ("grant", grant.to_string()),
            ("service", service),
            ("attempt", self.examine(&owner).await),
            ("call", call.to_string()),
            ("change", change),
            ("approval", approval.to_string()),
            ("link", link.to_string()),
            ("secret", secret),
            ("person", other.to_string()),
            ("invoice", self.invoice(tenant, InvoiceState::Open).await.to_string()),
            ("tenant", tenant.to_string()),
            ("host", "*".to_owned()),
            ("mail", self.newest_mail()),
            ("announcement", self.announce().await),
            ("switch", self.switch_nothing_off().await),
        ];
        Furnished { owner, tenant, agent, places: places.into() }
    }

    /// An applied change of the probe's value.
    async fn change(&self, agent: &Agent, text: &str) -> String {
        let arguments = json!({ "account": probe::ACCOUNT, "text": text });
        let preview = agent.ok("probe", "set", arguments.clone()).await;
        let mut confirmation = arguments;
        confirmation["preview_id"] = preview["preview_id"].clone();
        agent.ok("probe", "set", confirmation).await["change_id"].as_str().unwrap().to_owned()
    }

    /// A change that waits for a person.
    async fn ask_for_approval(&self, tenant: TenantId, agent: &Agent) {
        let rows = self.store().tenant(tenant);
        let connection = rows.find_connection("probe").await.unwrap().unwrap().id;
        let policy = WritePolicy {
            max_amount: Micros(1_000_000_000),
            max_rise_percent: 1_000_000,
            approve_amount: Micros(1_000_000),
            approve_rise_percent: 1,
            approve_starts: true,
        };
        let row = PolicyRow { policy, set_by: "desk".into(), set_at: self.operator.ambient.now() };
        rows.set_write_policy(connection, &row).await.unwrap();
        let preview = agent.ok("probe", "set", json!({ "account": probe::ACCOUNT, "text": "100" })).await;
        assert!(preview["approval"]["approval_id"].is_string(), "{preview}");
    }

    /// A member in a group, and a rule that asks for no more than the tools do.
    async fn group_and_rule(&self, tenant: TenantId, person: PersonId) {
        let (tenancy, desk) = (&self.operator.tenancy, Actor::desk());
        assert!(tenancy.set_member_groups(&desk, tenant, person, &["media-buyers".into()]).await.unwrap());
        let tools = "google-ads/*:write".parse().unwrap();
        let rule = ToolRule { tools, least_role: LeastRole::Member, groups: vec![] };
        tenancy.set_tool_policy(&desk, tenant, rule).await.unwrap();
    }

    /// An invoice of ours for the last hour, of a fee and of the units that were used in it.
    pub async fn invoice(&self, tenant: TenantId, state: InvoiceState) -> InvoiceId {
        let (rows, ambient) = (self.store().tenant(tenant), &self.operator.ambient);
        let now = ambient.now();
        let (since, until) = (now.minus(Duration::from_secs(3600)), now.plus(Duration::from_secs(1)));
        let units = rows.usage(since, until).await.unwrap().iter().map(|line| line.units).sum();
        let line = |position, kind, description: &str, quantity, each, amount| InvoiceLine {
            position,
            kind,
            description: description.into(),
            quantity,
            unit_price: Some(Micros(each)),
            amount: Micros(amount),
            since,
            until,
        };
        let lines = [
            line(0, LineKind::Fee, "Starter, a month", 1, 29_000_000, 29_000_000),
            line(1, LineKind::Usage, "Units, up to 8000", units, 0, 0),
        ];
        let id = ambient.id();
        let paid = state == InvoiceState::Paid;
        let invoice = Invoice {
            id,
            number: Some(format!("202611-{id}")),
            state,
            currency: Currency::USD,
            plan: Some("starter".into()),
            price_version: 0,
            period_start: since,
            period_end: until,
            subtotal: Micros(29_000_000),
            tax: Micros(0),
            total: Micros(29_000_000),
            paid: Micros(if paid { 29_000_000 } else { 0 }),
            issued_at: Some(until),
            due_at: Some(until.plus(Duration::from_secs(14 * 24 * 3600))),
            paid_at: paid.then_some(until),
            external_id: None,
            hosted_url: None,
            created_at: until,
            updated_at: until,
        };
        rows.set_invoice(&invoice, &lines).await.unwrap();
        id
    }

    /// An examination by the connection doctor.
    async fn examine(&self, owner: &Visitor) -> String {
        let path = owner.submit("/agents/doctor", &[("server", &format!("{}/google-ads/mcp", self.url))]).await;
        path.rsplit('/').next().unwrap().to_owned()
    }

    fn newest_mail(&self) -> String {
        let folder = std::fs::read_dir(self.folder().join("outbox")).unwrap();
        let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter_map(|name| Some(name.strip_suffix(".eml")?.to_owned())).max().unwrap()
    }

    async fn announce(&self) -> String {
        let (id, now) = (self.operator.ambient.id(), self.operator.ambient.now());
        let announcement = Announcement {
            id,
            title: "Maintenance".into(),
            body: "On Sunday.".into(),
            set_by: "desk".into(),
            starts_at: now,
            ends_at: now.plus(Duration::from_secs(3600)),
        };
        self.store().system().insert_announcement(&announcement).await.unwrap();
        id.to_string()
    }

    /// A standing switch that no call fits.
    async fn switch_nothing_off(&self) -> String {
        let (id, now) = (self.operator.ambient.id(), self.operator.ambient.now());
        let nobody = SwitchTarget { tenant: Some(self.operator.ambient.id()), integration: None, tool: None };
        self.store().system().switch_off(id, &nobody, "unpaid", "desk", now).await.unwrap();
        id.to_string()
    }
}
