-- The one row.
INSERT INTO cqrs.installation DEFAULT VALUES
