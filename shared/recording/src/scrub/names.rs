//! What stands for what.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;
use turnpike_core::Ambient;

use super::lexer::{Token, has_digit, tokens};

/// How often another replacement is tried, where one is taken.
const TRIES: usize = 50;
/// From so many digits on a number may be larger than 64 bits hold.
const LONG: usize = 19;

/// Replacements of runs. Case does not matter to them, so that a search that ignores it finds the same.
pub(super) struct Names {
    /// What stands for a number, if one is needed: as long, and smaller than what stands for a larger one. A tool that sorts by
    /// an id or a figure goes the same way.
    numbers: HashMap<String, String>,
    given: HashMap<String, String>,
    taken: HashSet<String>,
    ambient: Ambient,
}

impl Names {
    /// For a recording that holds these numbers.
    pub(super) fn for_all(numbers: BTreeSet<String>, ambient: Ambient) -> Self {
        let mut own = Self { numbers: HashMap::new(), given: HashMap::new(), taken: HashSet::new(), ambient };
        let mut alike: BTreeMap<(usize, String), Vec<String>> = BTreeMap::new();
        for number in numbers {
            alike.entry((number.len(), kept_of_number(&number).into())).or_default().push(number);
        }
        for ((length, kept), numbers) in alike {
            let mut others = BTreeSet::new();
            for _ in 0..TRIES * numbers.len() {
                if others.len() < numbers.len() {
                    others.insert(own.number(length, &kept));
                }
            }
            // Of short ones there may be too few.
            let spare = numbers.iter().filter(|number| !others.contains(*number)).cloned().collect::<Vec<_>>();
            others.extend(spare.into_iter().take(numbers.len().saturating_sub(others.len())).collect::<Vec<_>>());
            own.numbers.extend(numbers.into_iter().zip(others));
        }
        own
    }

    /// Whether the run was replaced.
    pub(super) fn has(&self, run: &str) -> bool {
        self.given.contains_key(&run.to_lowercase())
    }

    pub(super) fn is_replacement(&self, run: &str) -> bool {
        self.taken.contains(&run.to_lowercase())
    }

    /// What stands for the run, if anything does.
    pub(super) fn find(&self, run: &str) -> Option<String> {
        self.given.get(&run.to_lowercase()).map(|other| in_the_case_of(run, other))
    }

    /// What stands for a UUID, if anything does: with dashes as without.
    pub(super) fn find_uuid(&self, uuid: &str) -> Option<String> {
        self.given.get(&bare(uuid)).map(|other| with_dashes_of(uuid, other))
    }

    pub(super) fn replace(&mut self, run: &str) -> String {
        let key = run.to_lowercase();
        // Nought and one count nothing and name nobody.
        if key.bytes().all(|byte| byte == b'0') || key == "1" {
            return run.to_owned();
        }
        let other = match self.numbers.get(&key) {
            Some(number) => number.clone(),
            None => self.give(&key, |own| own.word(run, &key)),
        };
        self.taken.insert(other.clone());
        self.given.insert(key, other.clone());
        in_the_case_of(run, &other)
    }

    pub(super) fn replace_uuid(&mut self, uuid: &str) -> String {
        let key = bare(uuid);
        let other = self.give(&key, |own| (0..key.len()).map(|_| own.one_of(b"0123456789abcdef")).collect());
        self.taken.insert(other.clone());
        self.given.insert(key, other.clone());
        with_dashes_of(uuid, &other)
    }

    fn give(&self, key: &str, make: impl Fn(&Self) -> String) -> String {
        if let Some(given) = self.given.get(key) {
            return given.clone();
        }
        let mut other = make(self);
        for _ in 0..TRIES {
            if other != key && !self.taken.contains(&other) {
                break;
            }
            other = make(self);
        }
        other
    }

    /// A random number of that many digits, which begins with those that are kept.
    fn number(&self, length: usize, kept: &str) -> String {
        let mut number = kept.to_owned();
        while number.len() < length {
            number.push(match number.len() {
                0 if length >= LONG => '1',
                1 if length >= LONG => self.one_of(b"01234567"),
                _ if number.bytes().all(|byte| byte == b'0') => self.one_of(b"123456789"),
                _ => self.one_of(b"0123456789"),
            });
        }
        number
    }

    /// A random run of letters and digits where the run has them.
    fn word(&self, run: &str, key: &str) -> String {
        // The first letter of an id in capitals says what it is the id of.
        let is_id = run.len() > 7
            && has_digit(run)
            && run.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let other = |(at, letter): (usize, char)| match letter {
            letter if at == 0 && is_id => letter,
            '0'..='9' => self.one_of(b"0123456789"),
            letter if letter.is_ascii() => self.one_of(b"abcdefghijklmnopqrstuvwxyz"),
            _ => 'é',
        };
        key.chars().enumerate().map(other).collect()
    }

    fn one_of(&self, letters: &[u8]) -> char {
        let number = u64::from_le_bytes(self.ambient.bytes());
        let at = usize::try_from(number % letters.len() as u64).unwrap_or_default();
        letters.get(at).copied().unwrap_or(b'0').into()
    }
}

/// Adds every number of a value, its fields' names included.
pub(crate) fn add_numbers(numbers: &mut BTreeSet<String>, value: &Value) {
    let mut add = |text: &str| {
        let found = tokens(text).filter_map(|token| match token {
            Token::Run(run) if run.bytes().all(|byte| byte.is_ascii_digit()) => Some(run.to_owned()),
            _ => None,
        });
        numbers.extend(found);
    };
    match value {
        Value::Number(number) => add(&number.to_string()),
        Value::String(text) => add(text),
        Value::Array(items) => items.iter().for_each(|item| add_numbers(numbers, item)),
        Value::Object(fields) => {
            for (name, value) in fields {
                add_numbers(numbers, &name.as_str().into());
                add_numbers(numbers, value);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Noughts at the beginning. Of seconds and milliseconds since 1970 the first digits too: some time in the same months.
fn kept_of_number(number: &str) -> &str {
    let noughts = number.len() - number.trim_start_matches('0').len();
    let is_time = matches!(number.len(), 10 | 13) && ("15".."20").contains(&&number[..2]);
    &number[..if is_time { 3 } else { noughts }]
}

fn bare(uuid: &str) -> String {
    uuid.replace('-', "").to_ascii_lowercase()
}

fn with_dashes_of(uuid: &str, other: &str) -> String {
    let mut digits = other.chars();
    uuid.chars().map(|own| if own == '-' { '-' } else { digits.next().unwrap_or('0') }).collect()
}

fn in_the_case_of(run: &str, other: &str) -> String {
    let cased = |(own, other): (char, char)| if own.is_ascii_uppercase() { other.to_ascii_uppercase() } else { other };
    run.chars().zip(other.chars()).map(cased).collect()
}
