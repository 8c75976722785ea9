//! Every word that an agent may find in `_meta.error.class`, and what is to be said of each: the list of the playbook's page
//! on errors is made of this one.

use turnpike_core::Outcome;

/// When the same call makes sense again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    /// Not as it is: something in it must be changed first.
    Changed,
    /// When a person has done something first.
    AfterPerson,
    /// From the time in `retry_at` on.
    AtRetryAt,
    /// In a minute, or when one of the calls that run has ended.
    Soon,
    /// Once; a second time it is to be reported with its call id.
    Once,
    /// Not before the service provider has done something.
    AfterOperator,
}

macro_rules! classes {
    ($($(#[doc = $about:literal])+ $name:ident = $word:literal, [$($outcome:ident),+], $again:ident;)*) => {
        /// Why a call was refused or failed, as programs read it.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum RefusalClass { $($(#[doc = $about])+ $name,)* }

        impl RefusalClass {
            /// Every one, in the order in which a call meets them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word in answers, logs and the ledger.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// How calls end that have it. Who pays follows from that.
            pub const fn outcomes(self) -> &'static [Outcome] {
                match self { $(Self::$name => &[$(Outcome::$outcome),+],)* }
            }

            /// When the same call makes sense again.
            pub const fn again(self) -> Again {
                match self { $(Self::$name => Again::$again,)* }
            }

            /// What has happened, and what helps.
            pub fn about(self) -> String {
                match self { $(Self::$name => concat!($($about),+).trim().to_owned(),)* }
            }
        }
    };
}

classes! {
    // Before the work
    /// The organisation is suspended. `turnpike tenant resume` ends that.
    Suspended = "suspended", [CallerFault], AfterPerson;
    /// The operator has switched it off: everything, or an integration, a tool, a tenant. `turnpike switch list` says what and why.
    SwitchedOff = "switched_off", [SwitchedOff], AfterOperator;
    /// Nobody could tell what is switched off, because the database does not answer. Nothing was done.
    SwitchesUnreadable = "switches_unreadable", [OurFault], Soon;
    /// The key or token lacks the integration's scope for reading or for writing. Another one is needed, or a wider consent.
    InsufficientScope = "insufficient_scope", [CallerFault], AfterPerson;
    /// The organisation's rules let nobody use this tool.
    ToolForbidden = "tool_forbidden", [CallerFault], AfterPerson;
    /// The tool asks for a higher role than the caller's.
    RoleTooLow = "role_too_low", [CallerFault], AfterPerson;
    /// The organisation keeps the tool to members of a group, and the caller is in none of those named.
    GroupMissing = "group_missing", [CallerFault], AfterPerson;
    /// A limit of ours for the tool, the organisation or the key is used up. `whose_limit` says which.
    RateLimited = "rate_limited", [Throttled], AtRetryAt;
    /// Nobody could tell whether a limit is reached: Redis is gone, and `redis.when_gone` says "refuse".
    LimitsUnreadable = "limits_unreadable", [OurFault], Soon;
    /// As many calls of the organisation run as `limits.tenant_concurrent` allows.
    TooManyAtOnce = "too_many_at_once", [Throttled], Soon;
    /// An argument is missing, unknown or not what it may be. The message names the field and the fix.
    InvalidArgument = "invalid_argument", [CallerFault], Changed;
    /// The tool itself refuses what was asked; `next_step` says what it would do.
    Refused = "refused", [CallerFault], Changed;
    /// The integration was never connected. `_meta.error` has the link.
    NotConnected = "not_connected", [CallerFault], AfterPerson;
    /// It was disconnected. `_meta.error` has the link to connect it again.
    ConnectionDisabled = "connection_disabled", [CallerFault], AfterPerson;
    /// A key for sandboxes met a live connection.
    TestKey = "test_key", [CallerFault], AfterPerson;
    /// An account is not on the connection's list. `list_accounts` shows those that are.
    UnknownAccount = "unknown_account", [CallerFault], Changed;
    // Money
    /// Live calls need a subscription, and there is none, or it has ended. `_meta.error` has the link.
    SubscriptionNeeded = "subscription_needed", [CallerFault], AfterPerson;
    /// The subscription is paused.
    SubscriptionPaused = "subscription_paused", [CallerFault], AfterPerson;
    /// Payments are missing, and the days of grace are over.
    PaymentNeeded = "payment_needed", [CallerFault], AfterPerson;
    /// A payment is missing: reading goes on for some days, changes do not.
    ReadOnly = "read_only", [CallerFault], AfterPerson;
    /// The units of the plan's or of the organisation's own cap are used up, or calls that run may use them up.
    QuotaExhausted = "quota_exhausted", [Throttled], AtRetryAt;
    /// Nobody could tell what is subscribed to, because the database does not answer. Nothing was done.
    SubscriptionUnreadable = "subscription_unreadable", [OurFault], Soon;
    // Changes
    /// The preview is not one of these arguments by this caller, or its time is over. Preview again.
    UnknownPreview = "unknown_preview", [CallerFault], Changed;
    /// The value is not any more what the preview has seen. Nothing was sent.
    Moved = "moved", [CallerFault], Changed;
    /// The change is above the connection's cap. `turnpike policy show` and `set` are about caps.
    OverCap = "over_cap", [CallerFault], Changed;
    /// A person must approve first; `approval_id` and the message say where. Then the same call again.
    ApprovalNeeded = "approval_needed", [CallerFault], AfterPerson;
    /// A person has denied the change. Nothing was sent.
    ApprovalDenied = "approval_denied", [CallerFault], Changed;
    /// The time to approve and to confirm is over. Nothing was sent.
    ApprovalLapsed = "approval_lapsed", [CallerFault], Changed;
    /// The vendor refused the change when it was confirmed before.
    PreviewFailed = "preview_failed", [CallerFault], Changed;
    /// It was sent once and no answer came. Read the present value before anything else; nothing is sent twice.
    OutcomeUnknown = "outcome_unknown", [CallerFault], Changed;
    /// No such applied change of this caller.
    UnknownChange = "unknown_change", [CallerFault], Changed;
    /// The change was taken back already.
    AlreadyReverted = "already_reverted", [CallerFault], Changed;
    /// The tool that made the change is gone. Set the value with one that is there.
    CannotRevert = "cannot_revert", [CallerFault], Changed;
    // Long work
    /// Not done within the call: `get_job` fetches it.
    Pending = "pending", [Pending], Soon;
    /// No such job of this caller, or its five hours are over.
    UnknownJob = "unknown_job", [CallerFault], Changed;
    /// The work has failed at the vendor; the message is the vendor's.
    JobFailed = "job_failed", [CallerFault], Changed;
    /// The job was cancelled.
    JobCancelled = "job_cancelled", [CallerFault], Changed;
    /// As many results of the organisation are kept or awaited as `limits.tenant_jobs` allows.
    TooManyJobs = "too_many_jobs", [Throttled], Soon;
    // The vendor
    /// The grant is gone. A person connects again by the link in `_meta.error`.
    ReconnectNeeded = "reconnect_needed", [CallerFault], AfterPerson;
    /// The connected user may not do this at the vendor.
    Permission = "permission", [CallerFault], AfterPerson;
    /// A long allowance of the vendor's is used up: nothing is sent until `retry_at`.
    QuotaDaily = "quota_daily", [Throttled], AtRetryAt;
    /// Too fast for the vendor: nothing is sent until `retry_at`.
    RateStorm = "rate_storm", [Throttled], AtRetryAt;
    /// The vendor is still at work on it.
    InProgress = "in_progress", [UpstreamFault], Soon;
    /// The vendor refused the request; the message is the vendor's.
    BadRequest = "bad_request", [CallerFault], Changed;
    /// The API version has ended, and only the operator can move on to the next.
    VersionDead = "version_dead", [OurFault], AfterOperator;
    /// The vendor has failed so often that it is left alone for some seconds.
    BreakerOpen = "breaker_open", [BreakerOpen], AtRetryAt;
    /// The vendor failed, or the way to it.
    Upstream = "upstream", [UpstreamFault], Soon;
    // The service
    /// No answer in the tool's time: the vendor's fault if it was being waited for, else ours.
    Timeout = "timeout", [UpstreamFault, OurFault], Changed;
    /// The client went away before the answer was there.
    Cancelled = "cancelled", [CallerFault], Soon;
    /// The answer has more characters than `limits.answer_characters`.
    TooLarge = "too_large", [CallerFault], Changed;
    /// The key service does not answer, so that the credential cannot be opened. The connection is in order.
    VaultUnreachable = "vault_unreachable", [OurFault], AtRetryAt;
    /// The call could not be written into the ledger, so its answer is withheld. After a change: read the present value first.
    NotRecorded = "not_recorded", [OurFault], Soon;
    /// We failed. The call id leads to the log.
    Internal = "internal", [OurFault], Once;
    /// We failed, by a panic. The call id leads to the log.
    Panic = "panic", [OurFault], Once;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_a_word_of_its_own_and_something_is_said_of_it() {
        let mut words: Vec<_> = RefusalClass::ALL.iter().map(|class| class.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), RefusalClass::ALL.len());
        assert!(RefusalClass::ALL.iter().all(|class| class.about().ends_with('.')));
    }
}
