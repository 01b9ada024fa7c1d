"""Databases whose views have no fresh readings yet, and rows, are brought to the newest revision."""

import shutil
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import asyncpg
import pytest
from tests.domain.views.chance import Chance
from tests.domain.views.expected import EXPECTED
from tests.domain.views.readings import READINGS, expected, read, refresh

from clone_cqrs.domain import MIGRATIONS
from clone_cqrs.domain.views import VIEWS
from clone_cqrs.postgres import Database, Migrations
from clone_cqrs.views import MaterializedView, describe
from clone_cqrs.views.fresh import fresh_view_statements
from clone_cqrs.views.fresh.names import FreshNames


def file_name(view: MaterializedView) -> str:
    return FreshNames.of(view).changes_base


@pytest.fixture
def before_fresh_views(tmp_path: Path) -> Migrations:
    """The clone's line of migrations as it was."""
    shutil.copytree(MIGRATIONS.directory, tmp_path / "line", ignore=shutil.ignore_patterns("0003_*", "__pycache__"))
    return Migrations(tmp_path / "line", schema=MIGRATIONS.schema, version_table=MIGRATIONS.version_table)


async def test_a_database_with_rows_gets_fresh_readings(dsn: str, before_fresh_views: Migrations) -> None:
    now = datetime.now(UTC)
    stored, later = Chance(3, now).stored(), Chance(4, now).stored()
    async with Database.open(dsn) as database:
        await database.migrate(before_fresh_views)
        connection = await asyncpg.connect(dsn)
        try:
            await stored.insert(connection)
            await refresh(connection)
            await database.migrate(MIGRATIONS)
            for view in EXPECTED:
                for reading in READINGS:
                    assert await read(connection, view, reading) == expected(view, stored, now), f"{view}_{reading}"
            await later.insert(connection)
            for table, rows in vars(later).items():
                getattr(stored, table).extend(rows)
            for view in EXPECTED:
                assert await read(connection, view, "fresh") == expected(view, stored, now), view
            await refresh(connection)
            assert await connection.fetchval("SELECT bool_and(cqrs.count_changes(name) = 0) FROM cqrs.view")
        finally:
            await connection.close()


async def test_the_migration_is_what_the_declarations_generate(dsn: str, before_fresh_views: Migrations) -> None:
    folder = MIGRATIONS.directory / "versions" / "0003_fresh_views"
    async with Database.open(dsn) as database:
        await database.migrate(before_fresh_views)
        async with database.connection() as connection:
            for name, together in groupby(sorted(VIEWS, key=file_name), key=file_name):
                (file,) = folder.glob(f"*0_{name}.sql")
                statements = fresh_view_statements(*[await describe(connection, view) for view in together], replace=True)
                assert file.read_text().rstrip().removesuffix(";").split(";\n\n") == [sql.rstrip() for sql in statements]
