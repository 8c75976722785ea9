//! Mails: what they say, and how they leave.

mod connections;
mod letter;
mod money;
mod outbox;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Body, Mailbox,
        header::{ContentTransferEncoding, ContentType},
    },
};
use secrecy::ExposeSecret as _;
use tokio_util::task::TaskTracker;
use turnpike_config::{MailTransport, Settings};
use turnpike_core::{Ambient, LinkId};
use url::Url;

pub(crate) use connections::ConnectionLetter;
pub(crate) use letter::Letter;
pub(crate) use money::MoneyLetter;
pub(crate) use outbox::{list as outbox_list, show as outbox_show};

use crate::{brand::Brand, portal::StartError};

/// How mails leave.
enum Way {
    /// Each becomes a file.
    Outbox(PathBuf),
    /// Through a mail server.
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
}

/// Sends mails beside the request that asks for them: how long that takes tells nobody whether an address is known.
#[derive(Clone)]
pub(crate) struct Mailer {
    way: Arc<Way>,
    ambient: Ambient,
    tasks: TaskTracker,
    /// The folder that a browser on this machine may look into.
    pub(crate) open_outbox: Option<PathBuf>,
}

/// Asks whether mails would leave by these settings: a mail server greets us, or the outbox can be written. None is sent.
pub async fn check_mail(settings: &Settings, ambient: Ambient) -> Result<(), MailError> {
    match &*Mailer::new(settings, ambient)?.way {
        Way::Smtp(server) => server.test_connection().await.map(drop).map_err(MailError::from),
        Way::Outbox(folder) => make_outbox(folder).await.map_err(MailError::from),
    }
}

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The settings name no way out.
    #[error(transparent)]
    Settings(#[from] StartError),
    /// An address is none.
    #[error("an address cannot be used: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// The mail cannot be written down.
    #[error("the mail cannot be put together: {0}")]
    Message(#[from] lettre::error::Error),
    /// The mail server is away, or refuses it.
    #[error("the mail server did not take it: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The outbox is not ours to write.
    #[error("the outbox cannot be written: {0}")]
    Outbox(#[from] std::io::Error),
}

impl MailError {
    /// Whether trying again would end the same way.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Settings(_) | Self::Address(_) | Self::Message(_) => true,
            Self::Smtp(error) => error.is_permanent(),
            Self::Outbox(_) => false,
        }
    }
}

impl Mailer {
    pub(crate) fn new(settings: &Settings, ambient: Ambient) -> Result<Self, StartError> {
        let folder = settings.data.join("outbox");
        let way = match settings.mail.transport {
            MailTransport::Outbox => Way::Outbox(folder.clone()),
            MailTransport::Smtp => {
                // The library's error could repeat the URL.
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(settings.mail.smtp_url.expose_secret())
                    .map_err(|_| StartError::Mail("it is no URL of a mail server".into()))?;
                Way::Smtp(Box::new(builder.build()))
            }
        };
        let open_outbox = settings.outbox_is_open().then_some(folder);
        Ok(Self { way: Arc::new(way), ambient, tasks: TaskTracker::new(), open_outbox })
    }

    /// Sends a mail. That it did not leave is told in the logs: the person asks for another.
    pub(crate) fn send(&self, brand: &Brand, to: &str, letter: &Letter) {
        let message = message(brand, to, letter);
        let (way, id) = (self.way.clone(), self.ambient.id::<LinkId>());
        let subject = letter.kind();
        self.tasks.spawn(async move {
            let sent = match message {
                Ok(message) => deliver(&way, &message, id).await,
                Err(error) => Err(error),
            };
            match sent {
                Ok(()) => tracing::info!(mail = subject, "a mail was sent"),
                Err(error) => tracing::error!(mail = subject, %error, "a mail was not sent"),
            }
        });
    }

    /// Sends a mail and waits until it was taken.
    pub(crate) async fn deliver(&self, brand: &Brand, to: &str, letter: &Letter) -> Result<(), MailError> {
        deliver(&self.way, &message(brand, to, letter)?, self.ambient.id()).await?;
        tracing::info!(mail = letter.kind(), "a mail was sent");
        Ok(())
    }

    /// Waits for the mails under way.
    pub(crate) async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn deliver(way: &Way, message: &Message, id: LinkId) -> Result<(), MailError> {
    match way {
        Way::Smtp(server) => server.send(message.clone()).await.map(drop).map_err(MailError::from),
        Way::Outbox(folder) => {
            make_outbox(folder).await?;
            // Written under another name first: who lists the folder sees whole mails only.
            let (half, whole) = (folder.join(format!("{id}.part")), folder.join(format!("{id}.eml")));
            tokio::fs::write(&half, message.formatted()).await?;
            Ok(tokio::fs::rename(half, whole).await?)
        }
    }
}

async fn make_outbox(folder: &Path) -> std::io::Result<()> {
    let mut options = tokio::fs::DirBuilder::new();
    options.recursive(true).mode(0o700).create(folder).await
}

fn message(brand: &Brand, to: &str, letter: &Letter) -> Result<Message, MailError> {
    let own = &brand.settings;
    let host = Url::parse(&brand.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    // An address in a mail has a domain, which the number of a test machine is not.
    let host = if host.parse::<std::net::IpAddr>().is_ok() { "localhost".to_owned() } else { host };
    let from: Mailbox = match own.mail_from.as_str() {
        "" => Mailbox::new(Some(own.name.clone()), format!("noreply@{host}").parse()?),
        set => {
            let mailbox: Mailbox = set.parse()?;
            Mailbox::new(mailbox.name.or_else(|| Some(own.name.clone())), mailbox.email)
        }
    };
    let message = Message::builder().from(from).to(to.parse()?).subject(letter.subject(brand));
    let message = message.message_id(None).header(ContentType::TEXT_PLAIN);
    // As it is written, so that whoever opens the file can read it. Lines are far below the 998 octets of RFC 5322, which
    // the library does not believe: it would cut links in two.
    let text = letter.text(brand).replace('\n', "\r\n").into_bytes();
    Ok(message.body(Body::dangerous_pre_encoded(text, ContentTransferEncoding::EightBit))?)
}
