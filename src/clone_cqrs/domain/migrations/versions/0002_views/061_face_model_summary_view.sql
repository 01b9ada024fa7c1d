-- The definition's rows as of the last refresh. Filled from the start: an unfilled view can neither be read nor be
-- refreshed concurrently.
CREATE MATERIALIZED VIEW public.face_model_summary_view AS
SELECT * FROM public.face_model_summary_definition
WITH DATA
