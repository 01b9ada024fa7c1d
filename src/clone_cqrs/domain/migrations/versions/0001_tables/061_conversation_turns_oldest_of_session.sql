-- A session's history, oldest first, its count and sums, and its last turn.
CREATE INDEX conversation_turns_oldest_of_session ON public.conversation_turns (session_id, timestamp, id)
