-- The people who own everything else.
--
-- users_lifetime_key: an UPDATE of deleted_at needs the row lock that a foreign key's FOR KEY SHARE excludes only because
-- deleted_at is in a unique index (not partial, no expression). So deleting a user waits for whoever is just adding
-- something of theirs, and the other way round.
CREATE TABLE public.users (
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    subscription_tier text NOT NULL,
    personality_traits text[] NOT NULL DEFAULT '{}',
    speaking_style text,
    conversation_minutes_used bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT users_id_key PRIMARY KEY (id),
    CONSTRAINT users_lifetime_key UNIQUE (id, deleted_at),
    -- One @ and no space; looser than the message's own check, never stricter.
    CONSTRAINT users_email_check CHECK (email ~ '^[^@ ]*@[^@ ]*$' AND char_length(email) <= 254),
    CONSTRAINT users_name_check CHECK (name <> ''),
    CONSTRAINT users_speaking_style_check CHECK (speaking_style <> ''),
    CONSTRAINT users_password_hash_check CHECK (starts_with(password_hash, '$argon2id$')),
    CONSTRAINT users_subscription_tier_check CHECK (subscription_tier IN ('free', 'pro', 'enterprise')),
    CONSTRAINT users_conversation_minutes_used_check CHECK (conversation_minutes_used >= 0),
    CONSTRAINT users_times_check CHECK (isfinite(created_at) AND isfinite(updated_at) AND isfinite(deleted_at))
)
