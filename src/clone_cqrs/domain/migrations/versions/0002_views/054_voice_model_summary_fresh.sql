-- The definition's rows as of now.
CREATE VIEW public.voice_model_summary_fresh AS
SELECT * FROM public.voice_model_summary_definition
