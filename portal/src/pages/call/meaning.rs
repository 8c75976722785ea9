//! What the words of the ledger mean, and what to do.

use turnpike_core::Outcome;

/// What an outcome says.
pub(super) const fn of_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "The vendor did the work, and the answer was given.",
        Outcome::Pending => "The work took longer than a call may. `get_job` fetches its result.",
        Outcome::Cached => "An answer was given that was kept from an earlier call of the same.",
        Outcome::Stale => "The vendor could not be asked, so an earlier answer was given and marked as such.",
        Outcome::Replayed => "This was done before: the same answer was given again, and nothing was sent.",
        Outcome::DryRun => "A preview of a change: it was checked, and nothing was changed.",
        Outcome::Sandbox => "The simulated vendor answered.",
        Outcome::CallerFault => "The call could not be done as it was asked for.",
        Outcome::SwitchedOff => "This was switched off when it was called.",
        Outcome::Throttled => "A limit was reached, and the call had to wait.",
        Outcome::BreakerOpen => "The vendor had been failing, so it was left alone for a while.",
        Outcome::UpstreamFault => "The vendor failed.",
        Outcome::OurFault => "The service failed.",
    }
}

/// Why an outcome costs its share of the list price.
pub(super) const fn why_so_much(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "the work was done",
        Outcome::Pending => "whoever fetches the result pays, once",
        Outcome::Cached => "the answer was kept from an earlier call",
        Outcome::Stale => "the answer is an earlier one",
        Outcome::Replayed => "nothing was done a second time",
        Outcome::DryRun => "it was a preview",
        Outcome::Sandbox => "it was a sandbox",
        Outcome::CallerFault
        | Outcome::SwitchedOff
        | Outcome::Throttled
        | Outcome::BreakerOpen
        | Outcome::UpstreamFault
        | Outcome::OurFault => "it was not done",
    }
}

/// What a class of failure says, and what to do about it.
pub(super) fn of_class(class: &str) -> (&'static str, &'static str) {
    let next = "Wait until the time that the agent was told, then call again.";
    let arguments = "The agent was told what is wrong. It mends the arguments and calls again.";
    match class {
        "suspended" => ("The organisation was suspended.", "Ask support why."),
        "switched_off" | "switches_unreadable" => ("It was switched off.", "Ask support when it will be back."),
        "subscription_needed" => {
            ("The organisation has no subscription that serves.", "Choose a plan, on the page of billing.")
        }
        "payment_needed" => ("A payment is missing.", "Pay, on the page of billing; everything goes on at once."),
        "read_only" => {
            ("A payment is missing, so tools only read.", "Pay, on the page of billing; everything goes on at once.")
        }
        "subscription_paused" => ("The subscription is paused.", "Resume it, on the page of billing."),
        "limits_unreadable" => ("The service could not tell whether a limit was reached.", "Try again in a minute."),
        "subscription_unreadable" => ("The service could not tell what was subscribed to.", "Try again in a minute."),
        "quota_exhausted" => (
            "The units that the plan or your own cap allows are used up.",
            "Wait for the next period, or change plan or cap on the page of billing.",
        ),
        "insufficient_scope" => ("The key may not do this.", "Make a key that may, on the page of agents."),
        "role_too_low" | "tool_forbidden" => {
            ("Your organisation asks for a higher role to use this tool.", "Leave it to somebody of that role.")
        }
        "group_missing" => (
            "Your organisation keeps this tool to a group.",
            "Leave it to a member of that group, or join it on the page of the team.",
        ),
        "test_key" => ("The key is for sandboxes only.", "Make a key that reaches real accounts."),
        "rate_limited" | "too_many_at_once" | "too_many_jobs" => ("Too many calls came at once.", next),
        "rate_storm" => ("The vendor asked to slow down.", next),
        "quota_daily" => ("The vendor's allowance is used up.", next),
        "breaker_open" => ("The vendor was left alone because it had failed.", next),
        "not_connected" => ("No account is connected.", "Connect one, on the page of connections."),
        "connection_disabled" => ("The account is disconnected.", "Connect it again, on the page of connections."),
        "reconnect_needed" => ("The vendor no longer accepts the grant.", "Connect again, on the page of connections."),
        "unknown_account" => ("Agents may not use this account.", "Choose it on the connection's page if they may."),
        "permission" => {
            ("Who connected the account may not do this at the vendor.", "Ask the account's owner for access.")
        }
        "invalid_argument" | "bad_request" | "refused" => ("The arguments could not be used.", arguments),
        "too_large" => ("The answer was too long.", "Ask for fewer rows, days or fields."),
        "cancelled" | "job_cancelled" => ("The agent did not wait for the answer.", "Nothing needs to be done."),
        "timeout" => ("It took too long.", "Ask for less, or try again."),
        "in_progress" => ("The vendor was still at work.", "Call again in a minute."),
        "upstream" | "job_failed" => ("The vendor failed.", "Try again in a minute."),
        "over_cap" => ("The change was above a cap.", "Choose less, or ask support to raise the cap."),
        "approval_needed" => ("A person had to approve the change first.", "Decide on the page of changes."),
        "approval_denied" => ("A person denied the change.", "Nothing was sent. Talk to who decided."),
        "approval_lapsed" | "unknown_preview" => ("The preview was over.", "The agent previews the change again."),
        "moved" => ("The value had changed since the preview.", "The agent previews the change again."),
        "preview_failed" => ("The vendor had refused this change before.", "The agent previews the change again."),
        "outcome_unknown" | "interrupted" => {
            ("The change was sent, and nobody can tell whether it was made.", "Look at the present value.")
        }
        "already_reverted" => ("The change was taken back before.", "Nothing needs to be done."),
        "cannot_revert" | "unknown_change" => ("The change cannot be taken back.", "Set the value with another call."),
        "version_dead" => ("The vendor's interface has ended.", "Tell support the call's id; do not retry."),
        "internal" | "panic" => ("The service failed.", "Try again; if it stays, tell support the call's id."),
        "unknown_job" => ("There is no such job of this agent.", "The agent calls the job's tool again."),
        _ => ("It failed.", "Try again; if it stays, tell support the call's id."),
    }
}
