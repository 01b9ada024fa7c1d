-- A user's newest documents.
--
-- $1 uuid: a user. Rows: at most five. No locks.
SELECT filename, content_type, size_bytes, status, chunk_count, processing_duration_ms, uploaded_at
FROM document_summary_view
WHERE user_id = $1
ORDER BY uploaded_at DESC, id
LIMIT 5
