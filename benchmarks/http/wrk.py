"""wrk, which makes the load: so many connections, each with one request under way at any time."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_P99 = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
_WRONG = re.compile(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)")
_UNIT_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}

_SCRIPT = """
local bodies = {%s}
local number = 0
math.randomseed(os.time() + %d)
local function digits(many)
  local text = {}
  for place = 1, many do text[place] = string.format("%%x", math.random(0, 15)) end
  return table.concat(text)
end
local run = digits(8)
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
request = function()
  number = number + 1
  local body = bodies[(number - 1) %% #bodies + 1]
  return wrk.format(nil, nil, nil, (string.gsub(body, "NEW", run .. "-" .. number)))
end
"""


@dataclass(frozen=True)
class Load:
    """What a run came to."""

    per_second: float
    p99_ms: float


async def load(
    address: str, bodies: Sequence[str], token: str, *, connections: int, seconds: float, seed: int, core: int | None
) -> Load:
    """Send the bodies in turn; NEW in one of them is another text each time.

    Raises: FileNotFoundError without wrk; AssertionError where an answer is no 2xx.
    """
    program = shutil.which("wrk")
    if program is None:
        raise FileNotFoundError("wrk makes the load, and is not there: as root, apt-get install wrk")
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "requests.lua"
        script.write_text(_SCRIPT % (",".join(f"[=[{body}]=]" for body in bodies), seed, token), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            *(program, "--latency", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(script), address),
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
        )
        said = (await process.communicate())[0].decode()
    wrong = _WRONG.search(said)
    assert wrong is None, f"{address}: {wrong[0] if wrong else ''}"
    rate, p99 = _RATE.search(said), _P99.search(said)
    assert rate is not None, said
    assert p99 is not None, said
    return Load(float(rate[1]), float(p99[1]) * _UNIT_MS[p99[2]])
