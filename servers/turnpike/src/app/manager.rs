//! Whoever started this process and watches over it: systemd, or nobody.

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

/// This process takes requests.
pub(super) fn serving() {
    tell(&NotifyState::Ready);
}

/// This process has been told to go.
pub(super) fn stopping() {
    tell(&NotifyState::Stopping);
}

/// Says that this process is alive, twice as often as is asked for, until it has ended. Who hears nothing kills it and starts the
/// next: that is for a process in which nothing runs any more. A database that does not answer is no such thing.
pub(super) fn keep_alive() {
    let Some(patience) = sd_notify::watchdog_enabled().filter(|patience| !patience.is_zero()) else { return };
    let mut turn = interval(patience / 2);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::spawn(async move {
        loop {
            turn.tick().await;
            tell(&NotifyState::Watchdog);
        }
    });
}

fn tell(state: &NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(std::slice::from_ref(state)) {
        tracing::warn!(%error, "the service manager cannot be told: {state}");
    }
}
