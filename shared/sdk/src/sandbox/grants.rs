//! What a sandbox's authorization server has given to whom, and what became of it.

use std::{collections::HashMap, time::Duration};

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use turnpike_core::{Ambient, Digest, Timestamp};

use super::{
    minted::{hex, mint, read_minted},
    token::Grant,
};

/// How long a code may be redeemed.
const CODE_LIFE: Duration = Duration::from_secs(60);

/// Why a token request is refused: status, `error` and `error_description`.
pub(super) type Refused = (StatusCode, &'static str, &'static str);

const ENDED: Refused = (StatusCode::BAD_REQUEST, "invalid_grant", "Token has been expired or revoked.");
const BAD_CODE: Refused = (StatusCode::BAD_REQUEST, "invalid_grant", "Malformed auth code.");

/// What an access token is worth now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenStanding {
    /// It opens.
    Good,
    /// It will, and is not known everywhere yet.
    Settling,
    /// It has ended, or is none of this process.
    Ended,
    /// Its grant was taken back.
    Revoked,
}

/// What the holder of a code must show besides it.
pub(super) enum Proof {
    /// The verifier whose SHA-256 this is.
    Verifier(String),
    /// Nothing: no challenge came with the request.
    Nothing,
    /// A verifier is refused: the vendor serves no PKCE to clients that have a secret.
    NotServed,
}

/// The rules by which grants and tokens live.
pub(super) struct Rules {
    pub(super) rotating: bool,
    /// How long an access token lives.
    pub(super) life: Duration,
    /// How long a grant lives, where it has an end.
    pub(super) grant_life: Option<Duration>,
    /// How long a new access token is not known everywhere yet.
    pub(super) settling: Duration,
}

pub(super) struct Grants {
    pub(super) rules: Rules,
    pub(super) refreshes: u64,
    known: Vec<Held>,
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
}

struct Held {
    first: String,
    present: String,
    spent: Vec<String>,
    choice: String,
    ends: Option<Timestamp>,
    revoked: bool,
}

struct Code {
    redirect_uri: String,
    proof: Proof,
    choice: String,
    ends: Timestamp,
    gave: Option<usize>,
}

#[derive(Clone, Copy)]
struct Access {
    grant: usize,
    issued: Timestamp,
    end: Timestamp,
}

impl Grants {
    /// Knows one grant from the start.
    pub(super) fn new(rules: Rules, first: &str) -> Self {
        let mut grants = Self { rules, refreshes: 0, known: vec![], codes: HashMap::new(), access: HashMap::new() };
        grants.add(first.into(), "", None);
        grants
    }

    /// A code for a person who has just consented.
    pub(super) fn give_code(&mut self, ambient: &Ambient, redirect_uri: &str, proof: Proof, choice: &str) -> String {
        let code = format!("4/sandbox-{}", hex(&ambient.bytes::<16>()));
        let (redirect_uri, choice) = (redirect_uri.into(), choice.into());
        let ends = ambient.now().plus(CODE_LIFE);
        self.codes.insert(code.clone(), Code { redirect_uri, proof, choice, ends, gave: None });
        code
    }

    /// `grant_type=authorization_code`. A code that comes a second time was stolen: what it gave is taken back.
    pub(super) fn redeem(
        &mut self,
        ambient: &Ambient,
        client: &Grant,
        form: &HashMap<String, String>,
    ) -> Result<Value, Refused> {
        let field = |name: &str| form.get(name).map(String::as_str);
        let now = ambient.now();
        let code = field("code").and_then(|code| self.codes.get_mut(code)).ok_or(BAD_CODE)?;
        if let Some(gave) = code.gave {
            self.known[gave].revoked = true;
            return Err(BAD_CODE);
        }
        if code.ends <= now || field("redirect_uri") != Some(&code.redirect_uri) {
            return Err(BAD_CODE);
        }
        match (&code.proof, field("code_verifier")) {
            (Proof::Verifier(challenge), Some(given)) if *challenge == challenge_of(given) => {}
            (Proof::Nothing | Proof::NotServed, None) => {}
            (Proof::NotServed, Some(_)) => {
                return Err((StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed"));
            }
            _ => return Err((StatusCode::BAD_REQUEST, "invalid_grant", "Invalid code verifier.")),
        }
        let at = self.known.len();
        code.gave = Some(at);
        let choice = code.choice.clone();
        let ends = self.rules.grant_life.map(|life| now.plus(life));
        self.add(mint(ambient, &client.refresh_token, &choice), &choice, ends);
        let mut answer = self.give_access(at, ambient, client);
        answer["refresh_token"] = self.known[at].present.clone().into();
        Ok(answer)
    }

    /// `grant_type=refresh_token`. A spent token that comes again was stolen: its grant ends.
    pub(super) fn refresh(&mut self, ambient: &Ambient, client: &Grant, given: &str) -> Result<Value, Refused> {
        if let Some(stolen) = self.known.iter_mut().find(|held| held.spent.iter().any(|spent| spent == given)) {
            stolen.revoked = true;
            return Err(ENDED);
        }
        let at = self.find_or_adopt(ambient, client, given).ok_or(ENDED)?;
        let held = &self.known[at];
        if held.revoked || held.ends.is_some_and(|end| end <= ambient.now()) {
            return Err(ENDED);
        }
        self.refreshes += 1;
        let mut answer = self.give_access(at, ambient, client);
        if self.rules.rotating {
            let held = &mut self.known[at];
            let fresh = format!("{}-{}", held.first, self.refreshes);
            held.spent.push(std::mem::replace(&mut held.present, fresh.clone()));
            answer["refresh_token"] = fresh.into();
        }
        Ok(answer)
    }

    /// Takes back the grant that the token belongs to; false when there is no such token.
    pub(super) fn take_back(&mut self, ambient: &Ambient, client: &Grant, token: &str) -> bool {
        let at = match self.access.get(token) {
            Some(access) => Some(access.grant),
            None => self.find_or_adopt(ambient, client, token),
        };
        let Some(held) = at.map(|at| &mut self.known[at]).filter(|held| !held.revoked) else { return false };
        held.revoked = true;
        true
    }

    pub(super) fn take_all_back(&mut self) {
        self.known.iter_mut().for_each(|held| held.revoked = true);
    }

    pub(super) fn is_any_revoked(&self) -> bool {
        self.known.iter().any(|held| held.revoked)
    }

    pub(super) fn end_all_access(&mut self, now: Timestamp) {
        self.access.values_mut().for_each(|access| access.end = access.end.min(now));
    }

    /// Grants live so long, those given so far from `now` on.
    pub(super) fn set_grant_life(&mut self, life: Duration, now: Timestamp) {
        self.rules.grant_life = Some(life);
        self.known.iter_mut().for_each(|held| held.ends = Some(now.plus(life)));
    }

    pub(super) fn standing(&self, token: &str, now: Timestamp) -> TokenStanding {
        match self.access.get(token) {
            Some(access) if self.known[access.grant].revoked => TokenStanding::Revoked,
            Some(access) if access.end <= now => TokenStanding::Ended,
            Some(access) if now < access.issued.plus(self.rules.settling) => TokenStanding::Settling,
            Some(_) => TokenStanding::Good,
            None => TokenStanding::Ended,
        }
    }

    /// What the person chose who gave the grant of this access token.
    pub(super) fn choice(&self, token: &str) -> &str {
        self.access.get(token).map_or("", |access| &self.known[access.grant].choice)
    }

    fn add(&mut self, token: String, choice: &str, ends: Option<Timestamp>) {
        let (first, choice) = (token.clone(), choice.into());
        self.known.push(Held { first, present: token, spent: vec![], choice, ends, revoked: false });
    }

    /// The grant of this refresh token; one that an earlier process gave lives on, its time begins anew.
    fn find_or_adopt(&mut self, ambient: &Ambient, client: &Grant, token: &str) -> Option<usize> {
        if let Some(at) = self.known.iter().position(|held| held.present == token) {
            return Some(at);
        }
        let given_here = self.known.iter().any(|held| held.first == token);
        let choice = read_minted(&client.refresh_token, token).filter(|_| !given_here)?;
        let ends = self.rules.grant_life.map(|life| ambient.now().plus(life));
        self.add(token.into(), choice, ends);
        Some(self.known.len() - 1)
    }

    /// A new access token, in the words of an answer. Where grants have an end, and as LinkedIn does, it gives the refresh
    /// token again, says how long that has left, and does not name the token type.
    fn give_access(&mut self, grant: usize, ambient: &Ambient, client: &Grant) -> Value {
        let (token, issued) = (format!("{}{}", client.access_prefix, hex(&ambient.bytes::<20>())), ambient.now());
        let held = &self.known[grant];
        let left = held.ends.map(|end| end.since(issued));
        let life = left.unwrap_or(self.rules.life).min(self.rules.life);
        let mut answer = json!({ "access_token": token, "expires_in": life.as_secs(), "scope": client.scope });
        match left {
            None => answer["token_type"] = "Bearer".into(),
            Some(left) => {
                answer["refresh_token"] = held.present.clone().into();
                answer["refresh_token_expires_in"] = left.as_secs().into();
            }
        }
        self.access.insert(token, Access { grant, issued, end: issued.plus(life) });
        answer
    }
}

/// RFC 7636, `S256`.
fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Digest::of(verifier.as_bytes()).as_bytes())
}
