"""The rows of the clone's tables as Python has them, and their way into a database."""

from dataclasses import dataclass, field

from tests.domain.schema.rows import Connection, Row, insert


@dataclass
class Stored:
    """Fields are named after the tables, parents first."""

    users: list[Row] = field(default_factory=list)
    voice_models: list[Row] = field(default_factory=list)
    face_models: list[Row] = field(default_factory=list)
    knowledge_documents: list[Row] = field(default_factory=list)
    conversation_sessions: list[Row] = field(default_factory=list)
    conversation_turns: list[Row] = field(default_factory=list)

    async def insert(self, connection: Connection) -> None:
        for table, rows in vars(self).items():
            if rows:
                await insert(connection, table, *rows)
