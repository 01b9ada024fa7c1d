-- One row that names this database. Tokens carry database_id; partition_rows is how many positions one partition of the log
-- spans, read whenever a partition is added.
CREATE TABLE cqrs.installation (
    singleton boolean PRIMARY KEY DEFAULT true CONSTRAINT installation_is_one_row CHECK (singleton),
    database_id uuid NOT NULL DEFAULT gen_random_uuid(),
    partition_rows bigint NOT NULL DEFAULT 10000000 CONSTRAINT installation_partition_rows_positive CHECK (partition_rows > 0),
    installed_at timestamptz NOT NULL DEFAULT now()
)
