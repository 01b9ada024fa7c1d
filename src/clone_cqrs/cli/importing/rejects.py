"""The rejects file: one JSON line for each line that was refused, and why. What the line said is not in it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TextIO

from clone_cqrs.cli.faults import FaultError, UsageFaultError
from clone_cqrs.errors import CqrsError, MessageValidationError


class Rejects:
    """A rejects file, or none (path=None). Truncated when opened.

    {"line": 68, "code": "validation_failed", "error": "...", "violations": ["email: ..."]}; violations where there are any.
    Raises, when made: UsageFaultError.
    """

    def __init__(self, path: Path | None, *, not_this: os.stat_result) -> None:
        self._file: TextIO | None = None
        if path is None:
            return
        try:
            if path.exists() and os.path.samestat(path.stat(), not_this):
                raise UsageFaultError(f"--rejects: {path} is the file to import")
            # A line at a time: it can be read while the import runs, and survives whatever ends it.
            self._file = path.open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise UsageFaultError(f"--rejects: cannot write {path}: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # of a line that `add` has told of
                self._file.close()

    def add(self, number: int, error: CqrsError) -> None:
        """Write down one refusal. Raises: FaultError where it cannot be written."""
        if self._file is None:
            return
        entry: dict[str, Any] = {"line": number, "code": error.code, "error": str(error)}
        if isinstance(error, MessageValidationError):
            entry["violations"] = list(error.violations)
        try:
            self._file.write(json.dumps(entry) + "\n")
        except OSError as error:
            raise FaultError(f"--rejects: cannot write {self._file.name}: {error.strerror}") from error
