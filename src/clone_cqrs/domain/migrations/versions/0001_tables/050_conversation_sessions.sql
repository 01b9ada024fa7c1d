-- Conversations of a user with one of their models.
--
-- conversation_sessions_owner_lifetime_key: a turn reaches its user through this row, so moving or deleting a session has
-- to wait for a turn that is being recorded in it (see users).
CREATE TABLE public.conversation_sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    voice_model_id uuid NOT NULL,
    face_model_id uuid,
    llm_provider text NOT NULL,
    tts_provider text NOT NULL,
    state text NOT NULL DEFAULT 'active',
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    duration_seconds bigint NOT NULL DEFAULT 0,
    deleted_at timestamptz,
    CONSTRAINT conversation_sessions_id_key PRIMARY KEY (id),
    CONSTRAINT conversation_sessions_owner_lifetime_key UNIQUE (id, user_id, deleted_at),
    CONSTRAINT conversation_sessions_owner_fkey FOREIGN KEY (user_id) REFERENCES public.users (id),
    CONSTRAINT conversation_sessions_voice_model_fkey FOREIGN KEY (voice_model_id) REFERENCES public.voice_models (id),
    CONSTRAINT conversation_sessions_face_model_fkey FOREIGN KEY (face_model_id) REFERENCES public.face_models (id),
    CONSTRAINT conversation_sessions_state_check CHECK (state IN ('active', 'ended')),
    CONSTRAINT conversation_sessions_ended_check CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    -- Checks run in the order of their names: this one speaks before the duration's.
    CONSTRAINT conversation_sessions_chronology_check CHECK (
        isfinite(started_at) AND isfinite(ended_at) AND isfinite(deleted_at) AND ended_at >= started_at
    ),
    CONSTRAINT conversation_sessions_duration_check CHECK (
        duration_seconds = CASE state WHEN 'ended' THEN floor(extract(epoch FROM ended_at - started_at)) ELSE 0 END
    )
)
