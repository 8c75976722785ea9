//! What to do about an agent's attempt that failed.

use turnpike_store::ConnectAttempt;

/// A whole sentence or two; empty where nothing went wrong.
pub(super) fn what_to_do(attempt: &ConnectAttempt) -> &'static str {
    let Some(error) = attempt.error.as_deref() else { return "" };
    match (attempt.step.as_str(), error) {
        (_, "invalid_redirect_uri") => {
            "The program wants to be answered at an address that is not allowed here. Tell your service provider, who can allow it (setting oauth.app_redirects)."
        }
        (_, "invalid_client_metadata") => "Update the program; if that does not help, tell whoever makes it.",
        (_, "invalid_target") => "Paste the server's URL into the program exactly as it stands on the page Agents.",
        (_, "invalid_scope") => "Remove the server from the program and add it again, so that it asks anew.",
        (_, "interaction_required") => "Begin again in the program, and agree on the page that opens.",
        (_, "access_denied") => "Somebody pressed \"Do not allow\". Begin again in the program, and allow it.",
        (_, "invalid_client") => {
            "The program uses an id that is not known here any more. Remove the server from it and add it again, so that it registers anew."
        }
        (_, "invalid_grant") => {
            "Its access was taken back, was used twice, or has ended. Connect again in the program; a person agrees once more."
        }
        (_, "server_error" | "temporarily_unavailable") => "Try again in a minute.",
        ("authorization", "invalid_request") => {
            "Remove the server from the program and add it again. If that does not help, update the program or tell whoever makes it."
        }
        _ => "Update the program and begin again; if that does not help, tell whoever makes it.",
    }
}
