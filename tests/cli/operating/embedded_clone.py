"""The clone on an embedded server whose data is where an environment variable says. Runs in processes of its own."""

import os
from pathlib import Path
from typing import Any

from tests.domain.cheap_clone import open_cheap_clone

from clone_cqrs import Application

EMBEDDED_CLONE = f"{__name__}:open_embedded_clone"
HOME = "TEST_EMBEDDED_HOME"


def open_embedded_clone(dsn: str | None = None, **settings: Any) -> Application:
    """As open_clone, without a DSN."""
    assert dsn is None
    return open_cheap_clone(data_directory=Path(os.environ[HOME]), **settings)
