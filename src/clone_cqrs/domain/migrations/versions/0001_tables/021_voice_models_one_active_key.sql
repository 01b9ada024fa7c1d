-- At most one active voice model for each user. The active one must give way in an earlier statement than the one in
-- which the other becomes active: a unique index is checked row by row.
CREATE UNIQUE INDEX voice_models_one_active_key ON public.voice_models (user_id) WHERE is_active AND deleted_at IS NULL
