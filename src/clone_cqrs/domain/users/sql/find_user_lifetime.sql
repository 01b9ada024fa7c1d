-- Whether a user is there, and whether they were deleted.
-- $1 uuid id. Rows: one or none: is_deleted. Locks: none.
SELECT deleted_at IS NOT NULL AS is_deleted
FROM public.users
WHERE id = $1
