//! Every refusal and outcome: from the gateway's list and the price book that is shipped.

use turnpike_config::Layers;
use turnpike_core::Outcome;
use turnpike_gateway::{Again, RefusalClass};

use crate::facts::table;

const BEGINNING: &str = "\
A tool call that is refused or fails is answered with `isError: true`, a text for the agent, and `_meta.error` for programs: `class` is \
one of the words below, `message` says what happened, `next_step` what to do, `retry_at` from when on the same call makes sense, \
`whose_limit` whose limit it is, `upstream_code` the vendor's own word. Each call has a `call_id`, with which its row is found in the \
ledger, in the log and on the page *Calls*. What to do about several at once stands in [Incidents](../incidents/README.md).";

const BEFORE: &str = "\
What is wrong before there is a call is answered by HTTP: 400 with a JSON-RPC error for a body that is none (`-32700`, `-32600`), for \
parameters that are none (`-32602`) and for a revision of the protocol that is not spoken (`-32022`); 401 without a credential that is \
accepted, with the way to get one in `WWW-Authenticate`; 403 with the scopes that would do for a credential that lacks one; 408 and 413 \
for bodies that come too slowly or are too long; 421 or 403 for a foreign host or origin.";

pub(super) fn page() -> String {
    format!(
        "{BEGINNING}\n\n## Classes\n\n{}\n\n## Outcomes\n\n{}\n\n## Before a call\n\n{BEFORE}",
        classes(),
        outcomes()
    )
}

fn classes() -> String {
    let rows = RefusalClass::ALL.iter().map(|class| {
        let outcomes: Vec<_> = class.outcomes().iter().map(|outcome| format!("`{outcome}`")).collect();
        vec![format!("`{}`", class.as_str()), class.about(), again(class.again()).into(), outcomes.join(" or ")]
    });
    table(&["Class", "What has happened, and what helps", "The same call again", "Outcome"], rows.collect())
}

const fn again(again: Again) -> &'static str {
    match again {
        Again::Changed => "not as it is",
        Again::AfterPerson => "when a person has done something",
        Again::AtRetryAt => "from `retry_at` on",
        Again::Soon => "in a minute",
        Again::Once => "once",
        Again::AfterOperator => "when the operator has done something",
    }
}

fn outcomes() -> String {
    let percents = Layers::default().load().map(|settings| settings.prices.percent).unwrap_or_default();
    let rows = Outcome::ALL.iter().map(|outcome| {
        let pays = match percents.get(outcome) {
            None | Some(0) => "nobody".to_owned(),
            Some(percent) => format!("the client: {percent} % of the units"),
        };
        vec![format!("`{outcome}`"), outcome.about(), pays]
    });
    format!(
        "The ledger has one outcome for each call. Who pays is set in `[prices.percent]`; below as it is shipped. A unit that is not \
         whole is none.\n\n{}",
        table(&["Outcome", "What it means", "Who pays"], rows.collect())
    )
}
