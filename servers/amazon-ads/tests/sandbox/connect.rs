//! Finding the profiles of all regions.

use turnpike_core::Class;
use turnpike_sdk::{Behaviour, ToolError};

use crate::bench::{ARCHIVE, BAKERY, FAILING, LOOKOUT, OUTDOOR, TEA, WHOLESALE, connected, unconnected};

#[tokio::test]
async fn a_connection_finds_the_profiles_of_all_three_regions_with_every_digit_of_their_ids() {
    let bench = connected().await;
    let found: Vec<_> = bench
        .accounts
        .iter()
        .map(|it| (it.region.as_deref().expect("a region"), it.id.as_str(), it.currency.as_str()))
        .collect();
    // Neither the agency's profile nor the stranger's is among them.
    let expected = [
        ("na", OUTDOOR, "USD"),
        ("na", FAILING, "CAD"),
        ("na", ARCHIVE, "MXN"),
        ("eu", BAKERY, "EUR"),
        ("eu", WHOLESALE, "GBP"),
        ("fe", TEA, "JPY"),
        ("fe", LOOKOUT, "AUD"),
    ];
    assert_eq!(found, expected);
    assert_eq!(
        (bench.accounts[0].name.as_str(), bench.accounts[5].time_zone.as_str()),
        ("Sandbox Outdoor (US)", "Asia/Tokyo")
    );
    let lists: Vec<_> =
        bench.script.recorded().into_iter().filter(|it| it.uri.path().ends_with("/v2/profiles")).collect();
    assert_eq!(lists.len(), 3);
    for list in lists {
        assert!(!list.headers.contains_key("amazon-advertising-api-scope"));
        assert_eq!(list.uri.query(), Some("apiProgram=campaign&accessLevel=view"));
    }
    assert!(bench.warnings.lock().expect("unpoisoned").is_empty());
}

#[tokio::test]
async fn a_region_that_is_down_takes_nothing_from_the_others_and_is_told_of() {
    for behaviour in
        [Behaviour::Status { code: 503 }, Behaviour::Storm { seconds: 60 }, Behaviour::Permission, Behaviour::Garbage]
    {
        let bench = unconnected().await;
        bench.script.next(1, behaviour);
        let found = bench.find_accounts().await.expect("the others");
        assert!(found.iter().all(|account| account.region.as_deref() != Some("na")) && found.len() == 4, "{found:?}");
        let warnings = bench.warnings.lock().expect("unpoisoned");
        assert!(warnings.len() == 1 && warnings[0].contains("region na"), "{warnings:?}");
    }
}

#[tokio::test]
async fn a_grant_that_is_no_good_is_no_matter_of_a_region() {
    let bench = unconnected().await;
    bench.script.next(1, Behaviour::ExpiredToken);
    let error = bench.find_accounts().await.expect_err("a fault");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::AuthExpired));
}

#[tokio::test]
async fn when_no_region_answers_the_first_failure_is_told() {
    let bench = unconnected().await;
    bench.script.next(3, Behaviour::Html500);
    let error = bench.find_accounts().await.expect_err("a fault");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::Upstream));
    assert_eq!(bench.warnings.lock().expect("unpoisoned").len(), 3);
}
