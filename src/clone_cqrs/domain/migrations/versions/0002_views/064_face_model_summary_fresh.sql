-- The definition's rows as of now.
CREATE VIEW public.face_model_summary_fresh AS
SELECT * FROM public.face_model_summary_definition
