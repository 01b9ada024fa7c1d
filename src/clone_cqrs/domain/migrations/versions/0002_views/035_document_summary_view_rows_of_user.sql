-- Plans made once for all users are to suit one with a hundred rows: read the index in order and stop. Made for the average
-- user's few rows they would fetch all rows of a user with thousands and sort them.
ALTER MATERIALIZED VIEW public.document_summary_view ALTER COLUMN user_id SET (n_distinct = -0.01)
