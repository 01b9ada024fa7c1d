-- A user's live sessions, newest first, their count and sums, and those of the last days.
CREATE INDEX conversation_sessions_newest_of_user
ON public.conversation_sessions (user_id, started_at DESC, id DESC)
WHERE deleted_at IS NULL
