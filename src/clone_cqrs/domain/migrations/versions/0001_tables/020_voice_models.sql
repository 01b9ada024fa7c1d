-- Voices trained from a user's samples. What training yields is there exactly when it completed, an error exactly when it
-- failed.
--
-- voice_models_owner_lifetime_key: a model's sessions reach its owner through this row, so moving or deleting it has to
-- wait for a session that is being started with it (see users).
CREATE TABLE public.voice_models (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    provider text NOT NULL,
    audio_samples text[] NOT NULL,
    status text NOT NULL DEFAULT 'training',
    is_active boolean NOT NULL DEFAULT false,
    model_path text,
    quality_score numeric,
    sample_rate integer,
    training_duration_ms bigint,
    error_message text,
    error_code text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT voice_models_id_key PRIMARY KEY (id),
    CONSTRAINT voice_models_owner_lifetime_key UNIQUE (id, user_id, deleted_at),
    CONSTRAINT voice_models_owner_fkey FOREIGN KEY (user_id) REFERENCES public.users (id),
    CONSTRAINT voice_models_provider_check CHECK (provider IN ('xtts-v2', 'google-cloud-tts', 'openai-tts')),
    CONSTRAINT voice_models_audio_samples_check CHECK (cardinality(audio_samples) >= 1),
    CONSTRAINT voice_models_status_check CHECK (status IN ('training', 'completed', 'failed')),
    CONSTRAINT voice_models_active_completed_check CHECK (status = 'completed' OR NOT is_active),
    CONSTRAINT voice_models_result_check CHECK (
        num_nonnulls(model_path, quality_score, sample_rate, training_duration_ms)
        = CASE status WHEN 'completed' THEN 4 ELSE 0 END
    ),
    CONSTRAINT voice_models_error_check CHECK (
        num_nonnulls(error_message, error_code) = CASE status WHEN 'failed' THEN 2 ELSE 0 END
    ),
    CONSTRAINT voice_models_quality_score_check CHECK (quality_score BETWEEN 0 AND 100),
    CONSTRAINT voice_models_sample_rate_check CHECK (sample_rate > 0),
    CONSTRAINT voice_models_training_duration_check CHECK (training_duration_ms >= 0),
    CONSTRAINT voice_models_times_check CHECK (isfinite(created_at) AND isfinite(updated_at) AND isfinite(deleted_at))
)
