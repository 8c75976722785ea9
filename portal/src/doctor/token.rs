//! Steps 6 and 7: the code for a token, and the token for an answer. Neither goes anywhere but to the public address.

use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded;

use super::{
    Doctor, REDIRECT,
    agent::{Answer, send},
    consent::Agreed,
    discovery::Described,
    report::{Outcome, Problem},
};

impl Doctor<'_> {
    pub(super) async fn redeem(&self, server: &Described, client_id: &str, agreed: &Agreed) -> Outcome<SecretString> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", REDIRECT)
            .append_pair("resource", &self.resource.url)
            .append_pair("code", agreed.code.expose_secret())
            .append_pair("code_verifier", agreed.verifier.expose_secret())
            .finish();
        let request = self.client.post(&server.token).header("content-type", "application/x-www-form-urlencoded");
        let answer = send(request.body(form)).await?;
        let given = answer.object().filter(|_| answer.status.as_u16() == 200);
        let Some(token) = given.as_ref().and_then(|given| given["access_token"].as_str()) else {
            return Err(refused(&answer));
        };
        Ok((token.to_owned().into(), "The code was exchanged for an access token of a few minutes.".into()))
    }

    pub(super) async fn call(&self, token: &SecretString) -> Outcome<()> {
        let answer = send(self.list_tools(Some(token))).await?;
        if answer.status.as_u16() == 401 && answer.challenged("error").is_none() {
            let seen = "The call was refused as if it had no credential: the header Authorization does not arrive.";
            let to_do = "Tell your service provider: a proxy in between takes the header Authorization away.";
            return Err(Problem::new(seen, to_do));
        }
        let given = answer.object().filter(|_| answer.status.as_u16() == 200);
        match given.as_ref().and_then(|given| given["result"]["tools"].as_array()) {
            None => Err(answer.unexpected("The first call (tools/list) must be answered with the list of tools")),
            Some(tools) => Ok(((), format!("The server lists {} tools for you.", tools.len()))),
        }
    }
}

/// Only the error's code, which has a known shape, is repeated.
fn refused(answer: &Answer) -> Problem {
    let told = answer.object().and_then(|told| told["error"].as_str().map(str::to_owned));
    let code =
        told.filter(|code| code.len() <= 30 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    let Some(code) = code else { return answer.unexpected("The code must be exchanged for a token") };
    let to_do = match &*code {
        "server_error" | "temporarily_unavailable" => {
            "Try again in a minute; tell your service provider if it stays so."
        }
        _ => {
            "Tell your service provider: something in between changes requests, or the servers behind the public address \
             do not share one database."
        }
    };
    Problem::new(format!("The code was not exchanged: {code}."), to_do)
}
