-- Whose a document is, deleted or not.
-- $1 uuid id. Rows: one or none: user_id, is_deleted. Locks: none.
SELECT user_id, deleted_at IS NOT NULL AS is_deleted
FROM public.knowledge_documents
WHERE id = $1
