-- A user's rows, newest first by time and id.
CREATE INDEX document_summary_view_newest_of_user
ON public.document_summary_view (user_id, uploaded_at DESC, id DESC)
