-- Puts down what processing has yielded.
-- $1 uuid user_id, $2 uuid id, $3 integer chunk_count, $4 text[] vector_ids, $5 timestamptz of the command.
-- Rows: filename, content_type; none where there is no such live document of the user, or it is not pending.
-- Locks: the document's row.
UPDATE public.knowledge_documents
SET status = 'completed', chunk_count = $3, vector_ids = $4, processed_at = $5, updated_at = $5
WHERE id = $2 AND user_id = $1 AND status = 'pending' AND deleted_at IS NULL
RETURNING filename, content_type
