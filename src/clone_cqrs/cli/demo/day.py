"""The day itself: a schema, a file of commands, views, cached answers, a write and the read after it, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.columns import Columns
from rich.markup import escape
from rich.text import Text

from clone_cqrs.cli.demo.asking import ask, execute
from clone_cqrs.cli.demo.reading import find_user, show_user
from clone_cqrs.cli.demo.sample import sample_file
from clone_cqrs.cli.demo.stage import Stage
from clone_cqrs.cli.importing.lines import read_lines
from clone_cqrs.cli.importing.outcomes import outcome_table
from clone_cqrs.cli.importing.progress import shown_progress
from clone_cqrs.cli.importing.run import import_lines
from clone_cqrs.cli.importing.source import Source
from clone_cqrs.cli.importing.tally import Tally
from clone_cqrs.errors import MessageValidationError
from clone_cqrs.messages import uuid7
from clone_cqrs.messages.wire import MAX_BYTES
from clone_cqrs.postgres.statements import statement

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application


class Day:
    """One run over one open application. facts: what was seen, for `--json`."""

    def __init__(self, stage: Stage, application: Application) -> None:
        self._stage = stage
        self._application = application
        self._user = ""
        self.facts: dict[str, Any] = {}

    async def live(self) -> None:
        """Every part, in order."""
        await self.migrate()
        await self.import_sample()
        await self.refresh()
        await self.look_at_one_user()
        await self.ask_twice()
        await self.write_and_read()
        await self.refuse()

    async def migrate(self) -> None:
        application = self._application
        with self._stage.part("The schema: event log, tables, materialized views") as part:
            await application.migrate()
            part.show("[dim]" + "  ".join(view.name for view in application.views) + "[/]")

    async def import_sample(self) -> None:
        tally = Tally()
        with self._stage.part("A file of commands, executed one after another", spinner=False) as part:
            with sample_file() as path, Source(str(path)) as source:
                lines = read_lines(source.chunks(), limit_bytes=MAX_BYTES)
                with shown_progress(self._stage.screen, source, tally) as advance:
                    await import_lines(self._application.commands, lines, tally, on_line=advance)
            part.show(outcome_table(tally), Text())
            part.show("Each is one transaction: its rows, its events and its record commit together, or not at all.")
            part.show(
                "The refused ones are in the file on purpose. Passwords are hashed at argon2id's least cost here.", Text()
            )
            events = await self._application.database.fetch(statement("clone_cqrs.cli.demo", "events"))
            part.show(f"In the log now: {sum(row['events'] for row in events):,} events")
            part.show(Columns([f"[dim]{row['events']:>5,} {row['event_type']}[/]" for row in events], padding=(0, 3)))
        self.facts["outcomes"] = tally.as_json()

    async def refresh(self) -> None:
        with self._stage.part("The views, refreshed") as part:
            await self._application.refresh_views()
            part.show("REFRESH MATERIALIZED VIEW CONCURRENTLY, for all six: readers never wait.")

    async def look_at_one_user(self) -> None:
        with self._stage.part("One user, as the views have them") as part:
            user_id = await find_user(self._application.database)
            await show_user(part, self._application.database, user_id)
            self._user = str(user_id)

    async def ask_twice(self) -> None:
        with self._stage.part("The same question, twice") as part:
            first, from_database_ms = await self._profile()
            second, from_cache_ms = await self._profile()
            for answer, ms in ((first, from_database_ms), (second, from_cache_ms)):
                place = "from the cache" if answer.from_cache else "from the database"
                part.show(f"user.get_profile  [bold]{ms:8.3f} ms[/]  {place}")
        self.facts["query_ms"] = {"database": round(from_database_ms, 3), "cache": round(from_cache_ms, 3)}

    async def write_and_read(self) -> None:
        command = {
            "commandId": str(uuid7()),
            "commandType": "user.update",
            "userId": self._user,
            "payload": {"userId": self._user, "speakingStyle": "calm, in short sentences"},
        }
        with self._stage.part("A write, and the read after it") as part:
            result, write_ms = await execute(self._application, command)
            answer, read_ms = await self._profile(at_least=result.token)
            again, replay_ms = await execute(self._application, command)
            (event,) = result.events
            logged = f"logged {event.event_type}, version {event.version}, position {event.position:,}"
            part.show(f"user.update       [bold]{write_ms:8.3f} ms[/]  {logged}")
            place = "from the cache" if answer.from_cache else "the cached answer is gone: from the database"
            part.show(f"user.get_profile  [bold]{read_ms:8.3f} ms[/]  {place}")
            part.show(f'                               speaking_style is now "{escape(str(answer.unwrap().speaking_style))}"')
            replayed = "replayed: the same commandId has one effect" if again.replayed else "executed again"
            part.show(f"user.update       [bold]{replay_ms:8.3f} ms[/]  {replayed}")
        self.facts["write_ms"], self.facts["read_after_write_ms"] = round(write_ms, 3), round(read_ms, 3)

    async def refuse(self) -> None:
        wrong = {
            "commandType": "user.create",
            "userId": "system",
            "payload": {"email": "ada at example.com", "name": " ", "password": "short", "subscriptionTier": "gold", "age": 36},
        }
        strangers = {
            "commandType": "user.update",
            "userId": str(uuid7()),
            "payload": {"userId": self._user, "name": "Not You"},
        }
        with self._stage.part("Refused, with everything that is wrong") as part:
            for whose, command in (("with five mistakes", wrong), ("by somebody else", strangers)):
                result, _ = await execute(self._application, command)
                error = result.error
                assert error is not None
                part.show(f"{command['commandType']} {whose}: [yellow]{error.code}[/]")
                reasons = error.violations if isinstance(error, MessageValidationError) else (str(error),)
                part.show(*(Text(f"  {reason}") for reason in reasons))
                self.facts.setdefault("refusals", {})[error.code] = list(reasons)

    async def _profile(self, *, at_least: str | None = None) -> tuple[Any, float]:
        query = {"queryType": "user.get_profile", "userId": self._user, "payload": {"userId": self._user}}
        return await ask(self._application, query, at_least=at_least)
