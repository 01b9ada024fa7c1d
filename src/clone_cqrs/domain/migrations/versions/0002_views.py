"""The clone's six read models: definition, materialized view and fresh reading of each, and their common refresh."""

from clone_cqrs.postgres.migrate import run_folder

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    run_folder(__file__)
