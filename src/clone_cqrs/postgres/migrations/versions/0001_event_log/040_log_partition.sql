-- The partitions of the log: cqrs.event_<number> holds the positions lower_position <= position < upper_position.
CREATE TABLE cqrs.log_partition (
    number bigint PRIMARY KEY,
    lower_position bigint NOT NULL UNIQUE,
    upper_position bigint NOT NULL UNIQUE,
    CONSTRAINT log_partition_not_empty CHECK (upper_position > lower_position)
)
