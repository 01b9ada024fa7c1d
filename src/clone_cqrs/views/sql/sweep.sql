-- Delete the changes that a view has, where it has a fresh reading; see cqrs.sweep_changes.
--
-- $1 text: schema and name, with a dot between. Rows: one, or none for a view without a fresh reading; bigint, null where the
-- role may not know all snapshots. Locks: the deleted changes, the view's row.
SELECT cqrs.sweep_changes(name) FROM cqrs.view WHERE name = $1
