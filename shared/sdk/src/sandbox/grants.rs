//! What a sandbox's authorization server has given to whom, and what became of it.
//!
//! Each process of a deployment has its own. What another has given is known by what stands in it: a code or a token is good
//! wherever it comes to. That it was used, or taken back, only the process knows where that was done.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use turnpike_core::{Ambient, Digest, Timestamp};

use super::{
    minted::{hex, mint, read_minted, unhex},
    token::Grant,
};

/// What codes begin with.
const CODE: &str = "4/sandbox";
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
    /// It has ended, or is none.
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
    /// Whether the first grant's refresh token begins another grant each time.
    pub(super) first_is_shared: bool,
    /// How long an access token lives.
    pub(super) life: Duration,
    /// Whether answers tell it.
    pub(super) told: bool,
    /// How long a grant lives, where it has an end.
    pub(super) grant_life: Option<Duration>,
    /// How long a new access token is not known everywhere yet.
    pub(super) settling: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        let (grant_life, life, settling) = (None, Duration::ZERO, Duration::ZERO);
        Self { rotating: false, first_is_shared: false, life, told: true, grant_life, settling }
    }
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
        let (redirect_uri, choice) = (redirect_uri.into(), choice.into());
        let given = Code { redirect_uri, proof, choice, ends: ambient.now().plus(CODE_LIFE), gave: None };
        let code = mint(ambient, CODE, &given.to_note());
        self.codes.insert(code.clone(), given);
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
        let (now, given) = (ambient.now(), field("code").unwrap_or_default());
        let code = match self.codes.entry(given.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Code::read(given).ok_or(BAD_CODE)?),
        };
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
        let mut at = self.find_or_adopt(ambient, client, given).ok_or(ENDED)?;
        let held = &self.known[at];
        if held.revoked || held.ends.is_some_and(|end| end <= ambient.now()) {
            return Err(ENDED);
        }
        self.refreshes += 1;
        if self.rules.first_is_shared && given == client.refresh_token {
            let (choice, ends) = (held.choice.clone(), held.ends);
            at = self.known.len();
            self.add(mint(ambient, &client.refresh_token, &choice), &choice, ends);
        }
        let mut answer = self.give_access(at, ambient, client);
        if self.rules.rotating {
            let held = &mut self.known[at];
            let fresh = mint(ambient, &client.refresh_token, &held.choice);
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

    pub(super) fn standing(&self, client: &Grant, token: &str, now: Timestamp) -> TokenStanding {
        let known = self.access.get(token);
        if known.is_some_and(|access| self.known[access.grant].revoked) {
            return TokenStanding::Revoked;
        }
        let life = known.map(|access| (access.issued, access.end)).or_else(|| {
            let (_, issued, end) = read_access(client, token)?;
            Some((issued, end))
        });
        match life {
            Some((_, end)) if end <= now => TokenStanding::Ended,
            Some((issued, _)) if now < issued.plus(self.rules.settling) => TokenStanding::Settling,
            Some(_) => TokenStanding::Good,
            None => TokenStanding::Ended,
        }
    }

    /// What the person chose who gave the grant of this access token.
    pub(super) fn choice<'a>(&'a self, client: &Grant, token: &'a str) -> &'a str {
        match self.access.get(token) {
            Some(access) => &self.known[access.grant].choice,
            None => read_access(client, token).map_or("", |(choice, ..)| choice),
        }
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
        let spent_here = self.known.iter().any(|held| held.spent.iter().any(|spent| spent == token));
        let choice = read_minted(&client.refresh_token, token).filter(|_| !given_here && !spent_here)?;
        let ends = self.rules.grant_life.map(|life| ambient.now().plus(life));
        self.add(token.into(), choice, ends);
        Some(self.known.len() - 1)
    }

    /// A new access token, in the words of an answer. Where grants have an end, and as LinkedIn does, it gives the refresh
    /// token again, says how long that has left, and does not name the token type.
    fn give_access(&mut self, grant: usize, ambient: &Ambient, client: &Grant) -> Value {
        let (held, issued) = (&self.known[grant], ambient.now());
        let left = held.ends.map(|end| end.since(issued));
        let life = left.unwrap_or(self.rules.life).min(self.rules.life);
        let note = format!("{}.{}.{}", held.choice, issued.micros(), issued.plus(life).micros());
        let token = mint(ambient, client.access_prefix, &note);
        let mut answer = json!({ "access_token": token, "expires_in": life.as_secs(), "scope": client.scope });
        match left {
            None => answer["token_type"] = "Bearer".into(),
            Some(left) => {
                answer["refresh_token"] = held.present.clone().into();
                answer["refresh_token_expires_in"] = left.as_secs().into();
            }
        }
        if !self.rules.told {
            answer.as_object_mut().map(|answer| answer.remove("expires_in"));
        }
        self.access.insert(token, Access { grant, issued, end: issued.plus(life) });
        answer
    }
}

/// What was chosen for an access token that any process has given, when it was given and when it ends.
fn read_access<'t>(client: &Grant, token: &'t str) -> Option<(&'t str, Timestamp, Timestamp)> {
    let mut parts = read_minted(client.access_prefix, token)?.rsplitn(3, '.');
    let mut instant = || Some(Timestamp::from_micros(parts.next()?.parse().ok()?));
    let (end, issued) = (instant()?, instant()?);
    Some((parts.next()?, issued, end))
}

impl Code {
    /// What stands in the code itself.
    fn to_note(&self) -> String {
        let (proof, challenge) = match &self.proof {
            Proof::Verifier(challenge) => ("verifier", challenge.as_str()),
            Proof::Nothing => ("nothing", ""),
            Proof::NotServed => ("not served", ""),
        };
        let all = json!([self.redirect_uri, proof, challenge, self.choice, self.ends.micros()]);
        hex(all.to_string().as_bytes())
    }

    /// A code that any process has given.
    fn read(code: &str) -> Option<Self> {
        let note = unhex(read_minted(CODE, code)?)?;
        let (redirect_uri, proof, challenge, choice, ends): (String, String, String, String, i64) =
            serde_json::from_slice(&note).ok()?;
        let proof = match proof.as_str() {
            "verifier" => Proof::Verifier(challenge),
            "nothing" => Proof::Nothing,
            _ => Proof::NotServed,
        };
        Some(Self { redirect_uri, proof, choice, ends: Timestamp::from_micros(ends), gave: None })
    }
}

/// RFC 7636, `S256`.
fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Digest::of(verifier.as_bytes()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_process_gives_is_good_at_the_others() {
        let client = Grant {
            client_id: "client".into(),
            client_secret: "secret".into(),
            refresh_token: "1//sandbox".into(),
            scope: "all".into(),
            access_prefix: "ya29.",
        };
        let life = Duration::from_secs(60);
        let rules = || Rules { rotating: true, life, ..Rules::default() };
        let ambient = Ambient::system();
        let [mut one, mut other, third] = [(); 3].map(|()| Grants::new(rules(), &client.refresh_token));
        let code = one.give_code(&ambient, "https://host/callback", Proof::Nothing, "eu");
        let form = |code: &str| {
            let fields = [("code", code), ("redirect_uri", "https://host/callback")];
            fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect()
        };
        let answer = other.redeem(&ambient, &client, &form(&code)).unwrap();
        assert!(other.redeem(&ambient, &client, &form(&code)).is_err(), "a code is good once");
        assert!(other.redeem(&ambient, &client, &form(&format!("{code}0"))).is_err());

        let (token, now) = (answer["access_token"].as_str().unwrap(), ambient.now());
        assert_eq!((third.standing(&client, token, now), third.choice(&client, token)), (TokenStanding::Good, "eu"));
        assert_eq!(third.standing(&client, token, now.plus(Duration::from_secs(61))), TokenStanding::Ended);
        assert_eq!(third.standing(&client, &format!("{token}0"), now), TokenStanding::Ended);
        let rotated = one.refresh(&ambient, &client, answer["refresh_token"].as_str().unwrap()).unwrap();
        one.rules.first_is_shared = true;
        let [first, second] = [(); 2].map(|()| one.refresh(&ambient, &client, "1//sandbox").unwrap());
        assert_ne!(first["refresh_token"], second["refresh_token"], "each has a grant of their own");
        other.rules.told = false;
        let untold = other.refresh(&ambient, &client, rotated["refresh_token"].as_str().unwrap()).unwrap();
        assert_eq!((rotated["expires_in"].as_u64(), untold.get("expires_in")), (Some(60), None));
    }
}
