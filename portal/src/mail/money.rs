//! What owners are told about their organisation's money.

use super::letter::one_line;

/// What there is to tell, in the words of a mail.
#[derive(Clone, Debug)]
pub(crate) enum MoneyLetter {
    /// A part of what may be used is used.
    Budget {
        /// 50, 80 or 100.
        percent: u8,
        /// Units used.
        used: i64,
        /// Of so many.
        of: i64,
        /// Calls are refused beyond them.
        hard: bool,
    },
    /// The trial ends.
    TrialEnds {
        /// When.
        at: String,
    },
    /// A payment failed.
    PaymentFailed {
        /// Until then everything goes on.
        until: String,
    },
    /// Tools only read.
    ReadOnly {
        /// Until then.
        until: String,
    },
    /// Nothing is served.
    Stopped,
    /// An invoice was issued.
    Issued {
        /// Its number.
        number: String,
        /// Its total.
        total: String,
        /// Until when it is to be paid.
        due: Option<String>,
    },
    /// An invoice is not paid in time.
    Overdue {
        /// Its number.
        number: String,
        /// Its total.
        total: String,
    },
    /// An invoice was paid.
    Paid {
        /// Its number.
        number: String,
        /// What was paid.
        total: String,
    },
    /// The subscription ends.
    Ends {
        /// When.
        at: String,
    },
}

impl MoneyLetter {
    pub(super) fn subject(&self, organisation: &str) -> String {
        match self {
            Self::Budget { percent: 100.., hard: true, .. } => format!("{organisation}: all units are used"),
            Self::Budget { percent, .. } => format!("{organisation}: {percent} % of the units are used"),
            Self::TrialEnds { at } => format!("{organisation}: the trial ends on {at}"),
            Self::PaymentFailed { .. } => format!("{organisation}: a payment failed"),
            Self::ReadOnly { .. } => format!("{organisation}: tools only read, because a payment is missing"),
            Self::Stopped => format!("{organisation}: agents get no answers, because a payment is missing"),
            Self::Issued { number, .. } => format!("{organisation}: invoice {number}"),
            Self::Overdue { number, .. } => format!("{organisation}: invoice {number} is overdue"),
            Self::Paid { number, .. } => format!("{organisation}: receipt for invoice {number}"),
            Self::Ends { at } => format!("{organisation}: the subscription ends on {at}"),
        }
    }

    pub(super) fn text(&self, organisation: &str, link: &str) -> String {
        let organisation = one_line(organisation);
        let what = match self {
            Self::Budget { percent, used, of, hard } => {
                let beyond = match (*percent >= 100, hard) {
                    (true, true) => "Calls that cost units are refused until the period ends. Sandboxes go on.",
                    (true, false) => "Everything goes on; further units of the period cost extra.",
                    (false, true) => "When all are used, calls that cost units are refused until the period ends.",
                    (false, false) => "When all are used everything goes on, and further units cost extra.",
                };
                format!(
                    "{organisation} has used {used} of {of} units of this period. {beyond} You can change the plan or set a cap \
                     of your own here:"
                )
            }
            Self::TrialEnds { at } => format!(
                "The trial of {organisation} ends on {at}, and the fee of the plan begins then. If you do nothing, everything \
                 goes on. What it costs, and how to change or cancel it:"
            ),
            Self::PaymentFailed { until } => format!(
                "A payment of {organisation} failed. Nothing has changed yet: everything goes on until {until}; afterwards \
                 tools only read. Please look at the means of payment, or pay the invoice:"
            ),
            Self::ReadOnly { until } => format!(
                "A payment of {organisation} is still missing, so tools only read now. On {until} they stop. As soon as it is \
                 paid everything is as before:"
            ),
            Self::Stopped => format!(
                "A payment of {organisation} is still missing, so agents get no answers any more. Sandboxes go on, and nothing \
                 is deleted. As soon as it is paid everything is as before:"
            ),
            Self::Issued { number, total, due } => {
                let due = due.as_ref().map(|due| format!(" It is to be paid until {due}.")).unwrap_or_default();
                format!(
                    "Here is invoice {number} for {organisation}: {total}.{due} Each line leads to the calls behind it:",
                    number = one_line(number)
                )
            }
            Self::Overdue { number, total } => format!(
                "Invoice {number} for {organisation}, {total}, was to be paid by now, and we have not seen the payment. If it is \
                 on its way, nothing needs to be done. Otherwise please pay it:",
                number = one_line(number)
            ),
            Self::Paid { number, total } => format!(
                "Thank you: {total} for invoice {number} of {organisation} has come. This is the receipt:",
                number = one_line(number)
            ),
            Self::Ends { at } => format!(
                "The subscription of {organisation} ends on {at}. Until then everything goes on, and nothing is deleted \
                 afterwards. If it shall go on after all:"
            ),
        };
        format!("{what}\n\n{link}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_says_what_is_and_where_more_is_said() {
        let at = || "2026-11-30".to_owned();
        let (number, total) = (|| "202611-0001".to_owned(), || "29.00 USD".to_owned());
        let budget = |percent, hard| MoneyLetter::Budget { percent, used: 85, of: 100, hard };
        for (letter, subject, part) in [
            (budget(80, false), "80 % of the units", "further units cost extra"),
            (budget(50, true), "50 % of the units", "refused until the period ends"),
            (budget(100, true), "all units are used", "Calls that cost units are refused"),
            (budget(100, false), "100 % of the units", "Everything goes on"),
            (MoneyLetter::TrialEnds { at: at() }, "ends on 2026-11-30", "If you do nothing"),
            (MoneyLetter::PaymentFailed { until: at() }, "a payment failed", "everything goes on until 2026-11-30"),
            (MoneyLetter::ReadOnly { until: at() }, "tools only read", "On 2026-11-30 they stop"),
            (MoneyLetter::Stopped, "no answers", "nothing is deleted"),
            (
                MoneyLetter::Issued { number: number(), total: total(), due: Some(at()) },
                "invoice 202611-0001",
                "to be paid until 2026-11-30",
            ),
            (MoneyLetter::Overdue { number: number(), total: total() }, "overdue", "29.00 USD, was to be paid"),
            (MoneyLetter::Paid { number: number(), total: total() }, "receipt for", "29.00 USD for invoice"),
            (MoneyLetter::Ends { at: at() }, "ends on 2026-11-30", "Until then everything goes on"),
        ] {
            let (told, text) = (letter.subject("Acme"), letter.text("Acme\nInc", "https://a.example/billing"));
            assert!(told.starts_with("Acme: ") && told.contains(subject), "{told}");
            assert!(text.contains(part) && text.contains("Acme Inc"), "{text}");
            assert!(text.ends_with("\n\nhttps://a.example/billing"), "{text}");
        }
    }
}
