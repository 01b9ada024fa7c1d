"""What travels: commands, queries, events, results, and their wire form."""

from clone_cqrs.messages.command import Command
from clone_cqrs.messages.envelope import Envelope
from clone_cqrs.messages.event import DomainEvent
from clone_cqrs.messages.identifiers import uuid7
from clone_cqrs.messages.payload import Payload, Personal, PersonalData
from clone_cqrs.messages.query import Query
from clone_cqrs.messages.results import CommandResult, Page, QueryResult
from clone_cqrs.messages.secrets import secret_fields
from clone_cqrs.messages.violations import violations_of

__all__ = [
    "Command",
    "CommandResult",
    "DomainEvent",
    "Envelope",
    "Page",
    "Payload",
    "Personal",
    "PersonalData",
    "Query",
    "QueryResult",
    "secret_fields",
    "uuid7",
    "violations_of",
]
