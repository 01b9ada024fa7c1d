-- The definition's rows as of the last refresh. Filled from the start: an unfilled view can neither be read nor be
-- refreshed concurrently.
CREATE MATERIALIZED VIEW public.document_summary_view AS
SELECT * FROM public.document_summary_definition
WITH DATA
