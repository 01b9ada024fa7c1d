-- 10,000 users with a voice model, 4 sessions and 8 turns each, half of them with a face model, half with 6 documents. User 1
-- has 5,000 documents and 5,000 sessions more, and session 1 has 10,000 turns more. Ids are seeded('user', 1) and so on.
CREATE FUNCTION public.seeded(kind text, number bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS 'SELECT md5(kind || number)::uuid';

INSERT INTO users (id, email, name, password_hash, subscription_tier, created_at, updated_at)
SELECT seeded('user', n), n || '@example.com', 'Ada', '$argon2id$', 'free', now(), now()
FROM generate_series(1, 10000) n;

INSERT INTO voice_models
    (id, user_id, provider, audio_samples, status, is_active, model_path, quality_score, sample_rate,
     training_duration_ms, created_at, updated_at)
SELECT seeded('voice', n), seeded('user', n), 'xtts-v2', '{a}', 'completed', true, 'm', 90, 24000, 1, now(), now()
FROM generate_series(1, 10000) n;

INSERT INTO face_models
    (id, user_id, media_type, media_paths, status, is_active, model_path, quality_score, resolution_width,
     resolution_height, keypoint_count, processing_duration_ms, created_at, updated_at)
SELECT seeded('face', n), seeded('user', n), 'video', '{a}', 'completed', true, 'm', 90, 512, 512, 468, 1, now(), now()
FROM generate_series(2, 10000, 2) n;

INSERT INTO knowledge_documents
    (id, user_id, filename, content_type, storage_path, size_bytes, uploaded_at, updated_at, status, processed_at)
SELECT seeded('document', n), seeded('user', CASE WHEN n <= 30000 THEN n % 5000 + 1 ELSE 1 END),
       'f', 'text/plain', 'p', 1, at, at, CASE n % 7 WHEN 0 THEN 'pending' ELSE 'completed' END, CASE WHEN n % 7 > 0 THEN at END
FROM generate_series(1, 35000) n, LATERAL (SELECT now() - n * interval '1 minute' AS at) uploaded;

INSERT INTO conversation_sessions (id, user_id, voice_model_id, face_model_id, llm_provider, tts_provider, started_at)
SELECT seeded('session', n), seeded('user', u), seeded('voice', u), CASE u % 2 WHEN 0 THEN seeded('face', u) END,
       'l', 't', now() - n * interval '1 minute'
FROM generate_series(1, 45000) n, LATERAL (SELECT CASE WHEN n <= 40000 THEN n % 10000 + 1 ELSE 1 END AS u) owner;

INSERT INTO conversation_turns (id, session_id, timestamp, user_transcript, system_response, latency_ms, cost)
SELECT seeded('turn', n), seeded('session', CASE WHEN n <= 80000 THEN n % 40000 + 1 ELSE 1 END),
       now() - n * interval '1 second', 'q', 'a', n % 1000, 0.01
FROM generate_series(1, 90000) n;
