"""The clone's line of migrations: its tables and views, in the schema `public`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from clone_cqrs.postgres import Migrations

MIGRATIONS: Final = Migrations(Path(__file__).parent / "migrations", schema="public", version_table="clone_schema_version")
