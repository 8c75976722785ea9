//! Steps 1 to 3: from the pasted URL to the authorization server's own description.

use serde_json::Value;

use super::{
    Doctor,
    agent::{clean, send},
    report::{Outcome, Problem},
};

/// What a wrong document mostly means.
const CHANGED: &str = "Tell your service provider: the public address (setting server.public_url) is not the one that agents \
                       reach, or a proxy in between changes what goes through.";

/// What the authorization server says of itself, as far as the next steps go by it.
pub(super) struct Described {
    pub(super) authorize: String,
    pub(super) token: String,
    pub(super) register: Option<String>,
}

impl Doctor<'_> {
    /// Without a credential the answer is 401, with the place where to read on.
    pub(super) async fn challenge(&self) -> Outcome<String> {
        let answer = send(self.list_tools(None)).await?;
        if answer.status.as_u16() != 401 {
            return Err(answer.unexpected("A call without a credential must be refused with 401"));
        }
        let expected = format!("{}/.well-known/oauth-protected-resource{}", self.portal.public_url, self.path());
        match answer.challenged("resource_metadata") {
            Some(named) if named == expected => {
                Ok((expected, "A call without a credential is refused, and told where to read on.".into()))
            }
            Some(named) => {
                let seen = format!("The refusal sends agents to {} and not to {expected}.", clean(named));
                Err(Problem::new(seen, CHANGED))
            }
            None => {
                let seen = "A call without a credential is refused, but the header WWW-Authenticate that says where to read on does not arrive.";
                Err(Problem::new(seen, CHANGED))
            }
        }
    }

    /// RFC 9728: the URL as it was pasted, letter for letter, and who lets agents in.
    pub(super) async fn read_resource(&self, at: &str) -> Outcome<()> {
        let document = self.document(at).await?;
        same(&document["resource"], &self.resource.url, "resource")?;
        same(&document["authorization_servers"][0], self.portal.oauth.issuer(), "authorization_servers")?;
        Ok(((), format!("The server calls itself {}, as agents do, and names who lets them in.", self.resource.url)))
    }

    /// RFC 8414.
    pub(super) async fn read_server(&self) -> Outcome<Described> {
        let issuer = self.portal.oauth.issuer();
        let document = self.document(&format!("{issuer}/.well-known/oauth-authorization-server")).await?;
        same(&document["issuer"], issuer, "issuer")?;
        let methods = document["code_challenge_methods_supported"].as_array();
        if !methods.is_some_and(|methods| methods.iter().any(|method| method == "S256")) {
            return Err(Problem::new("It does not offer PKCE with S256, which agents insist on.", CHANGED));
        }
        let authorize = self.endpoint(&document, "authorization_endpoint")?;
        let token = self.endpoint(&document, "token_endpoint")?;
        let register = match &document["registration_endpoint"] {
            Value::Null => None,
            _ => Some(self.endpoint(&document, "registration_endpoint")?),
        };
        let seen =
            "Its name is right letter for letter, it offers PKCE with S256, and its addresses are on the same site.";
        Ok((Described { authorize, token, register }, seen.into()))
    }

    async fn document(&self, at: &str) -> Result<Value, Problem> {
        let answer = send(self.client.get(at)).await?;
        let due = || answer.unexpected(&format!("{at} must be a JSON document"));
        answer.object().filter(|_| answer.status.as_u16() == 200).ok_or_else(due)
    }

    /// An address on our own site: the next request carries a code, and goes nowhere else.
    fn endpoint(&self, document: &Value, name: &str) -> Result<String, Problem> {
        let named = document[name].as_str().unwrap_or_default();
        if named.starts_with(&format!("{}/", self.portal.public_url)) {
            return Ok(named.to_owned());
        }
        let seen = format!("Its {name} is \"{}\", which is not below {}.", clean(named), self.portal.public_url);
        Err(Problem::new(seen, CHANGED))
    }
}

/// Clients compare letter for letter.
fn same(found: &Value, expected: &str, name: &str) -> Result<(), Problem> {
    match found.as_str() {
        Some(found) if found == expected => Ok(()),
        found => {
            let found = found.map_or_else(|| "missing".to_owned(), |found| format!("\"{}\"", clean(found)));
            Err(Problem::new(format!("Its {name} is {found} and must be \"{expected}\", letter for letter."), CHANGED))
        }
    }
}
