//! Groups of tools, as tenants' policies name them.

use std::{fmt, str::FromStr};

use crate::WordError;

/// What stands in the database for every integration, and for every tool.
const EVERY: &str = "*";
/// What stands there for every tool that only reads.
const READS: &str = "*:read";
/// What stands there for every tool that changes something.
const WRITES: &str = "*:write";

/// Some of the tools that a tenant's agents may use. Its text is `google-ads/set_budget`, `google-ads/*:write`, `*/*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToolGroup {
    /// Those of this integration; `None`: of every one.
    pub integration: Option<String>,
    /// Which of them.
    pub tools: Tools,
}

/// Which tools of an integration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tools {
    /// All of them.
    Every,
    /// Those that only read.
    Reads,
    /// Those that change something.
    Writes,
    /// The one of this name.
    One(String),
}

impl ToolGroup {
    /// Whether this tool is one of them.
    pub fn covers(&self, integration: &str, tool: &str, writes: bool) -> bool {
        let of_integration = self.integration.as_deref().is_none_or(|named| named == integration);
        let of_kind = match &self.tools {
            Tools::Every => true,
            Tools::Reads => !writes,
            Tools::Writes => writes,
            Tools::One(named) => named == tool,
        };
        of_integration && of_kind
    }

    /// What stands in the database for the integration.
    pub(crate) fn integration_word(&self) -> &str {
        self.integration.as_deref().unwrap_or(EVERY)
    }

    /// What stands there for the tools.
    pub(crate) fn tools_word(&self) -> &str {
        match &self.tools {
            Tools::Every => EVERY,
            Tools::Reads => READS,
            Tools::Writes => WRITES,
            Tools::One(tool) => tool,
        }
    }

    /// From what stands in the database. A word of a later version is an error: a policy that is not understood must not look
    /// like one that asks for nothing.
    pub(crate) fn from_words(integration: String, tools: String) -> Result<Self, WordError> {
        let integration = match integration.as_str() {
            EVERY => None,
            word if word.starts_with(EVERY) => return Err(WordError(integration)),
            _ => Some(integration),
        };
        let tools = match tools.as_str() {
            EVERY => Tools::Every,
            READS => Tools::Reads,
            WRITES => Tools::Writes,
            word if word.starts_with(EVERY) => return Err(WordError(tools)),
            _ => Tools::One(tools),
        };
        Ok(Self { integration, tools })
    }
}

impl fmt::Display for ToolGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.integration_word(), self.tools_word())
    }
}

impl FromStr for ToolGroup {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text.split_once('/') {
            Some((integration, tools)) if !integration.is_empty() && !tools.is_empty() => {
                Self::from_words(integration.to_owned(), tools.to_owned())
            }
            _ => Err(WordError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(text: &str) -> ToolGroup {
        text.parse().unwrap()
    }

    #[test]
    fn a_group_covers_what_its_two_halves_name() {
        for (text, expected) in [
            ("*/*", [true, true, true]),
            ("*/*:read", [true, false, true]),
            ("*/*:write", [false, true, false]),
            ("*/list", [true, false, true]),
            ("one/*", [true, true, false]),
            ("one/*:write", [false, true, false]),
            ("one/list", [true, false, false]),
            ("two/list", [false, false, true]),
        ] {
            let tools = [("one", "list", false), ("one", "set", true), ("two", "list", false)];
            assert_eq!(tools.map(|(of, tool, writes)| group(text).covers(of, tool, writes)), expected, "{text}");
            assert_eq!(group(text).to_string(), text);
        }
    }

    #[test]
    fn a_word_of_a_later_version_is_no_group() {
        for text in ["", "one", "/", "one/", "/set", "one/*:delete", "*:ours/set"] {
            assert!(text.parse::<ToolGroup>().is_err(), "{text}");
        }
    }
}
