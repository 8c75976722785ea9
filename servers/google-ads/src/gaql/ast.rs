//! The tree, and how our own tools build it.

use std::borrow::Cow;

/// The name of a field or a resource, such as `campaign.id`: lower-case words joined by dots.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Name(Cow<'static, str>);

impl Name {
    /// The name that `text` spells, if it spells one.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let word = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        text.split('.').all(word).then(|| Self(Cow::Owned(text.to_owned())))
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Name {
    /// A name written in our own source.
    fn from(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }
}

/// A `SELECT`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Query {
    pub(crate) select: Vec<Name>,
    /// `None` only in queries to `googleAdsFields`, which have no `FROM`.
    pub(crate) from: Option<Name>,
    pub(crate) filters: Vec<Condition>,
    pub(crate) order_by: Vec<(Name, Direction)>,
    pub(crate) limit: Option<u32>,
}

/// One term of a `WHERE`; terms are joined by `AND`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Condition {
    pub(crate) field: Name,
    pub(crate) test: Test,
}

/// What a field is held against.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Test {
    Compare(Comparison, Literal),
    Member(Membership, Vec<Literal>),
    Between(Literal, Literal),
    During(NamedRange),
    Presence(Presence),
}

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Literal {
    /// Any text; rendered in quotes, with quotes and backslashes escaped.
    Text(String),
    /// Digits, as written: `-?[0-9]+(\.[0-9]+)?`.
    Number(String),
    /// A word without quotes, such as `ENABLED`: `[A-Za-z_][A-Za-z0-9_]*`.
    Word(String),
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum $name { $($variant,)* }

        impl $name {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

words! {
    /// Operators with one value at their right.
    Comparison {
        Equal = "=",
        NotEqual = "!=",
        Greater = ">",
        AtLeast = ">=",
        Less = "<",
        AtMost = "<=",
        Like = "LIKE",
        NotLike = "NOT LIKE",
        Matches = "REGEXP_MATCH",
        MatchesNot = "NOT REGEXP_MATCH",
    }
}

words! {
    /// Operators with a list at their right.
    Membership {
        In = "IN",
        NotIn = "NOT IN",
        ContainsAny = "CONTAINS ANY",
        ContainsAll = "CONTAINS ALL",
        ContainsNone = "CONTAINS NONE",
    }
}

words! {
    /// Operators with nothing at their right.
    Presence {
        Null = "IS NULL",
        NotNull = "IS NOT NULL",
    }
}

words! {
    /// The named ranges that `DURING` knows.
    NamedRange {
        Today = "TODAY",
        Yesterday = "YESTERDAY",
        Last7Days = "LAST_7_DAYS",
        Last14Days = "LAST_14_DAYS",
        Last30Days = "LAST_30_DAYS",
        LastBusinessWeek = "LAST_BUSINESS_WEEK",
        LastWeekMonSun = "LAST_WEEK_MON_SUN",
        LastWeekSunSat = "LAST_WEEK_SUN_SAT",
        ThisWeekMonToday = "THIS_WEEK_MON_TODAY",
        ThisWeekSunToday = "THIS_WEEK_SUN_TODAY",
        ThisMonth = "THIS_MONTH",
        LastMonth = "LAST_MONTH",
    }
}

words! {
    /// Which way `ORDER BY` sorts.
    Direction {
        Ascending = "ASC",
        Descending = "DESC",
    }
}

impl Query {
    /// Starts a query of our own.
    pub(crate) fn select(fields: &[&'static str]) -> Self {
        let select = fields.iter().map(|field| Name::from(*field)).collect();
        Self { select, from: None, filters: vec![], order_by: vec![], limit: None }
    }

    /// Names the resource.
    pub(crate) fn from(self, resource: &'static str) -> Self {
        Self { from: Some(resource.into()), ..self }
    }

    /// Adds a condition.
    pub(crate) fn filter(mut self, field: &'static str, test: Test) -> Self {
        self.filters.push(Condition { field: field.into(), test });
        self
    }

    /// Adds a sort key.
    pub(crate) fn order_by(mut self, field: &'static str, direction: Direction) -> Self {
        self.order_by.push((field.into(), direction));
        self
    }

    /// Whether metrics are asked for, which a manager account has none of.
    pub(crate) fn wants_metrics(&self) -> bool {
        let conditions = self.filters.iter().map(|condition| &condition.field);
        self.select.iter().chain(conditions).any(|field| field.as_str().starts_with("metrics."))
    }
}

impl Test {
    /// `= value`
    pub(crate) fn is(value: impl Into<Literal>) -> Self {
        Self::Compare(Comparison::Equal, value.into())
    }

    /// `!= value`
    pub(crate) fn is_not(value: impl Into<Literal>) -> Self {
        Self::Compare(Comparison::NotEqual, value.into())
    }

    /// `>= value`
    pub(crate) fn at_least(value: impl Into<Literal>) -> Self {
        Self::Compare(Comparison::AtLeast, value.into())
    }

    /// `IN (values)`
    pub(crate) fn any_of<L: Into<Literal>>(values: impl IntoIterator<Item = L>) -> Self {
        Self::Member(Membership::In, values.into_iter().map(Into::into).collect())
    }

    /// `LIKE '%part%'`, whatever `part` holds: `LIKE` reads a wildcard in brackets as the character itself.
    pub(crate) fn contains(part: &str) -> Self {
        Self::Compare(Comparison::Like, format!("%{}%", plain_in_like(part)).into())
    }

    /// `LIKE 'start%'`
    pub(crate) fn starts_with(start: &str) -> Self {
        Self::Compare(Comparison::Like, format!("{}%", plain_in_like(start)).into())
    }
}

fn plain_in_like(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut plain, c| {
        match c {
            '%' | '_' | '[' | ']' => plain.extend(['[', c, ']']),
            _ => plain.push(c),
        }
        plain
    })
}

impl From<String> for Literal {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Literal {
    fn from(number: u64) -> Self {
        Self::Number(number.to_string())
    }
}

impl From<u32> for Literal {
    fn from(number: u32) -> Self {
        u64::from(number).into()
    }
}
