"""Every error of the toolkit, as one shallow tree.

CqrsError
├── MessageValidationError          validation_failed   422  answered
│   ├── CommandValidationError
│   └── QueryValidationError
├── MessageAuthorizationError       forbidden           403  answered
│   ├── CommandAuthorizationError
│   └── QueryAuthorizationError
├── NotFoundError                   not_found           404  answered
├── ConflictError                   conflict            409  answered
├── DomainRuleError                 rule_violated       409  answered
├── IdempotencyMismatchError        idempotency_mismatch 409 answered
├── MessageTimeoutError             timeout             504  answered
│   ├── CommandTimeoutError
│   └── QueryTimeoutError
├── StaleReadError                  stale_read          504  answered
├── MalformedMessageError           malformed           400  answered by execute_message
├── HandlerNotFoundError
│   ├── UnknownCommandError         unknown_command     404  raised, answered by execute_message
│   └── UnknownQueryError           unknown_query       404  raised, answered by execute_message
├── HandlerAlreadyRegisteredError   already_registered       raised at start
├── MissingPolicyError              missing_policy           raised at start
├── ViewRefusedError                view_refused             raised when a view is described, and so before it is made
├── TransactionScopeError           transaction_scope        raised
├── PublishError                    publish_failed      502  raised
├── StorageUnavailableError         storage_unavailable 503  raised, after bounded retries
├── UnreadableEventError            unreadable_event         raised by reading the log; a subscription sets the event aside
└── InternalError                   internal_error      500  what the faces report in place of a bug

Answered errors are outcomes: `execute` returns them in a result. Raised errors are faults that a programmer or an operator
must mend. `code` is stable and meant for machines; the message is meant for people and never repeats an input value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from clone_cqrs.messages import CommandResult, DomainEvent


class CqrsError(Exception):
    """Base of all errors here.

    code: stable word for the outcome; http_status: the status that the HTTP face answers, or None; retryable: whether the
    same call can succeed later without anything being mended; answered: whether `execute` returns it instead of raising.
    """

    code: ClassVar[str] = "error"
    http_status: ClassVar[int | None] = None
    retryable: ClassVar[bool] = False
    answered: ClassVar[bool] = False

    _owner_of_code: ClassVar[dict[str, type[CqrsError]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            owner = CqrsError._owner_of_code.setdefault(cls.code, cls)
            if owner is not cls:
                raise TypeError(f"{cls.__name__}: code {cls.code!r} belongs to {owner.__name__}; subclass that instead")

    def __init__(self, message: str = "") -> None:
        super().__init__(message or type(self).code.replace("_", " "))

    @property
    def message(self) -> str:
        """What went wrong, for people."""
        return str(self)


class MessageValidationError(CqrsError):
    """A message does not have the shape or values that its type asks for. `violations`: all of them, `path: what is wrong`."""

    code = "validation_failed"
    http_status = 422
    answered = True

    def __init__(self, violations: Sequence[str] | str) -> None:
        self.violations: tuple[str, ...] = (violations,) if isinstance(violations, str) else tuple(violations)
        super().__init__("; ".join(self.violations))


class CommandValidationError(MessageValidationError):
    """A command is not valid."""


class QueryValidationError(MessageValidationError):
    """A query is not valid."""


class MessageAuthorizationError(CqrsError):
    """The caller may not do this. `user_id`: the actor; `resource`: what was asked for, usually the message's type."""

    code = "forbidden"
    http_status = 403
    answered = True

    def __init__(self, message: str = "", *, user_id: str | None = None, resource: str | None = None) -> None:
        self.user_id = user_id
        self.resource = resource
        super().__init__(message or f"not allowed: {resource or 'this message'}")


class CommandAuthorizationError(MessageAuthorizationError):
    """The caller may not execute this command."""


class QueryAuthorizationError(MessageAuthorizationError):
    """The caller may not ask this query."""


class NotFoundError(CqrsError):
    """What the message names does not exist, or is not the caller's to see."""

    code = "not_found"
    http_status = 404
    answered = True


class ConflictError(CqrsError):
    """A stale version, or a value that must be unique and is taken. `constraint`: the database constraint, when one refused."""

    code = "conflict"
    http_status = 409
    retryable = True
    answered = True

    def __init__(self, message: str = "", *, constraint: str | None = None) -> None:
        self.constraint = constraint
        super().__init__(message)


class DomainRuleError(CqrsError):
    """A rule of the domain forbids this now. `constraint`: the database constraint, when one refused."""

    code = "rule_violated"
    http_status = 409
    answered = True

    def __init__(self, message: str = "", *, constraint: str | None = None) -> None:
        self.constraint = constraint
        super().__init__(message)


class IdempotencyMismatchError(CqrsError):
    """The command's id was used before for another command. Tells nothing of the first one."""

    code = "idempotency_mismatch"
    http_status = 409
    answered = True


class MessageTimeoutError(CqrsError):
    """The time allowed is over; nothing was committed. The same command id may be tried again."""

    code = "timeout"
    http_status = 504
    retryable = True
    answered = True


class CommandTimeoutError(MessageTimeoutError):
    """A command ran out of time before its COMMIT was sent."""


class QueryTimeoutError(MessageTimeoutError):
    """A query ran out of time."""


class StaleReadError(CqrsError):
    """A read, or a wait, could not become as new as asked within its time."""

    code = "stale_read"
    http_status = 504
    retryable = True
    answered = True


class MalformedMessageError(CqrsError):
    """The bytes are no message: not UTF-8, not JSON, not an object, too large, too deep, or without a type."""

    code = "malformed"
    http_status = 400
    answered = True


class HandlerNotFoundError(CqrsError):
    """No handler is registered for a type. `message_type`: the type asked for."""

    code = "handler_not_found"
    http_status = 404

    def __init__(self, message: str = "", *, message_type: str | None = None) -> None:
        self.message_type = message_type
        super().__init__(message)


class UnknownCommandError(HandlerNotFoundError):
    """No handler is registered for this type of command."""

    code = "unknown_command"


class UnknownQueryError(HandlerNotFoundError):
    """No handler is registered for this type of query."""

    code = "unknown_query"


class HandlerAlreadyRegisteredError(CqrsError):
    """A type already has its one handler."""

    code = "already_registered"


class MissingPolicyError(CqrsError):
    """A handler does not say who may use it."""

    code = "missing_policy"


class ViewRefusedError(CqrsError):
    """A view's declaration would make readings that are stale, or slow. The message has all that is wrong, and what to do."""

    code = "view_refused"


class TransactionScopeError(CqrsError):
    """The ambient transaction was used outside of the task, or the time, that it belongs to."""

    code = "transaction_scope"


class PublishError(CqrsError):
    """Events could not be published. `result`: the command's own, which succeeded; `unpublished`: the events left, in order."""

    code = "publish_failed"
    http_status = 502
    retryable = True

    def __init__(
        self,
        message: str = "",
        *,
        result: CommandResult[Any] | None = None,
        unpublished: Sequence[DomainEvent[Any]] = (),
    ) -> None:
        self.result = result
        self.unpublished: tuple[DomainEvent[Any], ...] = tuple(unpublished)
        super().__init__(message)


class StorageUnavailableError(CqrsError):
    """PostgreSQL cannot be reached or does not answer. `outcome_unknown`: a COMMIT was sent and its fate could not be read."""

    code = "storage_unavailable"
    http_status = 503
    retryable = True

    def __init__(self, message: str = "", *, outcome_unknown: bool = False) -> None:
        self.outcome_unknown = outcome_unknown
        super().__init__(message)


class UnreadableEventError(CqrsError):
    """A logged event does not fit its type, or cannot be raised to its newest schema version. Subscriptions set it aside."""

    code = "unreadable_event"


class InternalError(CqrsError):
    """A bug, of a handler or of this package, as the faces report it: without its own text, which may quote values."""

    code = "internal_error"
    http_status = 500
