//! One sentence at the top of the page that follows a form. Its word travels in the URL, so that nobody can put other
//! words there.

macro_rules! notices {
    ($($name:ident = $word:literal: $text:literal,)*) => {
        /// What a form has done.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Notice { $($name,)* }

        impl Notice {
            /// Every one of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word in the URL.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The sentence on the page.
            pub(crate) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

notices! {
    Saved = "saved": "Saved.",
    Connected = "connected": "Connected. Agents can use it at once.",
    ChooseAccounts = "choose-accounts": "Connected. Now choose the accounts that agents may use.",
    AccountsChosen = "accounts-chosen": "The accounts are chosen.",
    AccountsRead = "accounts-read": "The accounts were read anew.",
    Disconnected = "disconnected": "Disconnected. The grant is taken back and the credential is deleted.",
    DisconnectedHere = "disconnected-here": "Disconnected, and the credential is deleted. The vendor has no place to take the grant back: do that in the vendor's own settings.",
    RevokedLater = "revoked-later": "Disconnected. The vendor did not answer when the grant was to be taken back; it will be asked again.",
    LinkMailed = "link-mailed": "The link was mailed.",
    LinkTakenBack = "link-taken-back": "The link does not work any more.",
    KeyRevoked = "key-revoked": "The key is revoked. It stops within ten seconds.",
    ServiceRevoked = "service-revoked": "The service agent is revoked. It stops within ten seconds, whichever tokens it has.",
    GrantNarrowed = "grant-narrowed": "The program may do less now. That holds within ten seconds, for tokens that it has already too.",
    GrantRevoked = "grant-revoked": "The program is revoked. It stops within ten seconds, and must ask again to come back.",
    GrantOver = "grant-over": "Nothing was changed: what this program was allowed had ended before.",
    NothingTaken = "nothing-taken": "Nothing was changed: uncheck what the program shall not do any more.",
    Invited = "invited": "The invitation was mailed.",
    RoleChanged = "role-changed": "The role is changed.",
    GroupsSet = "groups-set": "The groups are set. They hold within ten seconds.",
    RuleSet = "rule-set": "The rule is set. It holds within ten seconds.",
    RuleDeleted = "rule-deleted": "The rule is taken away. That holds within ten seconds.",
    MemberRemoved = "member-removed": "The person does not belong to this organisation any more.",
    LastOwner = "last-owner": "Nothing was changed: an organisation needs an owner. Make somebody else an owner first.",
    Decided = "decided": "Your decision is noted.",
    DecidedBefore = "decided-before": "This was decided before, or its time is over.",
    TakenBack = "taken-back": "Taken back. That is a change too, and can itself be taken back.",
    SignedOutElsewhere = "signed-out-elsewhere": "Every other browser is signed out.",
    PasswordSet = "password-set": "The password is set. Every other browser is signed out.",
    SwitchSet = "switch-set": "Switched off. Calls stop within ten seconds.",
    SwitchLifted = "switch-lifted": "Switched on again.",
    VisitEnded = "visit-ended": "You have left the client's pages.",
    Announced = "announced": "Announced. Clients see it within seconds.",
    AnnouncementEnded = "announcement-ended": "The announcement has ended.",
    BrandSet = "brand-set": "Saved. Every server shows it within seconds.",
    BrandRemoved = "brand-removed": "The brand is deleted. Every server follows within seconds.",
    ClientAdded = "client-added": "The client is added, and its owner is invited by mail.",
    CapSet = "cap-set": "The cap is set. It holds within ten seconds.",
    PlanChanged = "plan-changed": "The plan is changed. Its terms hold from now on.",
    PlanCancelled = "plan-cancelled": "The subscription ends with its period. Until then everything goes on.",
    PlanKept = "plan-kept": "The subscription goes on.",
    CheckoutLeft = "checkout-left": "Nothing was subscribed and nothing was charged. What you chose is kept below.",
    CreditGiven = "credit-given": "The credit is given. The next invoices take it for usage.",
    InvoicePaid = "invoice-paid": "The invoice is paid.",
    InvoiceVoided = "invoice-voided": "The invoice is void.",
    PricesSet = "prices-set": "The prices are set. Every server knows them before they are in force.",
    Suspended = "suspended": "The client is suspended. Its calls stop within ten seconds.",
    Resumed = "resumed": "The client may call again.",
}

impl Notice {
    /// The notice of that word.
    pub(crate) fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|notice| notice.word() == word)
    }

    /// The path of a page that shows it.
    pub(crate) fn at(self, path: &str) -> String {
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{path}{joint}notice={}", self.word())
    }
}
