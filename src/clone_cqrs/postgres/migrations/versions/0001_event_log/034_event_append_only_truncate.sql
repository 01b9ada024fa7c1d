-- TRUNCATE has statement triggers only; partitions get theirs when they are made.
CREATE TRIGGER event_append_only_truncate BEFORE TRUNCATE ON cqrs.event FOR EACH STATEMENT EXECUTE FUNCTION cqrs.refuse_change()
