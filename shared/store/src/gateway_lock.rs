//! Which gateways may serve on one PostgreSQL database at the same time: one that counts limits for itself, or any number of
//! those that count together.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use crate::{Store, StoreError, db::Db};

/// An advisory lock of PostgreSQL is a number; this one is "turnpike" in ASCII.
const NUMBER: i64 = 0x7475_726e_7069_6b65;
/// How long a connection that is there may take to show that it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// A lock that a gateway holds for as long as it lives, on a connection of its own: with the connection it is gone, however the
/// process ends. It needs a connection that is the process's own, and not one that a pooler lends for a transaction.
pub struct GatewayLock {
    options: Option<PgConnectOptions>,
    alone: bool,
    connection: Option<PgConnection>,
}

impl Store {
    /// The lock of a gateway that must be alone, or of one that may be beside others of its like. It is not held yet.
    pub fn gateway_lock(&self, alone: bool) -> GatewayLock {
        let options = match &*self.0 {
            Db::Postgres(pool) => Some(pool.connect_options().as_ref().clone().application_name("turnpike-gateway")),
            Db::Sqlite { .. } => None,
        };
        GatewayLock { options, alone, connection: None }
    }
}

impl GatewayLock {
    /// Holds it, from now on or still: after the database has gone and come back it is taken anew. False when another gateway
    /// serves beside which this one must not. On SQLite it says nothing: one machine is one process's.
    pub async fn hold(&mut self) -> Result<bool, StoreError> {
        let Some(options) = &self.options else { return Ok(true) };
        if let Some(connection) = &mut self.connection {
            if matches!(timeout(PATIENCE, connection.ping()).await, Ok(Ok(()))) {
                return Ok(true);
            }
            self.connection = None;
        }
        let mut connection = options.connect().await?;
        // The server notices within half a minute that a machine has gone without a word.
        let watched = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";
        sqlx::raw_sql(watched).execute(&mut connection).await?;
        let take = match self.alone {
            true => "SELECT pg_try_advisory_lock($1)",
            false => "SELECT pg_try_advisory_lock_shared($1)",
        };
        let (held,): (bool,) = sqlx::query_as(take).bind(NUMBER).fetch_one(&mut connection).await?;
        if held {
            self.connection = Some(connection);
        }
        Ok(held)
    }
}
