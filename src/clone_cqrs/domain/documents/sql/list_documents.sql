-- A user's documents after a place, newest first.
-- $1 uuid user_id, $2 timestamptz and $3 uuid of the place, or nulls, $4 integer limit, $5 text status or null for all.
-- Rows: at most $4. Locks: none.
SELECT id, user_id, filename, content_type, size_bytes, uploaded_at, processed_at, status, chunk_count, title, tags,
       processing_duration_ms
FROM public.document_summary_fresh_list($1, $4, $2, $3, $5)
ORDER BY uploaded_at DESC, id DESC
