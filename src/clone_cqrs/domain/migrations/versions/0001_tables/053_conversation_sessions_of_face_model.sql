-- How often and when last a face model was used.
CREATE INDEX conversation_sessions_of_face_model ON public.conversation_sessions (face_model_id, started_at DESC)
WHERE deleted_at IS NULL AND face_model_id IS NOT NULL
