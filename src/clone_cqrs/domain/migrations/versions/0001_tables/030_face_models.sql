-- Faces built from a user's images or video; rules and locks as for voice_models.
CREATE TABLE public.face_models (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    media_type text NOT NULL,
    media_paths text[] NOT NULL,
    status text NOT NULL DEFAULT 'processing',
    is_active boolean NOT NULL DEFAULT false,
    model_path text,
    quality_score numeric,
    resolution_width integer,
    resolution_height integer,
    keypoint_count integer NOT NULL DEFAULT 0,
    processing_duration_ms bigint,
    error_message text,
    error_code text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT face_models_id_key PRIMARY KEY (id),
    CONSTRAINT face_models_owner_lifetime_key UNIQUE (id, user_id, deleted_at),
    CONSTRAINT face_models_owner_fkey FOREIGN KEY (user_id) REFERENCES public.users (id),
    CONSTRAINT face_models_media_type_check CHECK (media_type IN ('images', 'video')),
    CONSTRAINT face_models_media_paths_check CHECK (cardinality(media_paths) >= 1),
    CONSTRAINT face_models_status_check CHECK (status IN ('processing', 'completed', 'failed')),
    CONSTRAINT face_models_active_completed_check CHECK (status = 'completed' OR NOT is_active),
    CONSTRAINT face_models_result_check CHECK (
        num_nonnulls(model_path, quality_score, resolution_width, resolution_height, processing_duration_ms)
        = CASE status WHEN 'completed' THEN 5 ELSE 0 END
    ),
    CONSTRAINT face_models_error_check CHECK (
        num_nonnulls(error_message, error_code) = CASE status WHEN 'failed' THEN 2 ELSE 0 END
    ),
    CONSTRAINT face_models_quality_score_check CHECK (quality_score BETWEEN 0 AND 100),
    CONSTRAINT face_models_resolution_check CHECK (resolution_width > 0 AND resolution_height > 0),
    CONSTRAINT face_models_keypoint_count_check CHECK (keypoint_count >= 0),
    CONSTRAINT face_models_processing_duration_check CHECK (processing_duration_ms >= 0),
    CONSTRAINT face_models_times_check CHECK (isfinite(created_at) AND isfinite(updated_at) AND isfinite(deleted_at))
)
