"""What a process prints once it has called `configure_logging`: every record, with what is bound, without what is secret.

Planted bugs, each seen to fail its test: facts not masked; structlog's own way of printing exceptions.
"""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from pydantic import BaseModel
from tests.planted_secret import PLANTED
from tests.telemetry.notes_of_users import ADDRESS, registration

from clone_cqrs.telemetry import bound, configure_logging, get_logger

GIVEN = "not-a-number-of-years"  # not PLANTED: pytest's own handler prints what this one must not
Printed = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is printed; as it was before, afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def printed(stream: io.StringIO) -> Printed:
    """The lines so far, as JSON."""
    configure_logging(json=True, level="DEBUG", stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def every_way_to_log(event: str, **facts: object) -> None:
    get_logger("clone_cqrs.somewhere").warning(event, **facts)
    structlog.get_logger("theirs").warning(event, **facts)


def test_a_line_has_its_event_level_logger_time_and_facts(printed: Printed) -> None:
    get_logger("clone_cqrs.somewhere").warning("view_refreshed", view="a")
    logging.getLogger("somebody").info("hello, %s", "Ada")
    ours, theirs = printed()
    assert {name: ours[name] for name in ("event", "level", "logger", "view")} == {
        "event": "view_refreshed",
        "level": "warning",
        "logger": "clone_cqrs.somewhere",
        "view": "a",
    }
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("hello, Ada", "info", "somebody")
    assert all(line["timestamp"].endswith("Z") for line in (ours, theirs))


def test_every_line_inside_has_what_is_bound(printed: Printed) -> None:
    with bound(correlation_id="request-1", actor="ada"):
        every_way_to_log("inside")
        logging.getLogger("somebody").info("inside")
    every_way_to_log("outside")
    told = [(line["event"], line.get("correlation_id"), line.get("actor")) for line in printed()]
    assert told == [("inside", "request-1", "ada")] * 3 + [("outside", None, None)] * 2


def test_masks_secrets_and_personal_data_wherever_they_are(printed: Printed, stream: io.StringIO) -> None:
    command = registration()
    every_way_to_log("registered", command=command, payload=command.payload, several=[{"one": command.payload}])
    assert PLANTED not in stream.getvalue()
    assert ADDRESS not in stream.getvalue()
    mask = "**********"
    for line in printed():
        assert line["payload"] == {"email": mask, "phone": mask, "password": mask, "tier": "free"}
        assert line["command"]["payload"] == line["several"][0]["one"] == line["payload"]


@pytest.mark.parametrize("as_json", [True, False])
def test_prints_an_exception_without_the_values_in_it(stream: io.StringIO, as_json: bool) -> None:
    configure_logging(json=as_json, stream=stream)

    class Age(BaseModel):
        years: int

    def fail(given: str) -> None:
        local = given
        try:
            Age.model_validate({"years": local})
        except ValueError as error:
            raise RuntimeError("no age") from error

    try:
        fail(GIVEN)
    except RuntimeError as error:
        get_logger("clone_cqrs.somewhere").exception("failed")
        structlog.get_logger("theirs").exception("failed")
        logging.getLogger("somebody").exception("failed")
        logging.getLogger("somebody").error("failed", exc_info=error)
    assert stream.getvalue().count("ValidationError: Age: int_parsing") == 4
    assert stream.getvalue().count("RuntimeError: no age") == 4
    assert GIVEN not in stream.getvalue()


def test_called_again_it_replaces_what_it_set_up(stream: io.StringIO) -> None:
    configure_logging(stream=stream)
    configure_logging(json=True, level="WARNING", stream=stream)
    logging.getLogger("somebody").info("unheard")
    logging.getLogger("somebody").warning("heard")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["event"] == "heard"


def test_refuses_a_level_that_is_none(stream: io.StringIO) -> None:
    with pytest.raises(ValueError, match="LOUD"):
        configure_logging(level="LOUD", stream=stream)


def test_importing_configures_nothing() -> None:
    program = (
        "import logging, structlog; import clone_cqrs.bootstrap, clone_cqrs.telemetry;"
        "print(logging.getLogger().handlers, structlog.is_configured())"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["[]", "False"]
