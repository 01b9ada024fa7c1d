-- A row trigger, because those are cloned to every partition, so that a partition cannot be changed directly either.
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON cqrs.event FOR EACH ROW EXECUTE FUNCTION cqrs.refuse_change()
