-- A live user, without secrets.
-- $1 uuid id. Rows: one or none. Locks: none.
SELECT id, email, name, subscription_tier, personality_traits, speaking_style, conversation_minutes_used, created_at, updated_at
FROM public.users
WHERE id = $1 AND deleted_at IS NULL
