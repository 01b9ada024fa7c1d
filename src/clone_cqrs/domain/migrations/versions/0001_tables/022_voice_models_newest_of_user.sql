-- A user's live voice models, newest first, and their count.
CREATE INDEX voice_models_newest_of_user
ON public.voice_models (user_id, created_at DESC, id DESC)
WHERE deleted_at IS NULL
