-- A user's newest documents.
--
-- $1 uuid: a user. Rows: at most five. No locks.
SELECT uploaded_at, filename, size_bytes, status, chunk_count, round(processing_duration_ms) AS processing_duration_ms
FROM document_summary_view
WHERE user_id = $1
ORDER BY uploaded_at DESC, id
LIMIT 5
