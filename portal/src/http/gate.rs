//! The gate before each page: who is signed in, whom they look at, and whether they may.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, Method, Uri, header};
use turnpike_core::{Role, Timestamp};

use super::{Cookies, Failure, cookie, local_path};
use crate::{Member, Permission, Portal, SignedIn, Staff};

/// Whom a route lets in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Everybody.
    Anyone,
    /// Who is signed in.
    SignedIn,
    /// Members of the tenant looked at, with this permission, and staff on a visit as far as an auditor may.
    Tenant(Permission),
    /// The agency's staff.
    Staff,
}

/// Stands before one page.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) portal: Portal,
    /// Whom it lets in.
    pub(crate) access: Access,
    /// Whether they must have proved lately who they are.
    pub(crate) fresh: bool,
}

/// A session's use is written down when the last note is older than this.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// Lets a request through with who is behind it, or turns it away.
pub(crate) async fn gate(State(gate): State<Gate>, mut request: Request, next: Next) -> Result<Response, Failure> {
    let Gate { portal, access, fresh } = gate;
    let here = return_to(request.method(), request.uri(), request.headers());
    let signed_in = signed_in(&portal, request.headers()).await?;
    let now = portal.ambient.now();
    match (access, signed_in) {
        (Access::Anyone, None) => {}
        (_, None) => return Err(Failure::SignIn { return_to: here }),
        (access, Some(signed_in)) => {
            if fresh && !is_confirmed(&portal, &signed_in, now) {
                return Err(Failure::Confirm { return_to: here });
            }
            if let Access::Tenant(permission) = access {
                request.extensions_mut().insert(member(&portal, &signed_in, permission, now).await?);
            }
            if signed_in.person.staff {
                let SignedIn { person, session, .. } = signed_in.clone();
                request.extensions_mut().insert(Staff { person, session });
            } else if access == Access::Staff {
                // As if there were no console.
                return Err(Failure::NotFound);
            }
            request.extensions_mut().insert(signed_in);
        }
    }
    Ok(next.run(request).await)
}

/// Who holds the session of the cookie.
async fn signed_in(portal: &Portal, headers: &HeaderMap) -> Result<Option<SignedIn>, Failure> {
    let Some(secret) = portal.cookies.read(headers, Cookies::SESSION) else { return Ok(None) };
    let (system, now) = (portal.store.system(), portal.ambient.now());
    let idle_since = now.minus(portal.idle());
    let found = system.find_session(&cookie::hash(Cookies::SESSION, &secret), idle_since, now).await?;
    let Some(session) = found else { return Ok(None) };
    let Some(person) = system.find_person(session.person_id).await? else { return Ok(None) };
    if session.seen_at.plus(NOTED_EVERY) < now {
        system.touch_session(session.id, now).await?;
    }
    let memberships = system.list_memberships(person.id).await?;
    Ok(Some(SignedIn { person, session, memberships }))
}

/// As whom the person looks at the tenant that the session names.
async fn member(
    portal: &Portal,
    signed_in: &SignedIn,
    permission: Permission,
    now: Timestamp,
) -> Result<Member, Failure> {
    let nobody = || Failure::SignIn { return_to: "/organisations".into() };
    let SignedIn { person, session, memberships } = signed_in.clone();
    let id = session.acting_for.ok_or_else(nobody)?;
    let own = memberships.iter().find(|membership| membership.tenant_id == id).map(|membership| membership.role);
    let visit = match own {
        None if person.staff => portal.store.system().find_visit(person.id, id, now).await?,
        _ => None,
    };
    let role = own.or(visit.as_ref().map(|_| Role::Auditor)).ok_or_else(nobody)?;
    let tenant = portal.store.tenant(id).get().await?;
    let member = Member { person, session, tenant, role, visit };
    if member.tenant.deleted_at.is_some() {
        return Err(nobody());
    }
    if member.may(permission) { Ok(member) } else { Err(Failure::Forbidden) }
}

fn is_confirmed(portal: &Portal, signed_in: &SignedIn, now: Timestamp) -> bool {
    let minutes = u64::from(portal.settings.portal.confirm_minutes);
    signed_in.session.confirmed_at.plus(Duration::from_secs(60 * minutes)) > now
}

/// Where to go on once the person is known: to this page, or to the one whose form was sent.
fn return_to(method: &Method, uri: &Uri, headers: &HeaderMap) -> String {
    if method == Method::GET {
        return uri.path_and_query().map_or("/", |path| local_path(path.as_str())).to_owned();
    }
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let path = referer.and_then(|text| url::Url::parse(text).ok()).map(|url| url.path().to_owned());
    local_path(path.as_deref().unwrap_or("/")).to_owned()
}
