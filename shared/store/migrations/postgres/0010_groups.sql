-- The groups that a member is in, as JSON: words that the tenant makes up.
ALTER TABLE members ADD COLUMN groups TEXT NOT NULL DEFAULT '[]';

-- A policy may also ask for one of several groups, as JSON; an empty list asks for none. From here on `*` stands for every
-- integration as well, and where a tool stands `*:read` and `*:write` stand for all that read, and all that change something.
ALTER TABLE tool_policies ADD COLUMN groups TEXT NOT NULL DEFAULT '[]';
