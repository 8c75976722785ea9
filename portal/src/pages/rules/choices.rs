//! The tools that a rule can be about.

use turnpike_sdk::{Access, Integration};
use turnpike_store::{ToolGroup, Tools};

use super::words::of_group;
use crate::Portal;

/// Some to choose from, below one heading.
pub(super) struct Choices {
    pub(super) title: &'static str,
    /// What the form sends, and what it means.
    pub(super) options: Vec<(String, String)>,
}

impl Choices {
    /// Whether this is one of them.
    pub(super) fn has(&self, value: &str) -> bool {
        self.options.iter().any(|(own, _)| own == value)
    }
}

/// All there are here: of every integration together, then of each.
pub(super) fn of_tools(portal: &Portal) -> Vec<Choices> {
    let every = [Tools::Every, Tools::Reads, Tools::Writes].map(|tools| option(portal, None, tools));
    let every = Choices { title: "Every integration", options: every.into() };
    let each = portal.integrations.iter().map(|own| of_integration(portal, own));
    [every].into_iter().chain(each).collect()
}

fn of_integration(portal: &Portal, own: &Integration) -> Choices {
    let writes = own.tools.iter().any(|tool| tool.spec.access == Access::Write);
    let kinds: &[Tools] = if writes { &[Tools::Every, Tools::Reads, Tools::Writes] } else { &[Tools::Every] };
    let single = own.tools.iter().map(|tool| Tools::One(tool.spec.name.to_owned()));
    let all = kinds.iter().cloned().chain(single);
    let options = all.map(|tools| option(portal, Some(own.manifest.name.to_owned()), tools)).collect();
    Choices { title: own.manifest.title, options }
}

fn option(portal: &Portal, integration: Option<String>, tools: Tools) -> (String, String) {
    let group = ToolGroup { integration, tools };
    (group.to_string(), of_group(portal, &group))
}
