-- What a server is, and how it is set. No parameters. Locks: none.
-- Row: version, version_number, standby, encoding, the settings by their names (as text, units as pg_settings has them; null where
-- the role may not see one), in_use (sessions now), local (reached by a Unix socket or loopback), encrypted, role, superuser.
SELECT
    current_setting('server_version') AS version,
    current_setting('server_version_num')::integer AS version_number,
    pg_is_in_recovery() AS standby,
    current_setting('server_encoding') AS encoding,
    (SELECT jsonb_object_agg(s.name, s.setting)::text FROM pg_settings AS s WHERE s.name IN (
        'autovacuum', 'data_directory', 'default_transaction_isolation', 'default_transaction_read_only', 'fsync',
        'full_page_writes', 'max_connections', 'superuser_reserved_connections', 'synchronous_commit', 'track_counts'
    )) AS settings,
    (SELECT count(*) FROM pg_stat_activity AS a WHERE a.backend_type = 'client backend') AS in_use,
    coalesce(inet_server_addr() << '127.0.0.0/8' OR inet_server_addr() = '::1', true) AS local,
    coalesce((SELECT l.ssl FROM pg_stat_ssl AS l WHERE l.pid = pg_backend_pid()), false) AS encrypted,
    current_user::text AS role,
    (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) AS superuser
