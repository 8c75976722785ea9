//! Bringing the tables up to date, and checking at start that they are and that the role is a safe one.

use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
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
    ($($name:literal),* $(,)?) => {
        &[$(Step {
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
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
];

impl Store {
    /// Runs the migrations that were not run yet and returns their names. On PostgreSQL as the tables' owner.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        let before = self.applied().await?;
        match &*self.0 {
            Db::Sqlite { write, .. } => migrator(|step| step.sqlite).run(write).await?,
            Db::Postgres(pool) => {
                migrator(|step| step.postgres).run(pool).await?;
                sqlx::raw_sql(dialect::GUARD_TABLES).execute(pool).await?;
            }
        }
        Ok(numbered().filter(|(number, _)| *number > before).map(|(_, step)| step.name.into()).collect())
    }

    /// Gives a PostgreSQL role what the application needs, and no more. Nothing to do on SQLite.
    pub async fn grant_application_role(&self, role: &str) -> Result<(), StoreError> {
        if let Db::Postgres(pool) = &*self.0 {
            sqlx::raw_sql(AssertSqlSafe(dialect::grants_for(role))).execute(pool).await?;
        }
        Ok(())
    }

    /// Refuses tables that are too old, and a PostgreSQL role that row-level security would not hold.
    ///
    /// Tables that are newer are fine: replicas of two versions serve side by side while one replaces the other.
    pub async fn check(&self) -> Result<(), StoreError> {
        let (applied, newest) = (self.applied().await?, numbered().map(|(number, _)| number).max().unwrap_or(0));
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

fn numbered() -> impl Iterator<Item = (i64, &'static Step)> {
    STEPS.iter().map(|step| (step.name[..4].parse().unwrap_or(0), step))
}

fn migrator(text: fn(&Step) -> &'static str) -> Migrator {
    let migration = |(number, step): (i64, &'static Step)| {
        Migration::new(number, step.name.into(), MigrationType::Simple, text(step).into_sql_str(), false)
    };
    Migrator::with_migrations(numbered().map(migration).collect())
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
