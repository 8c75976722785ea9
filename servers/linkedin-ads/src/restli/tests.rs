use proptest::prelude::*;

use super::*;
use crate::sandbox::decode;

fn text(value: impl Into<Value>) -> String {
    value.into().to_string()
}

/// Twenty values, each with the text that LinkedIn's own client makes of it.
#[test]
fn the_encoding_is_that_of_the_vendors_own_client_byte_for_byte() {
    let account = |n: u32| Value::from(urn("sponsoredAccount", n));
    let day = |day: u32| record([("year", 2026_u32.into()), ("month", 11_u32.into()), ("day", day.into())]);
    let key = || record([("account", account(1)), ("user", "urn:li:person:abc".into())]);
    let search = |name: &str, values: Value| record([(name, record([("values", values)]))]);
    for (number, query, encoded) in [
        (1, Query::finder("hello world"), "q=hello%20world"),
        (2, Query::default().with("account", account(123)), "account=urn%3Ali%3AsponsoredAccount%3A123"),
        (3, Query::default().with("ids", list([1_u64, 2, 3])), "ids=List(1,2,3)"),
        (
            4,
            Query::default().with("accounts", list([account(1), account(2)])),
            "accounts=List(urn%3Ali%3AsponsoredAccount%3A1,urn%3Ali%3AsponsoredAccount%3A2)",
        ),
        (
            5,
            Query::default().with("dateRange", record([("start", day(1)), ("end", day(7))])),
            "dateRange=(start:(year:2026,month:11,day:1),end:(year:2026,month:11,day:7))",
        ),
        (
            6,
            Query::default().with("search", search("status", list(["ACTIVE", "PAUSED"]))),
            "search=(status:(values:List(ACTIVE,PAUSED)))",
        ),
        (
            7,
            Query::default().with("search", search("id", list([account(1), account(2)]))),
            "search=(id:(values:List(urn%3Ali%3AsponsoredAccount%3A1,urn%3Ali%3AsponsoredAccount%3A2)))",
        ),
        (8, Query::default().with("search", record([("test", "false".into())])), "search=(test:false)"),
        (
            9,
            Query::default().with("search", search("name", list(["Q4 (US), brand's: A&B"]))),
            "search=(name:(values:List(Q4%20%28US%29%2C%20brand%27s%3A%20A%26B)))",
        ),
        (
            10,
            Query::default().with("u", "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:68,1)"),
            "u=urn%3Ali%3AversionedLeadGenForm%3A%28urn%3Ali%3AleadGenForm%3A68%2C1%29",
        ),
        (
            11,
            Query::default().with("urns", list(["urn:li:staffCountRange:(11,50)"])),
            "urns=List(urn%3Ali%3AstaffCountRange%3A%2811%2C50%29)",
        ),
        (
            12,
            Query::default().with("ids", list([key()])),
            "ids=List((account:urn%3Ali%3AsponsoredAccount%3A1,user:urn%3Ali%3Aperson%3Aabc))",
        ),
        (13, Query::default().with("name", ""), "name=''"),
        (13, Query::default().with("ids", list::<Value>([])), "ids=List()"),
        (13, Query::default().with("ids", list([""])), "ids=List('')"),
        (14, Query::default().with("name", "株式会社"), "name=%E6%A0%AA%E5%BC%8F%E4%BC%9A%E7%A4%BE"),
        (15, Query::default().with("name", "50% off + A/B=C?"), "name=50%25%20off%20%2B%20A%2FB%3DC%3F"),
        (16, Query::default().with("name", "a*b~c!d"), "name=a*b~c!d"),
        (
            17,
            Query::default().with("sortBy", record([("field", "IMPRESSIONS".into()), ("order", "DESCENDING".into())])),
            "sortBy=(field:IMPRESSIONS,order:DESCENDING)",
        ),
        (18, Query::default().with("pivots", list(["CAMPAIGN", "CREATIVE"])), "pivots=List(CAMPAIGN,CREATIVE)"),
        (19, Query::finder("analytics").fields(&["impressions", "clicks"]), "q=analytics&fields=impressions,clicks"),
    ] {
        assert_eq!(query.as_str(), encoded, "example {number}");
        if number != 19 {
            let (_, value) = encoded.split_once('=').expect("a parameter");
            let decoded = decode::value(value).expect(encoded);
            assert_eq!(text(decoded), value, "example {number}, decoded and encoded again");
        }
    }
    // 20: keys in paths are encoded in the same way.
    assert_eq!(format!("/x/{}", account(123)), "/x/urn%3Ali%3AsponsoredAccount%3A123");
    assert_eq!(format!("/x/{}", key()), "/x/(account:urn%3Ali%3AsponsoredAccount%3A1,user:urn%3Ali%3Aperson%3Aabc)");
}

#[test]
fn what_was_decoded_is_what_the_vendors_own_client_decodes() {
    let query = decode::query("ids=List(1,2)&s=(a:b%20c,d:List(x,y))&e=''").expect("a query");
    let expected = [
        ("ids", list(["1", "2"])),
        ("s", record([("a", "b c".into()), ("d", list(["x", "y"]))])),
        ("e", Value::from("")),
    ];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn a_short_query_goes_in_the_url_and_a_long_or_fragile_one_in_the_body() {
    let short = Query::finder("search").with("pageSize", 100_u32).get("/rest/adAccounts", "FINDER");
    assert_eq!((short.method.as_str(), short.raw_query.as_str()), ("GET", "q=search&pageSize=100"));
    assert!(short.form.is_none());
    let long = Query::default().with("ids", list(0..2_000_u64));
    let fragile = Query::default().with("name", "");
    for query in [long, fragile] {
        let text = query.as_str().to_owned();
        let sent = query.get("/rest/adAccounts", "BATCH_GET");
        assert_eq!(
            (sent.method.as_str(), sent.raw_query.as_str(), sent.effect),
            ("POST", "", turnpike_sdk::Effect::Read)
        );
        assert_eq!(sent.form.as_deref(), Some(text.as_bytes()));
        assert!(sent.headers.contains(&("X-HTTP-Method-Override", "GET".into())), "{:?}", sent.headers);
    }
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[A-Za-z:(),'%+ ]{0,8}", Just("List()".to_owned()), Just("''".to_owned())];
    text.clone().prop_map(Value::Text).prop_recursive(4, 32, 4, move |inner| {
        let fields = prop::collection::vec((text.clone(), inner.clone()), 0..4);
        prop_oneof![prop::collection::vec(inner, 0..4).prop_map(Value::List), fields.prop_map(Value::Record)]
    })
}

proptest! {
    #[test]
    fn the_sandbox_decodes_what_was_encoded(value in values()) {
        prop_assert_eq!(decode::value(&value.to_string()).expect("an encoding"), value);
    }

    #[test]
    fn every_encoding_may_stand_in_a_query(value in values()) {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*(),:'%".contains(&byte);
        prop_assert!(value.to_string().bytes().all(allowed));
    }

    #[test]
    fn no_text_makes_the_decoder_fall_over(text in any::<String>()) {
        if let Ok(value) = decode::value(&text) {
            prop_assert_eq!(value.to_string(), text);
        }
    }
}
