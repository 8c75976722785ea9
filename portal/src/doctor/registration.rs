//! Step 4: how a program makes itself known. The doctor's own does it really, and is one row however often it comes.

use serde_json::{Value, json};

use super::{
    Doctor, NAME, REDIRECT,
    agent::send,
    discovery::Described,
    report::{Outcome, Problem},
};

impl Doctor<'_> {
    /// The client id of the doctor's program.
    pub(super) async fn register(&self, server: &Described) -> Outcome<String> {
        let own = self.own_client().await?;
        let Some(endpoint) = &server.register else {
            let seen = "Programs with a metadata document are let in. Self-registration is switched off here: a program that can do nothing else must be registered by your service provider.";
            return Ok((own, seen.into()));
        };
        let request = self.client.post(endpoint).header("content-type", "application/json");
        let answer = send(request.body(introduction().to_string())).await?;
        let given = answer.object().filter(|_| answer.status.as_u16() == 201);
        match given.as_ref().and_then(|given| given["client_id"].as_str()) {
            None => Err(answer.unexpected("A registration must be answered with 201")),
            // Had it been another one, a code would now go to strangers.
            Some(other) if other != own => Err(Problem::new(
                "The program was registered by another deployment: it does not have the id that it has here.",
                "Tell your service provider: the public address (setting server.public_url) leads to another deployment, or the servers behind it do not share one database.",
            )),
            Some(_) => {
                Ok((own, "Programs can register themselves, or come with a metadata document. One has done so.".into()))
            }
        }
    }

    /// The same program without HTTP: where self-registration is off, and to see that it is the same.
    async fn own_client(&self) -> Result<String, Problem> {
        let answer = self.portal.oauth.register(&introduction()).await.map_err(Problem::ours)?;
        let answer = answer.map_err(Problem::ours)?;
        answer["client_id"].as_str().map(str::to_owned).ok_or_else(|| Problem::ours("a registration has no client id"))
    }
}

fn introduction() -> Value {
    json!({
        "client_name": NAME, "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
    })
}
