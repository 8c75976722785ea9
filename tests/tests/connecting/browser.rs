//! A browser without script: it opens pages, presses buttons, and follows nothing by itself.

use reqwest::{Client, StatusCode, Url, header::HeaderMap, redirect::Policy};
use url::form_urlencoded::Serializer;

/// A page that was opened.
#[derive(Debug)]
pub struct Page {
    pub url: Url,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub html: String,
}

/// Opens a page.
pub async fn open(url: &Url) -> Page {
    read(url, client().get(url.clone())).await
}

/// Presses a button of the page's form, with what is filled in besides the hidden fields.
pub async fn press(page: &Page, button: Option<(&str, &str)>, filled_in: &[(&str, &str)]) -> Page {
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    let hidden = page.inputs().into_iter().filter(|input| input.kind == "hidden");
    let mut form = Serializer::new(String::new());
    form.extend_pairs(hidden.map(|input| (input.name, input.value)));
    form.extend_pairs(filled_in).extend_pairs(button);
    let action = between(&page.html, "action=\"", "\"").expect("a form");
    let url = page.url.join(&action).unwrap();
    let request = client().post(url.clone()).header("content-type", "application/x-www-form-urlencoded");
    read(&url, request.body(form.finish())).await
}

/// An input of a form.
pub struct Input {
    pub kind: String,
    pub name: String,
    pub value: String,
    pub label: Option<String>,
    pub readonly: bool,
}

impl Page {
    /// Where the page sends the browser.
    pub fn leads_to(&self) -> Url {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.html);
        self.headers["location"].to_str().unwrap().parse().unwrap()
    }

    /// The inputs of its form.
    pub fn inputs(&self) -> Vec<Input> {
        let tags = self.html.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap());
        let attribute = |tag: &str, name: &str| between(tag, &format!("{name}=\""), "\"").map(|text| unescape(&text));
        tags.map(|tag| Input {
            kind: attribute(tag, "type").unwrap_or_default(),
            name: attribute(tag, "name").unwrap_or_default(),
            value: attribute(tag, "value").unwrap_or_default(),
            label: attribute(tag, "id")
                .and_then(|id| between(&self.html, &format!("<label for=\"{id}\">"), "<"))
                .map(|label| unescape(&label)),
            readonly: tag.ends_with(" readonly"),
        })
        .collect()
    }
}

/// A parameter of a URL.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}

fn client() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

async fn read(url: &Url, request: reqwest::RequestBuilder) -> Page {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Page { url: url.clone(), status, headers, html: response.text().await.unwrap() }
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    Some(text.split_once(before)?.1.split_once(after)?.0.to_owned())
}

fn unescape(text: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    marks.into_iter().fold(text.to_owned(), |text, (mark, letter)| text.replace(mark, letter))
}
