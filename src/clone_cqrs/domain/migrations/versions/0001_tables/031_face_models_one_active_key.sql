-- At most one active face model for each user; the active one gives way first, as for voice models.
CREATE UNIQUE INDEX face_models_one_active_key ON public.face_models (user_id) WHERE is_active AND deleted_at IS NULL
