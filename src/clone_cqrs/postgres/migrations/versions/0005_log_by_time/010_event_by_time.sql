-- Rows come nearly in order of time, so that one summary for some pages is enough to find those of a span. A B-tree would cost
-- every append an entry. Partitions that are made later get theirs when they are attached. Pages are summarised as they fill,
-- not at the next VACUUM, which comes late where rows are only added.
-- Locks: writers of the log wait while the index is made, which reads the log once.
CREATE INDEX event_by_time ON cqrs.event USING brin (recorded_at) WITH (autosummarize = on)
