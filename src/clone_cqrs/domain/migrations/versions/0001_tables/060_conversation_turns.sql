-- What was said and what it cost. A turn lives and dies with its session, whose owner is its owner.
--
-- The cost has a bound (which NaN and Infinity exceed, too), so that no single turn can make the sums of a view fail and
-- with them the refresh of every row.
CREATE TABLE public.conversation_turns (
    id uuid NOT NULL,
    session_id uuid NOT NULL,
    timestamp timestamptz NOT NULL,
    user_transcript text NOT NULL,
    system_response text NOT NULL,
    latency_ms bigint NOT NULL,
    cost numeric NOT NULL,
    retrieved_chunks text[] NOT NULL DEFAULT '{}',
    CONSTRAINT conversation_turns_id_key PRIMARY KEY (id),
    CONSTRAINT conversation_turns_session_fkey FOREIGN KEY (session_id) REFERENCES public.conversation_sessions (id),
    CONSTRAINT conversation_turns_latency_check CHECK (latency_ms >= 0),
    CONSTRAINT conversation_turns_cost_check CHECK (cost >= 0 AND cost < 1000000000000000),
    CONSTRAINT conversation_turns_timestamp_check CHECK (isfinite(timestamp))
)
