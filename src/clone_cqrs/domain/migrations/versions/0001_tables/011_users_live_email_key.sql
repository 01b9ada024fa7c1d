-- One live user for each email, whatever its letters' case; a deleted user's email is free again.
CREATE UNIQUE INDEX users_live_email_key ON public.users (lower(email)) WHERE deleted_at IS NULL
