-- A user's rows, newest first by time and id.
CREATE INDEX face_model_summary_view_newest_of_user
ON public.face_model_summary_view (user_id, created_at DESC, id DESC)
