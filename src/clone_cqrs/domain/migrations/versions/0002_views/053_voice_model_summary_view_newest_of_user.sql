-- A user's rows, newest first by time and id.
CREATE INDEX voice_model_summary_view_newest_of_user
ON public.voice_model_summary_view (user_id, created_at DESC, id DESC)
