//! Bringing the tables up to date, and checking at start that they are and that the role is a safe one.

use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, PgPool, SqlSafeStr,
    migrate::{Migrate as _, MigrateError, Migration, MigrationType, Migrator},
};

use crate::{
    Store, StoreError,
    db::Db,
    dialect,
    row::{FromRow, Row, Scalar},
};

/// A migration: its name, which begins with its number, and its two texts.
struct Step {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! steps {
    ($($name:literal),* $(,)?) => { steps!(in "../migrations/": $($name),*) };
    (in $folder:literal: $($name:literal),*) => {
        &[$(Step {
            name: $name,
            sqlite: include_str!(concat!($folder, "sqlite/", $name, ".sql")),
            postgres: include_str!(concat!($folder, "postgres/", $name, ".sql")),
        }),*]
    };
}

const STEPS: &[Step] = steps![
    "0001_tenants",
    "0002_connections",
    "0003_ledger",
    "0004_writes",
    "0005_secrets",
    "0006_jobs",
    "0007_changes",
    "0008_controls",
    "0009_portal",
    "0010_groups",
    "0011_oauth",
    "0012_billing",
    "0013_work",
    "0014_calendar",
    "0015_partitions",
    "0016_key_rotations",
    "0017_connection_ends",
    "0018_notices",
];

/// The steps of a database, and what PostgreSQL is told after them each time.
struct Schema {
    steps: &'static [Step],
    afterwards: &'static [&'static str],
}

const MAIN: Schema = Schema { steps: STEPS, afterwards: &[dialect::GUARD_TABLES, dialect::MAKE_NEXT_MONTHS] };

/// A database that holds wrapped data keys and nothing else.
const KEYS: Schema =
    Schema { steps: steps!(in "../migrations/keys/": "0001_data_keys"), afterwards: &[dialect::GUARD_TABLES] };

impl Store {
    /// Runs the migrations that were not run yet and returns their names. On PostgreSQL as the tables' owner; of two at once one
    /// waits, and finds it done.
    ///
    /// # Errors
    /// [`StoreError::TableHeld`] when somebody else holds a table for more than five seconds: of the migration that met it
    /// nothing is done then, and those who serve have not waited longer.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.run(&MAIN).await
    }

    /// The same for a database that holds wrapped data keys and nothing else.
    pub async fn migrate_keys(&self) -> Result<Vec<String>, StoreError> {
        self.run(&KEYS).await
    }

    async fn run(&self, schema: &'static Schema) -> Result<Vec<String>, StoreError> {
        let before = match &*self.0 {
            Db::Sqlite { write, .. } => {
                let before = self.applied().await?;
                migrator(schema.steps, |step| step.sqlite).run(write).await?;
                before
            }
            Db::Postgres(pool) => migrate_postgres(pool, schema).await?,
        };
        Ok(numbered(schema.steps).filter(|(number, _)| *number > before).map(|(_, step)| step.name.into()).collect())
    }

    /// Gives a PostgreSQL role what the application needs, and no more. Nothing to do on SQLite.
    pub async fn grant_application_role(&self, role: &str) -> Result<(), StoreError> {
        if let Db::Postgres(pool) = &*self.0 {
            sqlx::raw_sql(AssertSqlSafe(dialect::grants_for(role))).execute(pool).await?;
        }
        Ok(())
    }

    /// The same for a database that holds wrapped data keys and nothing else.
    pub async fn grant_keys_role(&self, role: &str) -> Result<(), StoreError> {
        if let Db::Postgres(pool) = &*self.0 {
            sqlx::raw_sql(AssertSqlSafe(dialect::key_grants_for(role))).execute(pool).await?;
        }
        Ok(())
    }

    /// Refuses tables that are too old, and a PostgreSQL role that row-level security would not hold.
    ///
    /// Tables that are newer are fine: replicas of two versions serve side by side while one replaces the other.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.check_steps(STEPS).await
    }

    /// The same for a database that holds wrapped data keys and nothing else.
    pub async fn check_keys(&self) -> Result<(), StoreError> {
        self.check_steps(KEYS.steps).await
    }

    async fn check_steps(&self, steps: &'static [Step]) -> Result<(), StoreError> {
        let (applied, newest) = (self.applied().await?, numbered(steps).map(|(number, _)| number).max().unwrap_or(0));
        if applied < newest {
            return Err(StoreError::SchemaBehind { applied, newest });
        }
        if let Db::Postgres(_) = &*self.0 {
            self.check_guard().await?;
        }
        Ok(())
    }

    async fn check_guard(&self) -> Result<(), StoreError> {
        let system = self.system().0;
        if let Some(Powers { role, power: Some(power) }) = system.find(dialect::ROLE_POWERS, &[]).await? {
            return Err(StoreError::RoleTooPowerful { role, power });
        }
        match system.find(dialect::FIND_UNGUARDED, &[]).await? {
            Some(Scalar(table)) => Err(StoreError::Unguarded { table }),
            None => Ok(()),
        }
    }

    /// The number of the newest migration that was run; 0 for none.
    async fn applied(&self) -> Result<i64, StoreError> {
        let newest = "SELECT COALESCE(MAX(version), 0) AS value FROM _sqlx_migrations WHERE success";
        match self.system().0.find(newest, &[]).await {
            Ok(newest) => Ok(newest.map_or(0, |Scalar(number)| number)),
            Err(StoreError::Database(sqlx::Error::Database(error))) if dialect::is_missing_table(&*error) => Ok(0),
            Err(error) => Err(error),
        }
    }
}

/// The number of the newest migration that was run before. On a connection of its own, for it waits longer than one of the pool
/// may.
async fn migrate_postgres(pool: &PgPool, schema: &'static Schema) -> Result<i64, StoreError> {
    let mut connection = pool.acquire().await?.detach();
    sqlx::raw_sql(dialect::AWAIT_MIGRATION).execute(&mut connection).await?;
    connection.lock().await?;
    let migrated = migrate_alone(&mut connection, schema).await;
    // The lock ends with it, also where that failed.
    connection.close().await?;
    migrated
}

async fn migrate_alone(connection: &mut PgConnection, schema: &'static Schema) -> Result<i64, StoreError> {
    const TABLE: &str = "_sqlx_migrations";
    sqlx::raw_sql(dialect::BEGIN_MIGRATION).execute(&mut *connection).await?;
    connection.ensure_migrations_table(TABLE).await?;
    let before = connection.list_applied_migrations(TABLE).await?.iter().map(|done| done.version).max();
    let mut migrator = migrator(schema.steps, |step| step.postgres);
    migrator.set_locking(false).run_direct(None, connection, false).await?;
    for after in schema.afterwards {
        sqlx::raw_sql(*after).execute(&mut *connection).await.map_err(MigrateError::from)?;
    }
    Ok(before.unwrap_or(0))
}

fn numbered(steps: &'static [Step]) -> impl Iterator<Item = (i64, &'static Step)> {
    steps.iter().map(|step| (step.name[..4].parse().unwrap_or(0), step))
}

fn migrator(steps: &'static [Step], text: fn(&Step) -> &'static str) -> Migrator {
    let migration = |(number, step): (i64, &'static Step)| {
        Migration::new(number, step.name.into(), MigrationType::Simple, text(step).into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(numbered(steps).map(migration).collect());
    // Tables that are newer are fine here too: whoever goes back to the version before runs its migrations as with any version.
    migrator.set_ignore_missing(true);
    migrator
}

/// What a role can do that the application must not.
struct Powers {
    role: String,
    power: Option<&'static str>,
}

impl FromRow for Powers {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let powers = [("superuser", "is a superuser"), ("bypasses", "has BYPASSRLS"), ("owner", "owns tables")];
        let mut power = None;
        for (column, words) in powers {
            if power.is_none() && row.get(column)? {
                power = Some(words);
            }
        }
        Ok(Self { role: row.get("role")?, power })
    }
}
