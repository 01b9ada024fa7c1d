"""A command comes in: bus, handler, validation, authorization, idempotency, unit of work."""

from clone_cqrs.commands.bus import CommandBus
from clone_cqrs.commands.handler import BaseCommandHandler

__all__ = ["BaseCommandHandler", "CommandBus"]
