-- A user's live face models, newest first, and their count.
CREATE INDEX face_models_newest_of_user
ON public.face_models (user_id, created_at DESC, id DESC)
WHERE deleted_at IS NULL
