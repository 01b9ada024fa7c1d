-- One row a key; a concurrent refresh needs it, too.
CREATE UNIQUE INDEX conversation_session_summary_view_key ON public.conversation_session_summary_view (id)
