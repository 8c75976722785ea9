CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    wrapped BYTEA NOT NULL
);
