-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX face_model_summary_view_key ON public.face_model_summary_view (id)
