-- The definition's rows as of the last refresh. Filled from the start: an unfilled view can neither be read nor be
-- refreshed concurrently.
CREATE MATERIALIZED VIEW public.user_statistics_view AS
SELECT * FROM public.user_statistics_definition
WITH DATA
