-- Marks a user as deleted.
-- $1 uuid id, $2 timestamptz of the command. Rows: the id, or none where there is no such live user.
-- Locks: the user's row, also against whatever is just being added for the user.
UPDATE public.users
SET deleted_at = $2
WHERE id = $1 AND deleted_at IS NULL
RETURNING id
