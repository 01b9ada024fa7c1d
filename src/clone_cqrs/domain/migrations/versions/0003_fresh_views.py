"""Fresh readings of the six views: stamps, changes noted by triggers, and readings that use both.

The statements are what `clone_cqrs.views.write_migration` makes of the declarations, and the views' indexes, made anew.
"""

from clone_cqrs.postgres.migrate import run_folder

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    run_folder(__file__)
