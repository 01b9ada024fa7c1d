-- A user's live documents, newest first, and their count.
CREATE INDEX knowledge_documents_newest_of_user
ON public.knowledge_documents (user_id, uploaded_at DESC, id DESC)
WHERE deleted_at IS NULL
