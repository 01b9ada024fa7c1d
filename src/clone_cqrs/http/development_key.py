"""The key that signs tokens while nobody has given one: made once for a user of a machine, and never used in production."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE_NAME: Final = "http-development-key"
_BYTES: Final = 32


def development_key(directory: Path | None = None) -> str:
    """The key of this user, the same in every process, so that `clone-cqrs token` and several servers agree.

    directory: by default where this user's data of clone-cqrs is. A key of this process alone where that cannot be written.
    """
    if directory is None:
        import platformdirs

        directory = Path(platformdirs.user_data_dir("clone-cqrs"))
    file = directory / FILE_NAME
    made = secrets.token_hex(_BYTES)
    with suppress(OSError):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as opened:
            opened.write(made)
        try:
            # Of several processes that start at once, the first one's key stays, and none reads half a key.
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    with suppress(OSError):
        kept = file.read_text(encoding="ascii").strip()
        if len(kept) >= _BYTES:
            return kept
    return made
