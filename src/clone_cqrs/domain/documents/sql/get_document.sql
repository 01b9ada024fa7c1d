-- A user's document.
-- $1 uuid user_id, $2 uuid id. Rows: one or none. Locks: none.
SELECT id, user_id, filename, content_type, size_bytes, uploaded_at, processed_at, status, chunk_count, title, tags,
       processing_duration_ms
FROM public.document_summary_fresh
WHERE id = $2 AND user_id = $1
