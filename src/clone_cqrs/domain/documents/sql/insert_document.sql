-- A new document, waiting to be processed.
-- $1 uuid id, $2 uuid user_id, $3 text filename, $4 text content_type, $5 text storage_path, $6 bigint size_bytes,
-- $7 text title or null, $8 text[] tags, $9 timestamptz of the command.
-- Rows: the id, or none where there is no such live user or the id is taken.
-- Locks: the user's row, against deletion.
WITH owner AS (
    SELECT id FROM public.users WHERE id = $2 AND deleted_at IS NULL FOR KEY SHARE
)
INSERT INTO public.knowledge_documents
    (id, user_id, filename, content_type, storage_path, size_bytes, title, tags, uploaded_at, updated_at)
SELECT $1, owner.id, $3, $4, $5, $6, $7, $8, $9, $9
FROM owner
ON CONFLICT (id) DO NOTHING
RETURNING id
