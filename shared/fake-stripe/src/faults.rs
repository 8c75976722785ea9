//! What goes wrong when a test says so.

/// A fault of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The work is done and the connection breaks before the answer.
    TimeoutAfterCommit,
    /// The connection breaks and nothing is done.
    TimeoutBeforeCommit,
    /// 500, and nothing is done.
    Status500Before,
    /// 500, though the work is done.
    Status500After,
    /// 429, and nothing is done.
    TooManyRequests,
    /// This status, and nothing is done.
    Status(u16),
}

/// Faults that wait for requests to a path.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) path_contains: String,
    pub(crate) fault: Fault,
    pub(crate) times: usize,
}

/// The next fault for a request, if one waits for it.
pub(crate) fn take(waiting: &mut [Waiting], request: &str) -> Option<Fault> {
    let next = waiting.iter_mut().find(|next| next.times > 0 && request.contains(&next.path_contains))?;
    next.times -= 1;
    Some(next.fault)
}
