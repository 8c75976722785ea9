//! Runs of the proof that all sums agree.

use turnpike_core::{ProofId, Timestamp};

use crate::{StoreError, SystemStore, row::table};

/// A run of the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofRow {
    /// Its id.
    pub id: ProofId,
    /// When it ran.
    pub ran_at: Timestamp,
    /// It compared the usage from here on.
    pub since: Timestamp,
    /// Until here.
    pub until: Timestamp,
    /// How many differences it found.
    pub differences: i64,
    /// All that it found, as JSON.
    pub report_json: String,
}

table!(ProofRow { id, ran_at, since, until, differences, report_json });

impl SystemStore {
    /// Keeps a run, or that one of that id is under way: then its report is empty. One that is there already is a conflict.
    pub async fn insert_proof(&self, row: &ProofRow) -> Result<(), StoreError> {
        let sql = concat!("INSERT INTO proofs (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6)");
        self.0.insert("proof", sql, &columns!(row)).await
    }

    /// The last runs that were finished, newest first.
    pub async fn list_proofs(&self, limit: i64) -> Result<Vec<ProofRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM proofs WHERE report_json <> '' ORDER BY ran_at DESC, id DESC LIMIT $1"
        );
        self.0.list(sql, &[&limit]).await
    }
}
