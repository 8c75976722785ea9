//! What the sources themselves must say.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn read(folder: &str) -> Vec<(String, String)> {
    let mut files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    files.sort();
    files
}

/// The files of a folder and of those in it, each with its name and text.
fn files(folder: &Path) -> Vec<(String, String)> {
    let paths = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let read = |path: PathBuf| match path.is_dir() {
        true => files(&path),
        false => vec![(path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap())],
    };
    paths.flat_map(read).collect()
}

/// The methods of tenants, as source text.
fn tenant_blocks() -> Vec<String> {
    let files = read("src");
    let blocks = files.iter().flat_map(|(_, text)| text.split("\nimpl TenantStore {\n").skip(1));
    blocks.map(|block| block.split("\n}\n").next().unwrap().to_owned()).collect()
}

pub(crate) fn tenant_methods() -> Vec<String> {
    let blocks = tenant_blocks();
    let methods = blocks.iter().flat_map(|block| block.split("pub async fn ").skip(1));
    let mut names: Vec<_> = methods.map(|method| method.split('(').next().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn tables() -> BTreeSet<String> {
    let migrations = read("migrations/sqlite");
    let tables = migrations.iter().flat_map(|(_, text)| text.split("CREATE TABLE ").skip(1));
    tables.map(|table| table.split(' ').next().unwrap().to_owned()).collect()
}

/// The parts of a Rust text that are in double quotes, joined.
fn quoted(text: &str) -> String {
    text.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_statement_of_a_tenant_names_the_tenant_first() {
    let blocks = tenant_blocks();
    let methods: Vec<_> = blocks.iter().flat_map(|block| block.split("pub async fn ").skip(1)).collect();
    assert!(methods.len() >= 20, "the scan finds the methods");
    for method in methods {
        let sql = quoted(method);
        let table = tables()
            .into_iter()
            .find(|table| ["FROM", "INTO", "UPDATE"].iter().any(|verb| sql.contains(&format!("{verb} {table} "))));
        let named = match table.as_deref() {
            Some("tenants") => sql.contains("WHERE id = $1"),
            Some(_) => {
                sql.contains("WHERE tenant_id = $1") || (sql.contains("(tenant_id, ") && sql.contains("VALUES ($1, "))
            }
            // It builds on other methods.
            None if !sql.contains("$1") => method.contains("self."),
            // The sums stand in a macro of their own.
            None => method.contains("sums!()") && sql.contains("WHERE tenant_id = $1"),
        };
        assert!(named, "{method}");
    }
}

#[test]
fn every_migration_is_there_for_both_databases_in_one_order() {
    let names = |folder| read(folder).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let sqlite = names("migrations/sqlite");
    assert_eq!(sqlite, names("migrations/postgres"));
    let list = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/migrate.rs")).unwrap();
    let listed = list.split("steps![").nth(1).unwrap().split("];").next().unwrap();
    let listed: Vec<_> = listed.split('"').skip(1).step_by(2).map(|name| format!("{name}.sql")).collect();
    assert_eq!(sqlite, listed);
    let numbers: BTreeSet<u32> = sqlite.iter().map(|name| name[..4].parse().unwrap()).collect();
    assert_eq!(numbers.len(), sqlite.len(), "no number is given twice: {sqlite:?}");
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let columns = |folder| {
        let text: String = read(folder).into_iter().map(|(_, text)| text).collect();
        let tables = text.split("CREATE TABLE ").skip(1).map(|table| table.split("\n)").next().unwrap());
        // Parts of a table have its columns.
        let tables = tables.filter(|table| {
            let first = table.lines().next().unwrap();
            !first.contains("(LIKE ") && !first.contains(" PARTITION OF ")
        });
        let lines =
            tables.flat_map(|table| table.lines().map(|line| line.split_whitespace().next().unwrap_or("").to_owned()));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(columns("migrations/sqlite"), columns("migrations/postgres"));
}

#[test]
fn no_key_tells_whether_another_tenant_has_it() {
    for (file, text) in read("migrations/sqlite") {
        for table in text.split("CREATE TABLE ").skip(1).filter(|table| table.contains("tenant_id TEXT")) {
            let table = table.split("\n)").next().unwrap();
            for key in
                table.lines().map(str::trim).filter(|line| line.contains("PRIMARY KEY") || line.contains("UNIQUE"))
            {
                let per_tenant = key.contains("(tenant_id, ") || key.contains("(tenant_id)");
                let random = key.starts_with("hash ");
                assert!(per_tenant || random, "{file}: {key}");
            }
        }
    }
}

#[test]
fn a_migration_that_changes_rows_says_that_it_may() {
    for (name, text) in read("migrations/postgres") {
        let changes =
            text.lines().any(|line| ["UPDATE ", "DELETE ", "INSERT "].iter().any(|verb| line.starts_with(verb)));
        // Row-level security is forced on the owner too: without this it would find no row, and say nothing.
        assert!(!changes || text.contains("SET LOCAL app.system = 'on';"), "{name}");
    }
}
