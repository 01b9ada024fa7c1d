"""pgbench running the same statements: what the server can do when its client costs next to nothing."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.durable.server import Server
from benchmarks.durable.workload import INSERT_USER, NAME, PASSWORD_HASH, RECORD_COMMAND, TIER

_TPS = re.compile(r"^tps = ([0-9.]+) \(without initial connection time\)$", re.MULTILINE)


def _filled(statement: str, arguments: tuple[str, ...]) -> str:
    """`statement` on one line, with an expression for each of its parameters."""
    one_line = " ".join(statement.split())
    return re.sub(r"\$(\d+)", lambda parameter: arguments[int(parameter[1]) - 1], one_line)


# pgbench counts, but has no UUIDs: the statements make them from the number of the round, the transaction and the client, in
# that order, so that they grow with time as version 7 does.
_NUMBERED = "lpad(:round::text, 4, '0') || '70008000' || lpad(:number::text, 10, '0') || lpad(:client_id::text, 6, '0')"
COMMAND_ID, USER_ID, _EVENT_ID = (f"('{prefix}' || {_NUMBERED})::uuid" for prefix in ("c190", "a190", "e190"))
_EMAIL = f"({USER_ID}::text || '@example.com')"
_DATA = f"('{{\"userId\":\"' || {USER_ID}::text || '\"}}')::json"
_PAYLOAD = (
    f'(\'{{"userId":"\' || {USER_ID}::text || \'","email":"\' || {USER_ID}::text || '
    f'\'@example.com","name":"{NAME}","subscriptionTier":"{TIER}"}}\')::jsonb'
)
_METADATA = (
    f'(\'{{"correlation_id":"\' || {COMMAND_ID}::text || \'","causation_id":"\' || {COMMAND_ID}::text || '
    '\'","schema_version":1}\')::jsonb'
)
_INSERT_ARGUMENTS = (USER_ID, _EMAIL, f"'{NAME}'", f"'{PASSWORD_HASH}'", f"'{TIER}'", "clock_timestamp()")
_RECORD_ARGUMENTS = (
    COMMAND_ID,
    "'user.create'",
    "'system'",
    r"decode(repeat('00', 32), 'hex')",
    _DATA,
    "clock_timestamp()",
    _EVENT_ID,
    "'user.created'",
    "'user'",
    f"{USER_ID}::text",
    "NULL",
    "clock_timestamp()",
    _PAYLOAD,
    _METADATA,
)


BEGIN_AND_CLAIM = rf"""\startpipeline
BEGIN;
SELECT FROM cqrs.claim_command({COMMAND_ID});
\endpipeline"""
INSERT = f"{_filled(INSERT_USER, _INSERT_ARGUMENTS)};"
RECORD = f"{_filled(RECORD_COMMAND, _RECORD_ARGUMENTS)};"
COMMIT = "COMMIT;"
RECORDED = ", ".join(_RECORD_ARGUMENTS[:6])
EVENT = ", ".join(f"ARRAY[{value}]{'::bigint[]' if value == 'NULL' else ''}" for value in _RECORD_ARGUMENTS[6:])
AS_BUILT: Sequence[str] = (BEGIN_AND_CLAIM, INSERT, RECORD, COMMIT)
"""One transaction. BEGIN and the claim go out together, as the product's do."""


async def commands_per_second(
    of: Server,
    database: str,
    *,
    in_flight: int,
    seconds: float,
    number: int,
    script: Sequence[str] = AS_BUILT,
    protocol: str = "prepared",
) -> float:
    """number: of this slice, to be used once in a database. The time to connect is not counted."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "user_create.sql"
        file.write_text("\n".join((r"\set number :number + 1", *script, "")), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            of.bin_directory / "pgbench",
            *("--no-vacuum", f"--protocol={protocol}", f"--client={in_flight}", "--jobs=1"),
            *(f"--time={max(1, round(seconds))}", f"--file={file}", f"--define=round={number}", "--define=number=0"),
            *(f"--host={of.socket}", f"--port={of.port}", "--username=postgres", database),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
    found = _TPS.search(output.decode())
    if process.returncode != 0 or found is None:
        raise RuntimeError(f"pgbench failed:\n{errors.decode()}{output.decode()}")
    return float(found[1])
