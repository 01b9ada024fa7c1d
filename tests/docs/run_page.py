"""Runs the blocks of one page, as one program in a process of its own, so that a page patches and shares nothing.

    run_page.py RESULTS     blocks as JSON on stdin: [{"page", "line", "language", "text"}, ...]

Python blocks share one namespace and one event loop, and may await at top level. SQL blocks run on DATABASE_URL. Console
blocks run their `$ ` lines in a shell. For each block that ends well one JSON line [output, expected] goes to RESULTS,
expected being what a console block itself shows, else null. The first failure ends the program with its traceback.
"""

import ast
import asyncio
import contextlib
import inspect
import io
import json
import os
import subprocess
import sys
import types
from pathlib import Path


def run_python(block: dict[str, str], line: int, module: types.ModuleType, loop: asyncio.Runner) -> str:
    # The empty lines make tracebacks point into the page.
    source = "\n" * (line - 1) + block["text"]
    code = compile(source, block["page"], "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        if code.co_flags & inspect.CO_COROUTINE:
            loop.run(eval(code, module.__dict__))
        else:
            exec(code, module.__dict__)
    return output.getvalue()


async def run_sql(text: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    try:
        await connection.execute(text)
    finally:
        await connection.close()


def run_console(text: str) -> tuple[str, str]:
    """What the commands print, and what the block shows."""
    printed, shown = "", ""
    command = ""
    for line in [*text.split("\n"), "$ true"]:
        continued = command.endswith("\\\n")
        if continued:
            command += line + "\n"
        elif line.startswith("$ "):
            if command:
                answer = subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
                if answer.returncode != 0:
                    raise SystemExit(f"exit status {answer.returncode}: {command}")
                printed += answer.stdout.decode()
            command = line.removeprefix("$ ") + "\n"
        else:
            shown += line + "\n"
    return printed, shown


def main(results: Path) -> None:
    blocks = json.load(sys.stdin)
    # A reader's Python finds what is in the reader's directory, not what is beside this file.
    sys.path[0] = ""
    # Pydantic and pickle look a class's names up in its module: what the page defines lives in `__main__`, as in a script.
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    # A warning where nothing can be raised (a coroutine that was never awaited) is a failure, too.
    dropped: list[object] = []
    sys.unraisablehook = lambda unraisable: dropped.append(unraisable.exc_value)
    with results.open("w", encoding="utf-8") as lines, asyncio.Runner() as loop:
        for block in blocks:
            expected = None
            match block["language"]:
                case "python":
                    output = run_python(block, int(block["line"]), module, loop)
                case "sql":
                    loop.run(run_sql(block["text"]))
                    output = ""
                case "console":
                    output, expected = run_console(block["text"])
                case other:
                    raise ValueError(f"no way to run {other}")
            if dropped:
                raise RuntimeError(f"warned: {dropped}")
            lines.write(json.dumps([output, expected]) + "\n")
            lines.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
