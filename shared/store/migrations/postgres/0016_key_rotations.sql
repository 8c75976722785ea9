-- A rotation of keys that has begun and not ended: of the tenant with that id, or of all ('*').
CREATE TABLE key_rotations (
    scope TEXT NOT NULL PRIMARY KEY,
    begun_at BIGINT NOT NULL
);
