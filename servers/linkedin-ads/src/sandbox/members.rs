//! Who sees ads at the simulated LinkedIn: a few members of each kind, and what their URNs mean.

use serde_json::{Value as Json, json};

use super::{call::Call, find::finder, refusal::Refusal};

/// URNs that may be looked up at once.
const MOST: usize = 50;
const TITLES: [&str; 12] = [
    "Baker", "Buyer", "Clerk", "Designer", "Editor", "Engineer", "Gardener", "Manager", "Nurse", "Planner", "Teacher",
    "Writer",
];
const RANKS: [&str; 5] = ["Trainee", "Junior", "Senior", "Lead", "Chief"];

/// The members' URNs of a pivot, with what they mean; `None` for a pivot that is none of members.
pub(super) fn of_pivot(pivot: &str) -> Option<Vec<(String, String)>> {
    let kind = match pivot {
        "MEMBER_JOB_TITLE" => {
            let titles = TITLES.iter().flat_map(|title| RANKS.iter().map(move |rank| format!("{rank} {title}")));
            return Some((1..).zip(titles).map(|(n, title): (u32, _)| (format!("urn:li:title:{n}"), title)).collect());
        }
        "MEMBER_COMPANY_SIZE" => {
            let sizes = [(1, 1), (2, 10), (11, 50), (51, 200), (201, 500)];
            let size = |(from, to)| (format!("urn:li:staffCountRange:({from},{to})"), format!("{from}-{to}"));
            return Some(sizes.map(size).into());
        }
        "MEMBER_JOB_FUNCTION" => "function",
        "MEMBER_SENIORITY" => "seniority",
        "MEMBER_INDUSTRY" => "industry",
        "MEMBER_COMPANY" => "organization",
        "MEMBER_COUNTRY_V2" | "MEMBER_REGION_V2" => "geo",
        _ => return None,
    };
    Some((1..=6).map(|n| (format!("urn:li:{kind}:{n}"), format!("Sandbox {kind} {n}"))).collect())
}

/// `/adTargetingEntities?q=urns`. What LinkedIn does not know it leaves out.
pub(super) fn entities(mut call: Call) -> Result<Json, Refusal> {
    finder(&mut call, "urns")?;
    let urns = call.params.take_list("urns")?.ok_or_else(|| Refusal::param("Parameter 'urns' is missing"))?;
    call.params.end()?;
    if urns.len() > MOST {
        return Err(Refusal::param(format!("At most {MOST} URNs can be looked up at once")));
    }
    let pivots = ["JOB_TITLE", "COMPANY_SIZE", "JOB_FUNCTION", "SENIORITY", "INDUSTRY", "COMPANY", "COUNTRY_V2"];
    let known: Vec<_> = pivots.iter().filter_map(|pivot| of_pivot(&format!("MEMBER_{pivot}"))).flatten().collect();
    let name = |urn: &String| known.iter().find(|(own, _)| own == urn).map(|(_, name)| name);
    let elements: Vec<Json> = urns
        .iter()
        .filter_map(|urn| Some(json!({ "urn": urn, "name": name(urn)?, "facetUrn": "urn:li:adTargetingFacet:x" })))
        .collect();
    Ok(json!({ "elements": elements, "paging": { "start": 0, "count": elements.len(), "links": [] } }))
}
