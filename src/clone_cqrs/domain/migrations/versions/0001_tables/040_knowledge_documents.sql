-- What a user's clone knows. How long processing took is processed_at - uploaded_at; the duration that the processor
-- reports stays in the event.
CREATE TABLE public.knowledge_documents (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    filename text NOT NULL,
    content_type text NOT NULL,
    storage_path text NOT NULL,
    size_bytes bigint NOT NULL,
    title text,
    tags text[] NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'pending',
    chunk_count integer NOT NULL DEFAULT 0,
    vector_ids text[] NOT NULL DEFAULT '{}',
    error_message text,
    error_code text,
    uploaded_at timestamptz NOT NULL,
    processed_at timestamptz,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT knowledge_documents_id_key PRIMARY KEY (id),
    CONSTRAINT knowledge_documents_owner_fkey FOREIGN KEY (user_id) REFERENCES public.users (id),
    CONSTRAINT knowledge_documents_filename_check CHECK (filename <> ''),
    CONSTRAINT knowledge_documents_size_bytes_check CHECK (size_bytes > 0),
    CONSTRAINT knowledge_documents_status_check CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
    CONSTRAINT knowledge_documents_processed_check CHECK (
        CASE status WHEN 'completed' THEN processed_at IS NOT NULL WHEN 'failed' THEN true ELSE processed_at IS NULL END
    ),
    CONSTRAINT knowledge_documents_chunk_count_check CHECK (
        chunk_count >= 0 AND (status = 'completed' OR chunk_count = 0)
    ),
    CONSTRAINT knowledge_documents_error_check CHECK (
        num_nonnulls(error_message, error_code) = CASE status WHEN 'failed' THEN 2 ELSE 0 END
    ),
    CONSTRAINT knowledge_documents_times_check CHECK (
        isfinite(uploaded_at) AND isfinite(processed_at) AND isfinite(updated_at) AND isfinite(deleted_at)
    )
)
