-- For waiting, for retention and for showing them in order.
CREATE INDEX set_aside_by_position ON cqrs.set_aside (subscription, position)
