-- A new user.
-- $1 uuid id, $2 text email, $3 text name, $4 text password_hash, $5 text subscription_tier, $6 timestamptz of the command.
-- Rows: the id, or none where the id or a live user's email is taken.
-- Locks: waits for another transaction that is inserting the same id or email.
INSERT INTO public.users (id, email, name, password_hash, subscription_tier, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT DO NOTHING
RETURNING id
