//! The parameters of a request: each may be asked for once, and what nobody asks for is refused. The real Meta lets unknown
//! ones pass in silence.

use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::refusal::Refusal;

#[derive(Clone)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn read(query: &str) -> Result<Self, Refusal> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let twice = pairs.iter().enumerate().find(|(at, (name, _))| pairs.iter().skip(at + 1).any(|(n, _)| n == name));
        match twice {
            Some((_, (name, _))) => Err(Refusal::param(format!("Param {name} is there twice"))),
            None => Ok(Self(pairs)),
        }
    }

    /// These, and those of a body.
    pub(super) fn and(mut self, body: Self) -> Self {
        self.0.extend(body.0);
        self
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(own, _)| own == name)?;
        Some(self.0.remove(at).1)
    }

    /// A parameter that is JSON in a text.
    pub(super) fn take_json<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Refusal> {
        let read = |text: String| {
            serde_json::from_str(&text).map_err(|_| Refusal::param(format!("Param {name} is not of its type")))
        };
        self.take(name).map(read).transpose()
    }

    /// The fields asked for; without them Meta shows next to nothing.
    pub(super) fn take_fields(&mut self) -> Result<Vec<String>, Refusal> {
        let fields = self.take("fields").filter(|fields| !fields.is_empty());
        let fields = fields.ok_or_else(|| Refusal::param("The parameter fields is required"))?;
        Ok(fields.split(',').map(str::to_owned).collect())
    }

    /// Refuses what is left.
    pub(super) fn end(&self) -> Result<(), Refusal> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::param(format!("Param {name} is not known here"))),
        }
    }
}
