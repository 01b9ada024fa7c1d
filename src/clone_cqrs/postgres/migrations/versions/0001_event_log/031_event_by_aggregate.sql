-- One aggregate's events in order, for loading it and for releasing those that wait behind a set-aside one.
CREATE INDEX event_by_aggregate ON cqrs.event (aggregate_id, aggregate_type, version)
