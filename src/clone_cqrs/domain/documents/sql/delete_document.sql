-- Marks a document as deleted.
-- $1 uuid user_id, $2 uuid id, $3 timestamptz of the command.
-- Rows: the id, or none where there is no such live document of the user. Locks: the document's row.
UPDATE public.knowledge_documents
SET deleted_at = $3
WHERE id = $2 AND user_id = $1 AND deleted_at IS NULL
RETURNING id
