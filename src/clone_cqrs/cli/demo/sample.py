"""Where the sample of commands is."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

NAME = "clone-commands.jsonl"
_IN_A_CLONE = Path(__file__).parents[4] / "examples" / "data" / NAME


def sample_file() -> AbstractContextManager[Path]:
    """A path to the sample: in a clone of the repository its one copy, else what the wheel carries."""
    # files() may lie in a zip; as_file makes a file of it for as long as it is used.
    return as_file(_IN_A_CLONE if _IN_A_CLONE.is_file() else files(__package__) / NAME)
