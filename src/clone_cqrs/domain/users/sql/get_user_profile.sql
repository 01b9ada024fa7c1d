-- A user's profile; the active models are json.
-- $1 uuid id. Rows: one or none. Locks: none.
SELECT id, email, name, created_at, updated_at, personality_traits, speaking_style, subscription_tier,
       conversation_minutes_used, active_voice_model, active_face_model, document_count, recent_conversation_count
FROM public.user_profile_fresh
WHERE id = $1
