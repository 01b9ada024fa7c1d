-- A user's rows, newest first by time and id.
CREATE INDEX conversation_session_summary_view_newest_of_user
ON public.conversation_session_summary_view (user_id, started_at DESC, id DESC)
