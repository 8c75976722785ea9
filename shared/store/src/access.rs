//! Who asks: a tenant, whose rows are all it can reach, or the system.

use std::sync::Arc;

use turnpike_core::TenantId;

use crate::{
    StoreError,
    db::Db,
    row::{FromRow, Row},
    session::Session,
    value::{Argument, Arguments},
};

/// One tenant's rows.
#[derive(Clone)]
pub struct TenantStore(pub(crate) Access, TenantId);

impl TenantStore {
    pub(crate) fn new(db: Arc<Db>, id: TenantId) -> Self {
        Self(Access { db, scope: Scope::Tenant(id) }, id)
    }

    /// Whose rows they are.
    pub fn id(&self) -> TenantId {
        self.1
    }
}

/// All tenants' rows: for jobs, the ledger and the operator.
#[derive(Clone)]
pub struct SystemStore(pub(crate) Access);

/// In whose name statements run.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    Tenant(TenantId),
    System,
}

/// Runs single statements, each as a short transaction. For a tenant, `$1` is the tenant in every one of them.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) db: Arc<Db>,
    pub(crate) scope: Scope,
}

impl Access {
    /// All rows of a query.
    pub(crate) async fn list<T: FromRow>(&self, sql: &'static str, rest: Arguments<'_>) -> Result<Vec<T>, StoreError> {
        let mut session = self.db.read(&self.scope).await?;
        let rows = session.list(sql, &self.arguments(rest)).await?;
        session.commit().await?;
        Ok(rows)
    }

    /// All rows of a query as they are.
    pub(crate) async fn rows(&self, sql: &'static str, rest: Arguments<'_>) -> Result<Vec<Row>, StoreError> {
        let mut session = self.db.read(&self.scope).await?;
        let rows = session.rows(sql, &self.arguments(rest)).await?;
        session.commit().await?;
        Ok(rows)
    }

    /// The first row of a query, if there is one.
    pub(crate) async fn find<T: FromRow>(
        &self,
        sql: &'static str,
        rest: Arguments<'_>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.list(sql, rest).await?.into_iter().next())
    }

    /// Runs a statement that changes rows and gives them out; the first of them.
    pub(crate) async fn take<T: FromRow>(
        &self,
        sql: &'static str,
        rest: Arguments<'_>,
    ) -> Result<Option<T>, StoreError> {
        let mut session = self.write().await?;
        let rows = session.list(sql, &self.arguments(rest)).await?;
        session.commit().await?;
        Ok(rows.into_iter().next())
    }

    /// Runs a statement; the number of rows that it changed.
    pub(crate) async fn execute(&self, sql: &'static str, rest: Arguments<'_>) -> Result<u64, StoreError> {
        let mut session = self.write().await?;
        let changed = session.execute(sql, &self.arguments(rest)).await?;
        session.commit().await?;
        Ok(changed)
    }

    /// Runs a statement that changes one row or none; whether it did.
    pub(crate) async fn changes(&self, sql: &'static str, rest: Arguments<'_>) -> Result<bool, StoreError> {
        Ok(self.execute(sql, rest).await? > 0)
    }

    /// Changes a row that must be there.
    pub(crate) async fn update(
        &self,
        what: &'static str,
        sql: &'static str,
        rest: Arguments<'_>,
    ) -> Result<(), StoreError> {
        if self.changes(sql, rest).await? { Ok(()) } else { Err(StoreError::NotFound { what }) }
    }

    /// Adds a row that must be new.
    pub(crate) async fn insert(
        &self,
        what: &'static str,
        sql: &'static str,
        rest: Arguments<'_>,
    ) -> Result<(), StoreError> {
        self.execute(sql, rest).await.map(drop).map_err(|error| error.of_insert(what))
    }

    /// A session for one statement that writes.
    pub(crate) async fn write(&self) -> Result<Session, StoreError> {
        self.db.write(&self.scope).await
    }

    /// A session for several, of which all are kept or none.
    pub(crate) async fn transaction(&self) -> Result<Session, StoreError> {
        self.db.transaction(&self.scope).await
    }

    /// Several statements, of which all are kept or none.
    pub(crate) async fn begin(&self) -> Result<Together<'_>, StoreError> {
        Ok(Together { access: self, session: self.transaction().await? })
    }

    fn arguments<'a>(&'a self, rest: Arguments<'a>) -> Vec<&'a dyn Argument> {
        let tenant: Option<&dyn Argument> = match &self.scope {
            Scope::Tenant(tenant) => Some(tenant),
            Scope::System => None,
        };
        tenant.into_iter().chain(rest.iter().copied()).collect()
    }
}

/// Statements that are kept together by [`Together::commit`], or not at all.
pub(crate) struct Together<'a> {
    access: &'a Access,
    session: Session,
}

impl Together<'_> {
    /// What a statement about one tenant is given first: its id, which a tenant's own statements have by themselves.
    pub(crate) fn whose<'t>(&self, tenant: &'t TenantId) -> Vec<&'t dyn Argument> {
        match self.access.scope {
            Scope::Tenant(_) => vec![],
            Scope::System => vec![tenant],
        }
    }

    /// All rows of a query.
    pub(crate) async fn list<T: FromRow>(
        &mut self,
        sql: &'static str,
        rest: Arguments<'_>,
    ) -> Result<Vec<T>, StoreError> {
        self.session.list(sql, &self.access.arguments(rest)).await
    }

    /// The first row of a query, if there is one.
    pub(crate) async fn find<T: FromRow>(
        &mut self,
        sql: &'static str,
        rest: Arguments<'_>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.list(sql, rest).await?.into_iter().next())
    }

    /// Runs a statement; whether it changed a row.
    pub(crate) async fn changes(&mut self, sql: &'static str, rest: Arguments<'_>) -> Result<bool, StoreError> {
        Ok(self.session.execute(sql, &self.access.arguments(rest)).await? > 0)
    }

    /// Adds a row; false when the statement lets one that is there stay.
    pub(crate) async fn insert(
        &mut self,
        what: &'static str,
        sql: &'static str,
        rest: Arguments<'_>,
    ) -> Result<bool, StoreError> {
        self.changes(sql, rest).await.map_err(|error| error.of_insert(what))
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.session.commit().await
    }
}
