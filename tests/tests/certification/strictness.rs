//! A sandbox that takes anything proves nothing: what a wrong client sends is refused by each.

use reqwest::Method;
use turnpike_core::{Clock as _, SystemClock};
use turnpike_sdk::{Recorded, Response};
use turnpike_tests::{app::FakeVendor, tour::tour};

use crate::{
    scene::{certified, start_unlimited},
    wire::carrier,
};

/// Headers that any client sends, and one that LinkedIn asks for only where it cannot tell the method from the query. Every
/// other one is there because the vendor asks for it.
const USUAL: [&str; 7] =
    ["host", "accept", "accept-encoding", "content-type", "content-length", "user-agent", "x-restli-method"];

#[tokio::test]
async fn a_client_without_the_right_credential_header_or_body_is_refused_by_every_sandbox() {
    let app = start_unlimited().await;
    let tenant = app.tenant("one").await;
    for integration in certified() {
        let name = integration.manifest.name;
        let vendor = app.vendor(name);
        tour(&integration, &tenant.agent).await;
        let mut refused = 0;
        for right in one_of_each(vendor) {
            for (how, wrong) in wrong_ones(&right, carrier(&integration.manifest.auth)) {
                let answer = send(vendor, &wrong).await;
                let fault = (integration.classify)(&answer, SystemClock.now());
                assert!(fault.is_some(), "{name} {} takes {how}: {}", right.uri.path(), answer.status);
                refused += 1;
            }
        }
        println!("{name}: {refused} wrong requests refused");
        assert!(refused > 10, "{name}: {refused}");
    }
}

/// One request of each method and path that the tour has made and the vendor takes a second time.
fn one_of_each(vendor: &FakeVendor) -> Vec<Recorded> {
    let mut seen = std::collections::BTreeSet::new();
    let calls = vendor.script.recorded().into_iter().filter(|request| !vendor.is_about_tokens(request));
    calls.filter(|request| seen.insert((request.method.to_string(), request.uri.path().to_owned()))).collect()
}

/// Requests that are wrong in one way each. The carrier is the header of the credential, and what stands before it there.
fn wrong_ones(right: &Recorded, (carrier, prefix): (&'static str, &str)) -> Vec<(String, Recorded)> {
    let mut wrong = vec![];
    let mut add = |how: &str, change: &dyn Fn(&mut Recorded)| {
        let mut request = right.clone();
        change(&mut request);
        wrong.push((how.to_owned(), request));
    };
    if !right.headers.contains_key(carrier) {
        // A signed link: it is the bearer of a token that must be turned away.
        add("a signed link with a credential", &|request| {
            request.headers.insert(carrier, format!("{prefix}one-too-many").parse().unwrap());
        });
        return wrong;
    }
    add("a wrong credential", &|request| {
        request.headers.insert(carrier, format!("{prefix}nobody-knows-me").parse().unwrap());
    });
    for name in right.headers.keys().filter(|name| !USUAL.contains(&name.as_str())) {
        add(&format!("a request without {name}"), &|request| {
            request.headers.remove(name);
        });
    }
    if !right.body.is_empty() {
        add("half a body", &|request| request.body = request.body.slice(..request.body.len() / 2));
        add("a body of another kind", &|request| {
            request.headers.insert("content-type", "text/plain".parse().unwrap());
        });
    }
    let other = if right.method == Method::PATCH { Method::PUT } else { Method::PATCH };
    add("a method that is not offered", &|request| request.method = other.clone());
    wrong
}

async fn send(vendor: &FakeVendor, request: &Recorded) -> Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut headers = request.headers.clone();
    for name in ["host", "content-length"] {
        headers.remove(name);
    }
    let url = format!("{}{}", vendor.base_url, request.uri);
    let request = client.request(request.method.clone(), url).headers(headers).body(request.body.clone());
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    Response { status, headers, body: answer.bytes().await.unwrap() }
}

/// So that a sandbox which refuses everything does not pass.
#[tokio::test]
async fn the_same_requests_as_they_were_are_taken() {
    let app = start_unlimited().await;
    let tenant = app.tenant("one").await;
    for integration in certified() {
        let vendor = app.vendor(integration.manifest.name);
        tour(&integration, &tenant.agent).await;
        let reads = one_of_each(vendor);
        let mut taken = 0;
        for request in &reads {
            let answer = send(vendor, request).await;
            taken += usize::from((integration.classify)(&answer, SystemClock.now()).is_none());
        }
        assert!(taken * 3 >= reads.len() * 2, "{}: {taken} of {}", integration.manifest.name, reads.len());
    }
}
