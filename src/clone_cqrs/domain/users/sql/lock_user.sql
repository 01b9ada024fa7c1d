-- Makes the writers that have to come one after another for a user do so. They take this lock before any other.
-- $1 uuid id. Rows: the id, or none where there is no such live user.
-- Locks: the user's row, against others of its kind and against deletion; not against what only refers to the user.
SELECT id
FROM public.users
WHERE id = $1 AND deleted_at IS NULL
FOR NO KEY UPDATE
