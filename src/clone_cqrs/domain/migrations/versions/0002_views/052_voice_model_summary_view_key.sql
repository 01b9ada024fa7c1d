-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX voice_model_summary_view_key ON public.voice_model_summary_view (id)
