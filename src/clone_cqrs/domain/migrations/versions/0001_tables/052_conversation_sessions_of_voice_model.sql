-- How often and when last a voice model was used.
CREATE INDEX conversation_sessions_of_voice_model ON public.conversation_sessions (voice_model_id, started_at DESC)
WHERE deleted_at IS NULL
