"""What is raised when the embedded server cannot be had."""

from typing import ClassVar

from clone_cqrs.errors import StorageUnavailableError


class EmbeddedServerError(StorageUnavailableError):
    """The embedded server cannot be started or joined; the message says what to do about it."""

    # Somebody has to do something first: install, make room, choose another directory.
    retryable: ClassVar[bool] = False
