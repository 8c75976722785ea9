//! What the doctor found: how each step of the way ended, in words for people. It never holds a code or a token.

use serde::{Deserialize, Serialize};

/// A step of an agent's way in, in the order in which agents go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    Challenge,
    Resource,
    Server,
    Registration,
    Authorization,
    Token,
    Call,
    Upstream,
}

impl Step {
    /// Those of the way to the server. Whether the vendor can be reached is looked at whatever became of them.
    pub(super) const WAY_IN: [Self; 7] = [
        Self::Challenge,
        Self::Resource,
        Self::Server,
        Self::Registration,
        Self::Authorization,
        Self::Token,
        Self::Call,
    ];

    /// What it is called on the page.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Challenge => "The server asks who calls",
            Self::Resource => "The server says who lets agents in",
            Self::Server => "The sign-in for agents describes itself",
            Self::Registration => "A program makes itself known",
            Self::Authorization => "A person is asked and agrees",
            Self::Token => "The program fetches its access token",
            Self::Call => "The first call is answered",
            Self::Upstream => "The account at the vendor answers",
        }
    }

    /// One word for the row that is kept.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Challenge => "challenge",
            Self::Resource => "resource",
            Self::Server => "server",
            Self::Registration => "registration",
            Self::Authorization => "authorization",
            Self::Token => "token",
            Self::Call => "call",
            Self::Upstream => "upstream",
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ended {
    Passed,
    Failed,
    NotReached,
}

/// What was found at a step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Finding {
    pub(super) step: Step,
    /// The integration, where the step is about one of several.
    pub(super) about: String,
    pub(super) ended: Ended,
    pub(super) seen: String,
    /// Empty where there is nothing to do.
    pub(super) to_do: String,
    /// The page where that is done.
    pub(super) link: Option<String>,
}

/// All of an examination.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Report {
    /// The server's URL.
    pub(super) server: String,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    /// The first thing that is wrong.
    pub(super) fn trouble(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.ended == Ended::Failed)
    }
}

/// Why a step failed.
pub(super) struct Problem {
    pub(super) seen: String,
    pub(super) to_do: String,
    pub(super) link: Option<String>,
}

impl Problem {
    pub(super) fn new(seen: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { seen: seen.into(), to_do: to_do.into(), link: None }
    }

    /// The fault is ours, and in the log.
    pub(super) fn ours(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "the connection doctor could not do its work");
        Self::new("The service itself failed.", "Try again in a minute; tell your service provider if it stays so.")
    }
}

/// What a step gave the next one, and what was seen; or why it gave nothing.
pub(super) type Outcome<T> = Result<(T, String), Problem>;

/// The findings as they come.
#[derive(Default)]
pub(super) struct Chart(pub(super) Vec<Finding>);

impl Chart {
    /// Writes down how a step ended; what it gave the next one.
    pub(super) fn note<T>(&mut self, step: Step, outcome: Outcome<T>) -> Option<T> {
        self.note_about(step, "", outcome)
    }

    /// The same of a step that is about one integration of several.
    pub(super) fn note_about<T>(&mut self, step: Step, about: &str, outcome: Outcome<T>) -> Option<T> {
        let about = about.to_owned();
        match outcome {
            Ok((given, seen)) => {
                let (ended, to_do) = (Ended::Passed, String::new());
                self.0.push(Finding { step, about, ended, seen, to_do, link: None });
                Some(given)
            }
            Err(Problem { seen, to_do, link }) => {
                self.0.push(Finding { step, about, ended: Ended::Failed, seen, to_do, link });
                None
            }
        }
    }

    /// The steps of the way in that nothing is written of were not reached.
    pub(super) fn fill(&mut self) {
        for step in Step::WAY_IN {
            if !self.0.iter().any(|finding| finding.step == step) {
                let (ended, seen, to_do) = (Ended::NotReached, String::new(), String::new());
                self.0.push(Finding { step, about: String::new(), ended, seen, to_do, link: None });
            }
        }
    }
}
