//! A person with a browser that has no eyes: it keeps cookies, fills in forms and reads mails.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use reqwest::{
    Method, StatusCode,
    header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE},
    redirect::Policy,
};
use turnpike_core::{PersonId, Role, TenantId};
use turnpike_store::Person;

use crate::app::TestApp;

/// The password of everybody here.
pub const PASSWORD: &str = "canary password of tests";

/// Somebody who looks at pages.
pub struct Visitor {
    client: reqwest::Client,
    url: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What a page answered.
#[derive(Debug)]
pub struct Seen {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its text.
    pub text: String,
}

impl Seen {
    /// Where it sends the visitor on, as a path of ours or a whole address.
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// The page's text without its tags.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for part in self.text.split('<').skip(1) {
            words.push_str(part.split_once('>').map_or("", |(_, text)| text));
        }
        words
    }
}

impl Visitor {
    /// Nobody yet.
    pub fn new(url: &str) -> Self {
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { client, url: url.to_owned(), cookies: Mutex::default() }
    }

    /// Asks for a page.
    pub async fn get(&self, path: &str) -> Seen {
        self.send(Method::GET, path, None).await
    }

    /// Asks for a page that must be there.
    pub async fn look(&self, path: &str) -> Seen {
        let seen = self.get(path).await;
        assert_eq!(seen.status, StatusCode::OK, "{path}: {}", seen.words());
        seen
    }

    /// Sends a form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        self.send(Method::POST, path, Some(fields)).await
    }

    /// Sends a form that must be taken; the path that follows.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let seen = self.post(path, fields).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{path}: {}", seen.words());
        seen.location().to_owned()
    }

    /// Sends a request with the visitor's cookies and keeps those that come back.
    pub async fn send(&self, method: Method, path: &str, fields: Option<&[(&str, &str)]>) -> Seen {
        let url = if path.starts_with('/') { format!("{}{path}", self.url) } else { path.to_owned() };
        let mut request = self.client.request(method, url).header(COOKIE, self.cookie());
        if let Some(fields) = fields {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        self.keep(&headers);
        Seen { status, headers, text: String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned() }
    }

    /// The `Cookie` header.
    pub fn cookie(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap();
        for header in headers.get_all(SET_COOKIE) {
            let (pair, rest) = header.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A mail in the outbox.
#[derive(Debug, Clone)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// All of it.
    pub text: String,
}

impl Mail {
    /// The path of the link to this service that stands in it.
    pub fn link(&self, url: &str) -> String {
        let line = self.text.lines().find(|line| line.starts_with(url));
        line.unwrap_or_else(|| panic!("no link in {}", self.text))[url.len()..].to_owned()
    }
}

impl TestApp {
    /// Nobody yet, with a browser.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// All mails that have left, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        let Ok(entries) = std::fs::read_dir(self.folder().join("outbox")) else { return vec![] };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        paths.sort();
        let read = |path| {
            let text = std::fs::read_to_string(path).unwrap();
            let to = text.lines().find_map(|line| line.strip_prefix("To: ")).unwrap().to_owned();
            Mail { to, text }
        };
        paths.into_iter().map(read).collect()
    }

    /// The `count`th mail to an address, once it has left.
    pub async fn mail_to(&self, email: &str, count: usize) -> Mail {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let mails: Vec<_> = self.mails().into_iter().filter(|mail| mail.to == email).collect();
            if let Some(mail) = mails.get(count - 1) {
                return mail.clone();
            }
            assert!(Instant::now() < until, "no mail {count} to {email}");
            tokio::task::yield_now().await;
        }
    }

    /// Signs up as the owner of a new organisation, by the pages and the mail.
    pub async fn sign_up(&self, organisation: &str, email: &str) -> (Visitor, TenantId) {
        let visitor = self.visitor();
        let form = [("organisation", organisation), ("name", "Owner"), ("email", email), ("password", PASSWORD)];
        assert_eq!(visitor.submit("/sign-up", &form).await, "/check-mail");
        let link = self.mail_to(email, 1).await.link(&self.url);
        visitor.look(&link).await;
        assert_eq!(visitor.submit(&link, &[]).await, "/start");
        let person = self.store().system().find_person_by_email(email).await.unwrap().unwrap();
        let memberships = self.store().system().list_memberships(person.id).await.unwrap();
        (visitor, memberships[0].tenant_id)
    }

    /// Somebody of a tenant: who, and with which address.
    pub async fn add_member(&self, tenant: TenantId, role: Role) -> (PersonId, String) {
        let ambient = &self.operator.ambient;
        let id: PersonId = ambient.id();
        let person = Person {
            id,
            email: format!("{id}@example.com"),
            name: format!("The {role}"),
            password_hash: None,
            oidc_subject: None,
            staff: false,
            created_at: ambient.now(),
        };
        self.store().system().insert_person(&person).await.unwrap();
        self.store().tenant(tenant).insert_member(id, role, ambient.now()).await.unwrap();
        (id, person.email)
    }

    /// Somebody of a tenant, signed in.
    pub async fn member(&self, tenant: TenantId, role: Role) -> (Visitor, PersonId) {
        let (id, email) = self.add_member(tenant, role).await;
        let visitor = self.visitor();
        visitor.submit("/sign-in/link", &[("email", &email)]).await;
        let link = self.mail_to(&email, 1).await.link(&self.url);
        assert_eq!(visitor.submit(&link, &[]).await, "/home");
        (visitor, id)
    }

    /// The path that signs one of the agency's staff in.
    pub async fn staff_link(&self) -> String {
        let (store, ambient) = (self.store(), &self.operator.ambient);
        turnpike_portal::add_staff(store, ambient, "staff@example.com", "Staff").await.unwrap()
    }

    /// One of the agency's staff, signed in.
    pub async fn staff(&self) -> Visitor {
        let visitor = self.visitor();
        assert_eq!(visitor.submit(&self.staff_link().await, &[]).await, "/console");
        visitor
    }
}
