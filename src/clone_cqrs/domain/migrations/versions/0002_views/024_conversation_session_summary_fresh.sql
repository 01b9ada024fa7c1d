-- The definition's rows as of now.
CREATE VIEW public.conversation_session_summary_fresh AS
SELECT * FROM public.conversation_session_summary_definition
