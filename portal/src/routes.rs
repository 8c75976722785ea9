//! Every page, and whom it lets in. The router, the gate and the tests are made of this list.

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{MethodRouter, get, post},
};
use http::Method;
use tower_http::{
    cors::{Any, CorsLayer},
    csrf::CsrfLayer,
};

use crate::{
    Permission, Portal, brand,
    catalog::{self, registry},
    console, doctor,
    http::{Access, Failure, Gate, dress, gate, guard_headers},
    mail, oauth, pages, people, start,
};

/// One page or one form's target.
#[derive(Clone)]
pub struct Route {
    /// `GET` shows, `POST` does.
    pub method: Method,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// Whom it lets in.
    pub access: Access,
    /// Whether they must have proved lately who they are.
    pub fresh: bool,
    handler: MethodRouter<Portal>,
}

impl Route {
    fn show(path: &'static str, access: Access, handler: MethodRouter<Portal>) -> Self {
        Self { method: Method::GET, path, access, fresh: false, handler }
    }

    fn act(path: &'static str, access: Access, handler: MethodRouter<Portal>) -> Self {
        Self { method: Method::POST, path, access, fresh: false, handler }
    }

    fn fresh(self) -> Self {
        Self { fresh: true, ..self }
    }

    /// Pages of every site may read it. Browsers send no cookie along for them.
    fn for_every_site(self) -> Self {
        let readable = CorsLayer::new().allow_origin(Any).allow_methods([Method::GET]).allow_headers(Any);
        // The layer answers a browser that asks beforehand, but only where the route takes that method.
        Self { handler: self.handler.options(|| async {}).layer(readable), ..self }
    }
}

/// Every page. Whoever adds one says here whom it lets in.
pub fn routes() -> Vec<Route> {
    use Access::{Anyone, SignedIn, Staff, Tenant};
    use Permission::{
        Call, ChoosePlan, Connect, Decide, Export, LetAct, Look, ManageAgents, ManageSettings, ManageTeam, Own,
        SeeMoney, SetCap,
    };
    let (show, act) = (Route::show, Route::act);
    vec![
        // How it looks
        show("/assets/portal.css", Anyone, get(brand::stylesheet)),
        show("/assets/portal.js", Anyone, get(brand::script)),
        show("/assets/theme.css", Anyone, get(brand::theme)),
        show("/assets/icon.svg", Anyone, get(brand::icon)),
        show("/assets/logo", Anyone, get(brand::logo)),
        // People
        show("/", Anyone, get(pages::root)),
        show("/sign-up", Anyone, get(people::sign_up_page)),
        act("/sign-up", Anyone, post(people::sign_up)),
        show("/check-mail", Anyone, get(people::check_mail)),
        show("/sign-in", Anyone, get(people::sign_in_page)),
        act("/sign-in", Anyone, post(people::sign_in)),
        act("/sign-in/link", Anyone, post(people::mail_sign_in_link)),
        show("/link/{secret}", Anyone, get(people::open_link)),
        act("/link/{secret}", Anyone, post(people::use_link)),
        show("/oidc/start", Anyone, get(people::sso_start)),
        show("/oidc/callback", Anyone, get(people::sso_callback)),
        act("/sign-out", SignedIn, post(people::sign_out)),
        show("/confirm", SignedIn, get(people::confirm_page)),
        act("/confirm", SignedIn, post(people::confirm)),
        act("/confirm/link", SignedIn, post(people::confirm_by_mail)),
        show("/organisations", SignedIn, get(people::organisations)),
        act("/organisations", SignedIn, post(people::choose)),
        act("/organisations/found", SignedIn, post(people::found)),
        show("/account", SignedIn, get(pages::account::show)),
        act("/account/name", SignedIn, post(pages::account::rename)),
        act("/account/password", SignedIn, post(pages::account::set_password)).fresh(),
        act("/account/delete", SignedIn, post(pages::account::delete)).fresh(),
        act("/account/sign-out-elsewhere", SignedIn, post(pages::account::sign_out_elsewhere)),
        show("/outbox", Anyone, get(mail::outbox_list)),
        show("/outbox/{mail}", Anyone, get(mail::outbox_show)),
        // Agents that connect by OAuth
        show("/authorize", Anyone, get(oauth::ask)),
        act("/authorize", SignedIn, post(oauth::decide)),
        // What is served
        show("/catalog", Anyone, get(catalog::list)),
        show("/catalog/{integration}", Anyone, get(catalog::show)),
        show("/server.json", Anyone, get(registry::document_of_all)).for_every_site(),
        show("/{integration}/server.json", Anyone, get(registry::document)).for_every_site(),
        show("/v0.1/servers", Anyone, get(registry::list)).for_every_site(),
        show("/v0.1/servers/{server}/versions", Anyone, get(registry::versions)).for_every_site(),
        show("/v0.1/servers/{server}/versions/{version}", Anyone, get(registry::version)).for_every_site(),
        // The beginning
        show("/start", Tenant(Look), get(start::next)),
        show("/start/plan", Tenant(Look), get(start::plan::show)),
        act("/start/plan", Tenant(ChoosePlan), post(start::subscribe::choose)),
        show("/start/connect", Tenant(Look), get(start::connect::show)),
        show("/start/accounts", Tenant(Look), get(start::accounts::show)),
        show("/start/agent", Tenant(Look), get(start::agent::show)),
        act("/start/agent", Tenant(ManageAgents), post(start::agent::make_key)),
        act("/start/test-call", Tenant(Call), post(start::agent::test_call)),
        show("/start/first-call", Tenant(Look), get(start::first_call::show)),
        // Connections
        show("/connections", Tenant(Look), get(pages::connections::list)),
        show("/connections/calendar", Tenant(Look), get(pages::ends::show)),
        show("/connections/new/{integration}", Tenant(Connect), get(pages::connect::show)),
        act("/connections/new/{integration}/authorize", Tenant(Connect), post(pages::connect::authorize)),
        act("/connections/new/{integration}/form", Tenant(Connect), post(pages::connect::fill_in)),
        act("/connections/new/{integration}/link", Tenant(Connect), post(pages::connect_links::mail)),
        act("/connect-links/{link}/delete", Tenant(Connect), post(pages::connect_links::take_back)),
        show("/connect-for/{secret}", Anyone, get(pages::connect_links::open)),
        act("/connect-for/{secret}/authorize", Anyone, post(pages::connect_links::authorize)),
        act("/connect-for/{secret}/form", Anyone, post(pages::connect_links::fill_in)),
        show("/connect/callback", Anyone, get(pages::connect::callback)),
        show("/reconnect/{connection}", Tenant(Connect), get(pages::connect::reconnect)),
        show("/connections/{connection}", Tenant(Look), get(pages::connection::show)),
        act("/connections/{connection}/accounts", Tenant(Connect), post(pages::connection::choose_accounts)),
        act("/connections/{connection}/read", Tenant(Connect), post(pages::connection::read_accounts)),
        act("/connections/{connection}/disconnect", Tenant(Connect), post(pages::connection::disconnect)).fresh(),
        // The tenant
        show("/home", Tenant(Look), get(pages::home::show)),
        show("/agents", Tenant(Look), get(pages::agents::list)),
        show("/agents/new", Tenant(ManageAgents), get(pages::agents::form)).fresh(),
        act("/agents/new", Tenant(ManageAgents), post(pages::agents::make)).fresh(),
        show("/agents/doctor", Tenant(Look), get(doctor::start)),
        act("/agents/doctor", Tenant(LetAct), post(doctor::try_it)),
        show("/agents/doctor/{attempt}", Tenant(Look), get(doctor::show)),
        act("/agents/{key}/revoke", Tenant(ManageAgents), post(pages::agents::revoke)),
        show("/agents/service/new", Tenant(ManageAgents), get(pages::agents::service_form)).fresh(),
        act("/agents/service/new", Tenant(ManageAgents), post(pages::agents::make_service)).fresh(),
        act("/agents/service/{service}/revoke", Tenant(ManageAgents), post(pages::agents::revoke_service)),
        // Everybody may take back what they allowed; others' only those who manage agents.
        act("/agents/programs/{grant}/narrow", Tenant(Look), post(pages::agents::narrow)),
        act("/agents/programs/{grant}/revoke", Tenant(Look), post(pages::agents::revoke_program)),
        show("/team", Tenant(Look), get(pages::team::show)),
        act("/team/invite", Tenant(ManageTeam), post(pages::team::invite)).fresh(),
        act("/team/invitations/{link}/delete", Tenant(ManageTeam), post(pages::team::take_back)),
        act("/team/{person}/role", Tenant(ManageTeam), post(pages::team::set_role)).fresh(),
        act("/team/{person}/groups", Tenant(ManageTeam), post(pages::team::set_groups)).fresh(),
        act("/team/{person}/remove", Tenant(ManageTeam), post(pages::team::remove)).fresh(),
        act("/team/leave", Tenant(Look), post(pages::team::leave)),
        show("/rules", Tenant(Look), get(pages::rules::list)),
        act("/rules", Tenant(ManageSettings), post(pages::rules::set)).fresh(),
        act("/rules/delete", Tenant(ManageSettings), post(pages::rules::delete)).fresh(),
        show("/settings", Tenant(Look), get(pages::settings::show)),
        act("/settings/name", Tenant(ManageSettings), post(pages::settings::rename)),
        act("/settings/export", Tenant(Own), post(pages::settings::export)).fresh(),
        act("/settings/delete", Tenant(Own), post(pages::settings::delete)).fresh(),
        // Calls, usage, changes, audit
        show("/calls", Tenant(Look), get(pages::calls::list)),
        show("/calls.csv", Tenant(Export), get(pages::calls::export)),
        show("/calls/{call}", Tenant(Look), get(pages::call::show)),
        act("/calls/{call}/again", Tenant(Call), post(pages::call::run_again)),
        show("/usage", Tenant(Look), get(pages::usage::show)),
        show("/usage.csv", Tenant(Export), get(pages::usage::export)),
        show("/changes", Tenant(Look), get(pages::changes::list)),
        show("/changes/{change}", Tenant(Look), get(pages::changes::show)),
        act("/changes/{change}/take-back", Tenant(Decide), post(pages::changes::take_back)),
        show("/approvals/{approval}", Tenant(Look), get(pages::changes::of_approval)),
        act("/approvals/{approval}", Tenant(Decide), post(pages::changes::decide)),
        show("/audit", Tenant(Look), get(pages::audit::list)),
        show("/audit.csv", Tenant(Export), get(pages::audit::export)),
        // Money
        show("/billing", Tenant(SeeMoney), get(pages::billing::show)),
        show("/billing/return", Tenant(SeeMoney), get(start::subscribe::come_back)),
        act("/billing/cap", Tenant(SetCap), post(pages::billing::set_cap)),
        act("/billing/cancel", Tenant(ChoosePlan), post(pages::billing::cancel)).fresh(),
        act("/billing/keep", Tenant(ChoosePlan), post(pages::billing::keep_on)),
        act("/billing/manage", Tenant(ChoosePlan), post(pages::billing::manage)),
        show("/billing/invoices/{invoice}", Tenant(SeeMoney), get(pages::billing::show_invoice)),
        show("/billing/invoices/{invoice}/pdf", Tenant(SeeMoney), get(pages::billing::pdf)),
        show("/billing/statement.csv", Tenant(Export), get(pages::billing::export_statement)),
        // The operator console
        show("/console", Staff, get(console::clients::list)),
        act("/console/clients", Staff, post(console::clients::add)).fresh(),
        show("/console/clients/{tenant}", Staff, get(console::clients::show)),
        act("/console/clients/{tenant}/invite", Staff, post(console::clients::invite)).fresh(),
        act("/console/clients/{tenant}/suspend", Staff, post(console::clients::suspend)).fresh(),
        act("/console/clients/{tenant}/resume", Staff, post(console::clients::resume)).fresh(),
        act("/console/clients/{tenant}/credit", Staff, post(console::clients::give_credit)).fresh(),
        act("/console/clients/{tenant}/invoices/{invoice}/paid", Staff, post(console::billing::mark_paid)).fresh(),
        act("/console/clients/{tenant}/invoices/{invoice}/void", Staff, post(console::billing::void)).fresh(),
        act("/console/clients/{tenant}/visit", Staff, post(console::clients::open_visit)).fresh(),
        act("/leave-visit", Staff, post(console::clients::leave_visit)),
        show("/console/integrations", Staff, get(console::integrations::list)),
        show("/console/credentials", Staff, get(console::credentials::calendar)),
        show("/console/switches", Staff, get(console::switches::list)),
        show("/console/switches/new", Staff, get(console::switches::confirm)).fresh(),
        act("/console/switches", Staff, post(console::switches::set)).fresh(),
        act("/console/switches/{switch}/lift", Staff, post(console::switches::lift)).fresh(),
        show("/console/jobs", Staff, get(console::jobs::list)),
        show("/console/work", Staff, get(console::work::list)),
        show("/console/prices", Staff, get(console::prices::show)),
        show("/console/prices/edit", Staff, get(console::prices::edit)).fresh(),
        act("/console/prices/preview", Staff, post(console::prices::preview)),
        act("/console/prices", Staff, post(console::prices::set)).fresh(),
        show("/console/margin", Staff, get(console::margin::show)),
        show("/console/margin.csv", Staff, get(console::margin::export)),
        show("/console/billing", Staff, get(console::billing::show)),
        show("/console/statement.csv", Staff, get(console::billing::export_statement)),
        show("/console/deprecations", Staff, get(console::versions::list)),
        show("/console/brand", Staff, get(console::brands::list)),
        act("/console/brand", Staff, post(console::brands::choose_host)),
        show("/console/brand/{host}", Staff, get(console::brands::edit)),
        act("/console/brand/{host}", Staff, post(console::brands::set)).fresh(),
        act("/console/brand/{host}/delete", Staff, post(console::brands::delete)).fresh(),
        show("/console/brand/{host}/logo", Staff, get(console::brands::show_logo)),
        act("/console/brand/{host}/logo", Staff, post(console::brands::set_logo)).fresh(),
        act("/console/brand/{host}/logo/delete", Staff, post(console::brands::remove_logo)).fresh(),
        show("/console/announcements", Staff, get(console::announcements::list)),
        act("/console/announcements", Staff, post(console::announcements::make)).fresh(),
        act("/console/announcements/{announcement}/end", Staff, post(console::announcements::end)),
        show("/console/audit", Staff, get(console::audit::list)),
    ]
}

/// The pages, each behind its gate.
pub fn router(portal: &Portal) -> Router {
    let pages = routes().into_iter().fold(Router::new(), |router, route| {
        let Route { path, access, fresh, handler, .. } = route;
        let gate = from_fn_with_state(Gate { portal: portal.clone(), access, fresh }, gate);
        router.route(path, handler.layer(gate))
    });
    // From the inside out: foreign sites' forms are refused, failures become pages in the brand of the host.
    pages
        .fallback(|| async { Failure::NotFound })
        .method_not_allowed_fallback(|| async { Failure::NotFound })
        .layer(CsrfLayer::new())
        .layer(from_fn_with_state(portal.clone(), dress))
        .layer(from_fn_with_state(portal.clone(), brand::resolve))
        .layer(from_fn_with_state(portal.clone(), guard_headers))
        .with_state(portal.clone())
        .merge(oauth::endpoints(portal))
}
