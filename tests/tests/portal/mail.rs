//! Mails that leave through a mail server.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use turnpike_config::MailTransport;
use turnpike_tests::{
    app::{Backend, TestApp},
    visitor::PASSWORD,
};

/// A mail server for one mail. It takes commands in their order and no others, and gives out what it was sent.
fn mail_server() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, mails) = channel();
    std::thread::spawn(move || sender.send(take_mail(listener.accept().unwrap().0)));
    (port, mails)
}

fn take_mail(mut stream: TcpStream) -> String {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
    let mut heard = String::new();
    let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    say("220 ready");
    for (command, answer) in
        [("EHLO ", "250 8BITMIME"), ("MAIL FROM:", "250 ok"), ("RCPT TO:", "250 ok"), ("DATA", "354 go on")]
    {
        let line = lines.next().unwrap();
        assert!(line.starts_with(command), "{line} instead of {command}");
        heard += &format!("{line}\n");
        say(answer);
    }
    for line in lines.by_ref().take_while(|line| line != ".") {
        heard += &format!("{line}\n");
    }
    say("250 taken");
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_to_the_mail_server_in_the_brands_name_with_its_link_whole() {
    let (port, mails) = mail_server();
    let app = TestApp::start_with(Backend::Sqlite, move |settings| {
        settings.mail.transport = MailTransport::Smtp;
        settings.mail.smtp_url = format!("smtp://127.0.0.1:{port}").into();
        settings.brand.mail_from = "hello@northlight.example".into();
        settings.brand.name = "Northlight".into();
    })
    .await;
    let visitor = app.visitor();
    let form = [("organisation", "Acme"), ("name", "Ann"), ("email", "ann@example.com"), ("password", PASSWORD)];
    visitor.submit("/sign-up", &form).await;
    let mail = tokio::task::spawn_blocking(move || mails.recv_timeout(Duration::from_secs(20)).unwrap()).await.unwrap();
    for part in [
        "MAIL FROM:<hello@northlight.example>",
        "RCPT TO:<ann@example.com>",
        "From: Northlight <hello@northlight.example>",
    ] {
        assert!(mail.contains(part), "{part} is not in {mail}");
    }
    let link = mail.lines().find_map(|line| line.strip_prefix(&app.url)).unwrap();
    assert_eq!(visitor.submit(link, &[]).await, "/start");
    // Nothing is shown of an outbox that there is not.
    assert_eq!(visitor.get("/outbox").await.status, 404);
}
