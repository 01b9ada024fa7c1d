-- The snapshot that a view was last filled with, by whatever statement, and the transaction that filled it.
--
-- writer: what that transaction itself changed may have come before the fill or after it.
CREATE TABLE cqrs.view_stamp (
    view text NOT NULL,
    snapshot pg_snapshot NOT NULL,
    writer xid8 NOT NULL,
    filled_at timestamptz NOT NULL,
    CONSTRAINT view_stamp_view_key PRIMARY KEY (view)
)
