-- The position before which the log may go. $1 bigint: how many positions to keep, at least. Locks: none.
SELECT least((SELECT coalesce(max(position), 0) FROM cqrs.event) - $1::bigint + 1,
             coalesce((SELECT position FROM cqrs.log_needed_from()), 9223372036854775807))
