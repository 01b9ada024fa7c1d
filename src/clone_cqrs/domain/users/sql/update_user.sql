-- Changes what is given of a user.
-- $1 uuid id, $2 text name or null, $3 text[] personality_traits or null, $4 text speaking_style or null, $5 timestamptz of
-- the command. Rows: the id, or none where there is no such live user. Locks: the user's row.
UPDATE public.users
SET name = coalesce($2, name),
    personality_traits = coalesce($3, personality_traits),
    speaking_style = coalesce($4, speaking_style),
    updated_at = $5
WHERE id = $1 AND deleted_at IS NULL
RETURNING id
