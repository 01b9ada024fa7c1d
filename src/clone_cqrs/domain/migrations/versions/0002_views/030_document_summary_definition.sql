-- A live document; processing_duration_ms (milliseconds, to the microsecond) for a completed one only.
CREATE VIEW public.document_summary_definition AS
SELECT
    d.id,
    d.user_id,
    d.filename,
    d.content_type,
    d.size_bytes,
    d.uploaded_at,
    d.processed_at,
    d.status,
    d.chunk_count,
    d.title,
    d.tags,
    CASE
        WHEN d.status = 'completed' THEN extract(epoch FROM d.processed_at - d.uploaded_at) * 1000
    END AS processing_duration_ms
FROM public.knowledge_documents d
WHERE d.deleted_at IS NULL
