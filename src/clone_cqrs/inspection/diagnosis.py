"""Whether a server suits an application: its version and settings, the role's rights, and what lies in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from clone_cqrs.bootstrap import Application
from clone_cqrs.inspection.finding import Finding
from clone_cqrs.inspection.surroundings import clock, data_disk, pooler
from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.names import ViewName

_SERVER_FACTS = statement("clone_cqrs.inspection", "server_facts")
_RIGHTS = statement("clone_cqrs.inspection", "rights")
_OLD_TRANSACTIONS = statement("clone_cqrs.inspection", "old_transactions")

OLDEST_VERSION: Final = 15
_LEFT_CONNECTIONS: Final = 10
_OLD_S: Final = 300.0

# What each setting should be, whether another one is a warning only, and what happens with it.
_SETTINGS: Final[tuple[tuple[str, str, bool, str], ...]] = (
    ("fsync", "on", False, "a crash of the machine can destroy the database"),
    ("full_page_writes", "on", False, "a crash of the machine can destroy the database"),
    ("synchronous_commit", "on", True, "a crash of the server loses commands that were answered as done"),
    ("autovacuum", "on", False, "tables grow and plans go bad"),
    ("track_counts", "on", False, "autovacuum does not work, nor the upkeep of views, which counts their reads"),
    ("default_transaction_isolation", "read committed", False, "commands are made for that: others fail under load"),
    ("default_transaction_read_only", "off", False, "no command can be executed"),
)


@dataclass(frozen=True)
class Diagnosis:
    """facts: for people, by name; not_checked: what could not be looked at, and why."""

    facts: dict[str, str]
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...]


async def diagnose(application: Application) -> Diagnosis:
    """Examine the server of an application whose database is open. Reads only, over the pool and past any pooler."""
    database = application.database
    row = await database.fetch_one(_SERVER_FACTS)
    assert row is not None
    server: dict[str, Any] = {**row, "settings": json.loads(row["settings"])}
    facts = {
        "server": f"PostgreSQL {server['version']}",
        "role": f"{server['role']}{' (superuser)' if server['superuser'] else ''}",
        "connections": f"{server['in_use']} of {server['settings'].get('max_connections', '?')}",
    }
    findings = [*_of_server(server), *_of_settings(server["settings"]), *_of_connections(server)]
    not_checked: list[str] = []
    for examined in (
        await pooler(database),
        await clock(database),
        data_disk(server["settings"].get("data_directory"), local=server["local"]),
    ):
        facts |= examined.facts
        findings += examined.findings
        not_checked += examined.not_checked
    findings += await _of_schema(application, server["role"])
    for old in await database.fetch(_OLD_TRANSACTIONS, _OLD_S):
        message = f"open for {old['age_s']:.0f} s: meanwhile changes of views are kept, and the log may wait for it; end it"
        findings.append(Finding(old["what"], "old_transaction", message, is_warning=True))
    return Diagnosis(facts, tuple(findings), tuple(not_checked))


def _of_server(server: dict[str, Any]) -> Iterator[Finding]:
    if server["version_number"] // 10_000 < OLDEST_VERSION:
        yield Finding(
            "server", "old_server", f"PostgreSQL {server['version']} is too old: {OLDEST_VERSION} is the oldest that serves"
        )
    if server["standby"]:
        yield Finding("server", "standby", "this is a standby: commands and subscriptions need the primary, so name that one")
    if server["encoding"] != "UTF8":
        message = f"the database's encoding is {server['encoding']}: make it anew with ENCODING 'UTF8'"
        yield Finding("database", "encoding", message)
    if server["superuser"]:
        message = "it is a superuser, whom nothing is forbidden, not even changing the log: use a role that "
        yield Finding(f"role {server['role']}", "superuser", f"{message}cqrs.grant_application was called for", is_warning=True)


def _of_settings(settings: dict[str, str]) -> Iterator[Finding]:
    for name, right, is_warning, otherwise in _SETTINGS:
        found = settings.get(name, right)
        # synchronous_commit has several settings that are at least as safe as "on".
        if found != right and not (name == "synchronous_commit" and found in ("remote_write", "remote_apply")):
            yield Finding(f"setting {name}", "setting", f"it is {found}, and {otherwise}: set it to {right}", is_warning)


def _of_connections(server: dict[str, Any]) -> Iterator[Finding]:
    settings = server["settings"]
    room = int(settings["max_connections"]) - int(settings["superuser_reserved_connections"]) - server["in_use"]
    if room < _LEFT_CONNECTIONS:
        message = f"{max(0, room)} are left: raise max_connections, lower the size of the pools, or put a pooler in between"
        yield Finding("connections", "few_connections", message, is_warning=True)
    if not (server["local"] or server["encrypted"]):
        message = "the connection is not encrypted: put sslmode=require, or better verify-full, into the DSN"
        yield Finding("connections", "unencrypted", message, is_warning=True)


async def _of_schema(application: Application, role: str) -> list[Finding]:
    try:
        if await application.database.fetch_value("SELECT to_regclass('cqrs.installation') IS NULL"):
            return [Finding("schema cqrs", "not_migrated", "it is not in this database yet: run `clone-cqrs migrate`")]
        return await _of_rights(application, role)
    except asyncpg.InsufficientPrivilegeError:
        message = f"it may not even look into the schema cqrs: as the owner, SELECT cqrs.grant_application('{role}')"
        return [Finding(f"role {role}", "lacks_rights", message)]


async def _of_rights(application: Application, role: str) -> list[Finding]:
    row = await application.database.fetch_one(_RIGHTS, [ViewName.parse(view.name).quoted for view in application.views])
    assert row is not None
    about = f"role {role}"
    findings = []
    if not row["may_append"] or not row["may_subscribe"]:
        message = f"it may not execute commands or work on subscriptions: as the owner, SELECT cqrs.grant_application('{role}')"
        findings.append(Finding(about, "lacks_rights", message))
    if not row["sees_snapshots"]:
        message = f"it does not see what others have open, so that changes of views may stay: GRANT pg_read_all_stats TO {role}"
        findings.append(Finding(about, "no_read_all_stats", message, is_warning=True))
    if not row["may_own_schema"]:
        message = "it may not migrate nor drop old partitions of the log: those need the owner of the schema cqrs"
        findings.append(Finding(about, "not_the_owner", message, is_warning=True))
    if row["foreign_views"]:
        message = f"only their owner may refresh {', '.join(row['foreign_views'])}: ALTER MATERIALIZED VIEW ... OWNER TO {role}"
        findings.append(Finding(about, "foreign_views", message))
    return findings
