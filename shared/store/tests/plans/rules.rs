//! What a plan must not do, and the table of what was done.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::plan::{Node, Plan};

/// What an answer may take.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    /// A page or a row of a tenant: so many rows may be looked at.
    Rows(f64),
    /// A sum over a tenant's calls of some weeks: parts of so many months, by an index.
    Months(usize),
    /// A sum over all tenants: parts of so many months, however they are read.
    AllOf(usize),
}

/// A question and all the statements that it took.
pub(crate) struct Asked {
    pub(crate) question: String,
    pub(crate) bound: Bound,
    pub(crate) plans: Vec<Plan>,
    /// Why there is no answer.
    pub(crate) failed: Option<String>,
}

impl Asked {
    fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.plans.iter().flat_map(|plan| &plan.nodes)
    }

    fn parts(&self) -> usize {
        self.plans
            .iter()
            .flat_map(Plan::parts)
            .filter(|part| *part != "calls_rest")
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    }

    /// Those of them that had rows to look at: months to come are empty, and cost a look.
    fn full_parts(&self) -> usize {
        let full = self.nodes().filter(|node| node.rows > 0.0).filter_map(|node| node.table.as_deref());
        full.filter(|table| table.starts_with("calls_")).collect::<BTreeSet<_>>().len()
    }

    fn touched(&self) -> f64 {
        self.plans.iter().map(Plan::touched).fold(0.0, |all, own| all + own)
    }
}

/// More than a page and its neighbours, for a sort.
const MANY: f64 = 2_000.0;

/// The rules that a question breaks.
pub(crate) fn broken(asked: &Asked) -> Vec<String> {
    let mut broken = vec![];
    let mut breaks = |what: String| broken.push(format!("{}: {what}", asked.question));
    if let Some(error) = &asked.failed {
        breaks(error.clone());
    }
    if asked.plans.is_empty() {
        breaks("no plan was told".into());
    }
    let of_tenant = !matches!(asked.bound, Bound::AllOf(_));
    for node in asked.nodes() {
        let ledger = node.table.as_deref().is_some_and(|table| table.starts_with("calls_"));
        if of_tenant && ledger && node.kind == "Seq Scan" && node.rows > 0.0 {
            breaks(format!(
                "reads all {} rows of {} for one tenant",
                node.rows,
                node.table.as_deref().unwrap_or_default()
            ));
        }
        if of_tenant && node.kind == "Sort" && !node.for_sums && node.rows > MANY {
            breaks(format!("sorts {} rows that an index could give in order", node.rows));
        }
    }
    match asked.bound {
        Bound::Rows(most) if asked.touched() > most => {
            breaks(format!("looks at {} rows, {most} would do", asked.touched()))
        }
        Bound::Months(most) | Bound::AllOf(most) if asked.full_parts() > most => {
            breaks(format!("looks into {} months, {most} would do", asked.full_parts()));
        }
        _ => {}
    }
    broken
}

/// In Markdown.
pub(crate) fn table(all: &[Asked]) -> String {
    let mut table =
        "| Question | Months read | Rows touched | Pages | ms | Most of its time |\n|---|--:|--:|--:|--:|---|\n"
            .to_owned();
    for asked in all {
        let slowest = asked.nodes().max_by(|one, other| one.millis.total_cmp(&other.millis));
        let slowest = slowest.map_or_else(String::new, |node| {
            let whose = node.index.as_deref().or(node.table.as_deref()).map(|name| format!(" on `{name}`"));
            format!("{}{}", node.kind, whose.unwrap_or_default())
        });
        let pages: f64 = asked.plans.iter().map(|plan| plan.buffers).sum();
        let millis: f64 = asked.plans.iter().map(|plan| plan.millis).sum();
        let (parts, touched, question) = (asked.parts(), asked.touched(), &asked.question);
        let _ = writeln!(table, "| {question} | {parts} | {touched:.0} | {pages:.0} | {millis:.1} | {slowest} |");
    }
    table
}
