-- What became of every command that succeeded: a second execution of the same id is answered from here. fingerprint: SHA-256
-- of the payload's canonical JSON without secret fields; data: the result's, as text exactly as written; position: of its last
-- event, null without events; timestamp: the result's; recorded_at: for the end of its keeping.
CREATE TABLE cqrs.command (
    command_id uuid CONSTRAINT command_key PRIMARY KEY,
    command_type text NOT NULL,
    user_id text NOT NULL,
    fingerprint bytea NOT NULL,
    data json NOT NULL,
    position bigint,
    "timestamp" timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
)
