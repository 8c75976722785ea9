//! A query, checked as Google checks it, then run.

use chrono::NaiveDate;

use super::{
    catalogue::{Cell, Entity, Field, RESOURCES, Resource, Row},
    condition::Predicate,
    days::Range,
    figures::Figures,
    refusal::Refusal,
    world::{Customer, World},
};
use crate::gaql::{Comparison, Direction, Literal, Query, Test};

/// The years of which there are figures, whatever the clock says.
const YEARS: std::ops::RangeInclusive<i32> = 2024..=2027;

/// A query that may be run.
pub(super) struct Checked {
    resource: &'static Resource,
    pub(super) select: Vec<&'static Field>,
    predicates: Vec<(&'static Field, Predicate)>,
    order_by: Vec<(&'static Field, Direction)>,
    limit: Option<u32>,
    range: Range,
}

impl Checked {
    /// Checks the query for an account.
    pub(super) fn new(text: &str, customer: &Customer, today: NaiveDate) -> Result<Self, Refusal> {
        let query = Query::parse(text).map_err(|error| Refusal::query("UNEXPECTED_INPUT", error.problem()))?;
        let from = query.from.as_ref().map(|name| name.as_str()).unwrap_or_default();
        let resource = RESOURCES.iter().find(|resource| resource.name == from).ok_or_else(|| {
            Refusal::query("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", format!("'{from}' is not a valid resource name."))
        })?;
        let field = |name: &str| known(resource, customer, name);

        let select = query.select.iter().map(|name| field(name.as_str())).collect::<Result<Vec<_>, _>>()?;
        let mut range = None;
        let mut predicates = vec![];
        for condition in &query.filters {
            let field = field(condition.field.as_str())?;
            match field.name {
                "segments.date" => {
                    let given = days(&condition.test, today)?;
                    range = Some(range.map_or(given, |range: Range| range.within(given)));
                }
                name => predicates.push((field, Predicate::of(name, field.kind, &condition.test)?)),
            }
        }
        let mut order_by = vec![];
        for (name, direction) in &query.order_by {
            let field = field(name.as_str())?;
            if field.category() != "ATTRIBUTE" && !query.select.contains(name) {
                let message = format!("The following field must be present in SELECT clause: '{}'.", field.name);
                return Err(Refusal::query("EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE", message));
            }
            order_by.push((field, *direction));
        }
        let segmented = select.iter().any(|field| field.category() == "SEGMENT");
        let unbounded = range.map_or(segmented, |range| !range.is_finite());
        if unbounded {
            return Err(Refusal::query("EXPECTED_FILTERS_ON_DATE_RANGE", "A finite range of dates is required."));
        }
        let range = range.unwrap_or(Range { first: NaiveDate::MIN, last: today });
        Ok(Self { resource, select, predicates, order_by, limit: query.limit, range: range.within(Range::of(YEARS)) })
    }

    /// How many of the rows the query wants.
    pub(super) fn limit(&self) -> usize {
        self.limit.map_or(usize::MAX, |limit| limit as usize)
    }

    /// The rows that match, in order, without regard to the limit.
    pub(super) fn run<'w>(&self, customer: &'w Customer, world: &'w World) -> Vec<Row<'w>> {
        let of_metrics = |field: &Field| field.category() == "METRIC";
        let keeps = |row: &Row<'_>, metrics: bool| {
            let mut relevant = self.predicates.iter().filter(|(field, _)| of_metrics(field) == metrics);
            relevant.all(|(field, predicate)| predicate.holds((field.read)(row).as_ref()))
        };
        let by_day = self.select.iter().any(|field| field.name == "segments.date");
        let counts = by_day
            || self.select.iter().any(|field| of_metrics(field))
            || self.predicates.iter().any(|(field, _)| of_metrics(field));

        let mut rows = vec![];
        for entity in entities(self.resource.name, customer, world) {
            let bare = Row { entity, date: None, figures: Figures::default() };
            if !keeps(&bare, false) {
                continue;
            }
            let daily = self.range.days().filter(|_| counts).map(|day| (day, entity.figures(day)));
            if by_day {
                rows.extend(daily.map(|(day, figures)| Row { date: Some(day), figures, ..bare }));
            } else {
                let figures = daily.map(|(_, figures)| figures).fold(Figures::default(), Figures::plus);
                rows.push(Row { figures, ..bare });
            }
        }
        rows.retain(|row| keeps(row, true));
        let mut keyed: Vec<_> = rows.into_iter().map(|row| (self.sort_key(&row), row)).collect();
        keyed.sort_by(|(one, _), (other, _)| self.compare(one, other));
        keyed.into_iter().map(|(_, row)| row).collect()
    }

    fn sort_key<'w>(&self, row: &Row<'w>) -> Vec<Option<Cell<'w>>> {
        self.order_by.iter().map(|(field, _)| (field.read)(row)).collect()
    }

    fn compare(&self, one: &[Option<Cell<'_>>], other: &[Option<Cell<'_>>]) -> std::cmp::Ordering {
        let pairs = one.iter().zip(other).zip(&self.order_by).map(|((one, other), (_, direction))| {
            let ascending = one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal);
            if *direction == Direction::Ascending { ascending } else { ascending.reverse() }
        });
        pairs.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    }
}

/// The field of that name, if a query to this resource and account may name it.
fn known(resource: &Resource, customer: &Customer, name: &str) -> Result<&'static Field, Refusal> {
    let field = Field::find(name)
        .ok_or_else(|| Refusal::query("UNRECOGNIZED_FIELD", format!("Unrecognized field in the query: '{name}'.")))?;
    let of = field.resource();
    match field.category() {
        "METRIC" if customer.is_manager() => {
            let message = "Metrics cannot be requested for a manager account.";
            Err(Refusal::query("REQUESTED_METRICS_FOR_MANAGER", message))
        }
        "METRIC" | "SEGMENT" if !resource.has_metrics => {
            let message = format!("'{name}' cannot be selected with '{}'.", resource.name);
            Err(Refusal::query("PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE", message))
        }
        "ATTRIBUTE" if of != resource.name && !resource.joined.contains(&of) => {
            let message = format!("Fields of '{of}' cannot be selected with '{}'.", resource.name);
            Err(Refusal::query("PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE", message))
        }
        _ => Ok(field),
    }
}

/// The days that a condition on `segments.date` leaves; an end it does not give stays open.
fn days(test: &Test, today: NaiveDate) -> Result<Range, Refusal> {
    let day = |literal: &Literal| {
        let Literal::Text(text) = literal else { return Err(bad_date()) };
        text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == *text).ok_or_else(bad_date)
    };
    let (open, end) = (NaiveDate::MIN, NaiveDate::MAX);
    let range = match test {
        Test::During(name) => Range::named(*name, today),
        Test::Between(first, last) => Range { first: day(first)?, last: day(last)? },
        Test::Compare(Comparison::Equal, on) => Range { first: day(on)?, last: day(on)? },
        Test::Compare(Comparison::AtLeast, from) => Range { first: day(from)?, last: end },
        Test::Compare(Comparison::Greater, after) => {
            Range { first: day(after)?.succ_opt().ok_or_else(bad_date)?, last: end }
        }
        Test::Compare(Comparison::AtMost, to) => Range { first: open, last: day(to)? },
        Test::Compare(Comparison::Less, before) => {
            Range { first: open, last: day(before)?.pred_opt().ok_or_else(bad_date)? }
        }
        _ => {
            return Err(Refusal::query(
                "OPERATOR_FIELD_MISMATCH",
                "'segments.date' cannot be used with this operator.",
            ));
        }
    };
    if range.first > range.last {
        return Err(Refusal::query("INVALID_VALUE_WITH_BETWEEN_OPERATOR", "The range of dates ends before it begins."));
    }
    Ok(range)
}

fn bad_date() -> Refusal {
    Refusal::query("BAD_VALUE", "A date is written 'YYYY-MM-DD'.")
}

fn entities<'w>(resource: &str, customer: &'w Customer, world: &'w World) -> Vec<Entity<'w>> {
    let itself = Entity { customer, client: None, campaign: None, ad_group: None, term: None };
    let campaigns = customer.campaigns.iter().map(|campaign| Entity { campaign: Some(campaign), ..itself });
    let groups = |entity: Entity<'w>| {
        let groups = entity.campaign.map_or(&[][..], |campaign| &campaign.ad_groups);
        groups.iter().map(move |group| Entity { ad_group: Some(group), ..entity })
    };
    let terms = |entity: Entity<'w>| {
        let terms = entity.ad_group.map_or(&[][..], |group| &group.terms);
        terms.iter().map(move |term| Entity { term: Some(term), ..entity })
    };
    match resource {
        "customer_client" => {
            let below =
                world.customers.iter().filter(|client| client.id == customer.id || client.parent == Some(customer.id));
            below.map(|client| Entity { client: Some(client), ..itself }).collect()
        }
        "campaign" => campaigns.collect(),
        "ad_group" => campaigns.flat_map(groups).collect(),
        "search_term_view" => campaigns.flat_map(groups).flat_map(terms).collect(),
        _ => vec![itself],
    }
}
