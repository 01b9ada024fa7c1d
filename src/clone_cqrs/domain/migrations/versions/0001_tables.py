"""The clone's six tables, with the constraints and indexes that defend its rules."""

from clone_cqrs.postgres.migrate import run_folder

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    run_folder(__file__)
