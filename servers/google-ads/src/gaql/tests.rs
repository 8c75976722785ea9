use proptest::{collection::vec, option, prelude::*, sample::select};
use turnpike_sdk::ArgumentError;

use super::{ast::Condition, *};

fn name() -> impl Strategy<Value = Name> {
    "[a-z_][a-z0-9_]{0,8}(\\.[a-z_][a-z0-9_]{0,8}){0,2}".prop_map(|text| Name::read(&text).expect("a name"))
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_map(Literal::Text),
        "['\"\\\\\r\n;%()-]{0,12}".prop_map(Literal::Text),
        "-?[0-9]{1,12}(\\.[0-9]{1,3})?".prop_map(Literal::Number),
        "[A-Za-z_][A-Za-z0-9_]{0,10}".prop_map(Literal::Word),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    prop_oneof![
        (select(Comparison::ALL), literal()).prop_map(|(operator, value)| Test::Compare(operator, value)),
        (select(Membership::ALL), vec(literal(), 1..4)).prop_map(|(operator, values)| Test::Member(operator, values)),
        (literal(), literal()).prop_map(|(low, high)| Test::Between(low, high)),
        select(NamedRange::ALL).prop_map(Test::During),
        select(Presence::ALL).prop_map(Test::Presence),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    (
        vec(name(), 1..5),
        name(),
        vec((name(), test()).prop_map(|(field, test)| Condition { field, test }), 0..4),
        vec((name(), select(Direction::ALL)), 0..3),
        option::of(1..u32::MAX),
    )
        .prop_map(|(select, from, filters, order_by, limit)| Query {
            select,
            from: Some(from),
            filters,
            order_by,
            limit,
        })
}

proptest! {
    #[test]
    fn what_is_rendered_is_read_back_the_same(query in query()) {
        prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
    }

    #[test]
    fn a_hostile_text_stays_inside_its_one_literal(text in any::<String>(), tail in "['\"\\\\\r\n;]{0,6} OR .=.") {
        let hostile = format!("{text}{tail}");
        let test = Test::is(hostile.as_str());
        let query = Query::select(&["campaign.id"]).from("campaign").filter("campaign.name", test);
        let read = Query::parse(&query.to_string()).expect("well formed");
        prop_assert_eq!(read.filters.len(), 1);
        prop_assert_eq!(&read.filters[0].test, &Test::Compare(Comparison::Equal, Literal::Text(hostile)));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), query in query(), cut in any::<prop::sample::Index>()) {
        let _ = Query::parse(&text);
        let rendered: Vec<char> = query.to_string().chars().collect();
        let _ = Query::parse(&rendered[..cut.index(rendered.len())].iter().collect::<String>());
    }
}

#[test]
fn an_agents_spelling_is_normalised() {
    let query = Query::parse(
        "select campaign.id,\n metrics.clicks from campaign where segments.date during last_7_days \
         and campaign.name not like \"%it's%\" and campaign.id in (1,-2) \
         order by metrics.clicks desc, campaign.id limit 5",
    );
    assert_eq!(
        query.map(|query| query.to_string()).as_deref(),
        Ok("SELECT campaign.id, metrics.clicks FROM campaign WHERE segments.date DURING LAST_7_DAYS \
            AND campaign.name NOT LIKE '%it\\'s%' AND campaign.id IN (1, -2) \
            ORDER BY metrics.clicks DESC, campaign.id ASC LIMIT 5")
    );
}

#[test]
fn what_is_not_one_plain_select_is_refused() {
    for bad in [
        "",
        "DELETE FROM campaign",
        "SELECT FROM campaign",
        "SELECT campaign.id",
        "SELECT campaign.id FROM campaign, ad_group",
        "SELECT campaign.id FROM campaign;",
        "SELECT campaign.id FROM campaign; SELECT customer.id FROM customer",
        "SELECT campaign.id FROM campaign -- all",
        "SELECT campaign.id /* all */ FROM campaign",
        "SELECT campaign.id FROM campaign WHERE campaign.id = 1 OR campaign.id = 2",
        "SELECT campaign.id FROM campaign PARAMETERS include_drafts=true",
        "SELECT Campaign.Id FROM campaign",
        "SELECT campaign..id FROM campaign",
        "SELECT * FROM campaign",
        "SELECT campaign.id FROM campaign WHERE campaign.name = 'open",
        "SELECT campaign.id FROM campaign WHERE campaign.name = 'a\\d'",
        "SELECT campaign.id FROM campaign WHERE campaign.id IN ()",
        "SELECT campaign.id FROM campaign WHERE segments.date = 2026-11-01",
        "SELECT campaign.id FROM campaign WHERE segments.date DURING FOREVER",
        "SELECT campaign.id FROM campaign WHERE campaign.id = campaign.id",
        "SELECT campaign.id FROM campaign LIMIT 0",
        "SELECT campaign.id FROM campaign LIMIT -1",
        "SELECT campaign.id FROM campaign LIMIT 1.5",
        "SELECT campaign.id FROM campaign\u{a0}LIMIT 1",
    ] {
        assert!(Query::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_error_names_the_place_what_was_expected_and_a_right_example() {
    let error = Query::parse("SELECT campaign.id FROM campaign WHERE campaign.id = 1 OR x = 2").expect_err("no OR");
    let error = ArgumentError::from(error);
    assert_eq!(error.field, "query");
    assert!(error.problem.starts_with("at character 56 there is `OR x = 2` where AND, ORDER BY"), "{}", error.problem);
    assert!(error.fix.contains("IN ('ENABLED', 'PAUSED')"), "{}", error.fix);
}

#[test]
fn a_wildcard_in_a_searched_part_means_itself() {
    let query = Query::select(&["campaign.id"]).from("campaign").filter("campaign.name", Test::contains("50%_[x]"));
    assert_eq!(query.to_string(), "SELECT campaign.id FROM campaign WHERE campaign.name LIKE '%50[%][_][[]x[]]%'");
}
