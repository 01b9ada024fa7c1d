-- The definition's rows as of now.
CREATE VIEW public.document_summary_fresh AS
SELECT * FROM public.document_summary_definition
