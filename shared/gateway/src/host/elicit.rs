//! A call that waits for a person, told in the way that the client can show: as a page that it offers to open (URL-mode
//! elicitation), where it says that it can, else as text for the agent to pass on.
//!
//! Never as a form: what a vendor gives a person is a secret, and goes from their browser to the portal, past the agent.

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolResponse, CallToolResult, ElicitRequest, ElicitRequestParams, ErrorCode, InputRequest, InputRequests,
        InputRequiredResult, InputResponses, ProtocolVersion,
    },
    service::RequestContext,
};
use serde_json::json;
use turnpike_core::CallId;

use crate::pipeline::Errand;

/// `URLElicitationRequiredError`: of 2025-11-25 only, a later revision forbids it.
const URL_ELICITATION_REQUIRED: ErrorCode = ErrorCode(-32_042);
/// The name of the one question that is ever asked.
const QUESTION: &str = "connect";

/// What a client can do with an errand.
pub(super) enum Telling {
    /// 2026-07-28: the call is answered by a question, and the client calls again with what came of it.
    Question,
    /// 2025-11-25: an error that carries the page.
    Error,
    /// Everybody else reads the refusal.
    Text,
}

impl Telling {
    /// How this client is told.
    ///
    /// `elicitation: {}` stands for forms alone, so it is not enough. A client of 2025-11-25 says what it can do when it
    /// connects; over HTTP that is another request than the call, and as nothing is kept between requests it is told by
    /// text there. Standard input and output are one connection, where it is known.
    ///
    /// An answered question is not asked again, whatever the answer was: who did not connect, or did not want to, is told
    /// once more in the agent's words rather than by the same window, for ever.
    pub(super) fn to(context: &RequestContext<RoleServer>, answers: Option<&InputResponses>) -> Self {
        let can = context.client_capabilities().and_then(|client| client.elicitation);
        if can.is_none_or(|modes| modes.url.is_none()) {
            return Self::Text;
        }
        let asked = answers.is_some_and(|given| given.contains_key(QUESTION));
        match context.protocol_version() {
            Some(version) if version == ProtocolVersion::V_2026_07_28 && !asked => Self::Question,
            Some(version) if version == ProtocolVersion::V_2025_11_25 => Self::Error,
            _ => Self::Text,
        }
    }

    /// The answer to the call. `refused` is the same as text.
    ///
    /// There is no `requestState`, because there is nothing to remember: the call that comes next is a call like any other,
    /// limited, recorded and priced as one, and the database knows whether the integration is connected by then. What the
    /// person answered decides nothing but whether they are asked again, so it needs no proof either.
    pub(super) fn tell(
        self,
        errand: Errand,
        call: CallId,
        refused: CallToolResult,
    ) -> Result<CallToolResponse, ErrorData> {
        let Errand { url, message, .. } = errand;
        // Names the question in 2025-11-25. The later revision has dropped it, rmcp 3.9 writes it all the same, and a client
        // leaves alone what it does not know.
        let elicitation_id = call.to_string();
        match self {
            Self::Text => Ok(refused.into()),
            Self::Question => {
                let page = ElicitRequestParams::UrlElicitationParams { meta: None, message, url, elicitation_id };
                let question = InputRequest::Elicitation(ElicitRequest::new(page));
                let mut result =
                    InputRequiredResult::from_input_requests(InputRequests::from([(QUESTION.to_owned(), question)]));
                result.meta = refused.meta;
                Ok(result.into())
            }
            Self::Error => {
                let page = json!({ "mode": "url", "elicitationId": elicitation_id, "url": url, "message": message });
                let data = json!({ "elicitations": [page], "call_id": call });
                Err(ErrorData::new(URL_ELICITATION_REQUIRED, message, Some(data)))
            }
        }
    }
}
