-- As in 0002, whose view is gone: plans are to suit a user with many documents.
ALTER MATERIALIZED VIEW public.document_summary_view ALTER COLUMN user_id SET (n_distinct = -0.01)
