-- Plans made once for all users are to suit one with a hundred documents, and so read the index in its order and stop. Made
-- for the average user's six, of which a filter on the status may leave one, they fetched all of a user's 5,000 documents and
-- sorted them. It counts from the next ANALYZE on.
ALTER TABLE public.knowledge_documents ALTER COLUMN user_id SET (n_distinct = -0.01)
