-- The ledger's months are PostgreSQL's; a file has one table for all of them.
SELECT 1;
