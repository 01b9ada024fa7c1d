-- Views with a fresh reading, and how their upkeep went.
--
-- name: schema and name with a dot between, unquoted. changes: the table of its changed keys. refreshed_at, refresh_seconds:
-- the library's last refresh, its end and how long it took. reads_then: how often the view had been scanned by then, by the
-- server's own count. swept_at, swept: the last sweep and how many changes it deleted. waits_for: why changes are not swept.
CREATE TABLE cqrs.view (
    name text NOT NULL,
    changes regclass NOT NULL,
    refreshed_at timestamptz,
    refresh_seconds double precision,
    reads_then bigint,
    swept_at timestamptz,
    swept bigint,
    waits_for text,
    CONSTRAINT view_name_key PRIMARY KEY (name)
)
