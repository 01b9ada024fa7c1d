"""Structured logs go through the standard library's logging, and nowhere else by themselves."""

import logging

import pytest

from clone_cqrs.telemetry import get_logger


def test_a_record_has_the_events_name_and_its_facts(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        get_logger("clone_cqrs.somewhere").bind(view="a").info("view_refreshed", share="100%", name="x")
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("clone_cqrs.somewhere", logging.INFO)
    assert record.getMessage() == "view_refreshed view='a' share='100%' name='x'"
    assert vars(record)["cqrs_event"] == "view_refreshed"
    assert vars(record)["cqrs_facts"] == {"view": "a", "share": "100%", "name": "x"}


def test_an_exception_is_among_the_facts(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        get_logger("clone_cqrs.somewhere").exception("broken")
    assert "ZeroDivisionError" in caplog.text


def test_prints_nothing_below_the_level_and_nothing_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    get_logger("clone_cqrs.somewhere").debug("unheard")
    get_logger("clone_cqrs.somewhere").warning("heard")
    assert capsys.readouterr().out == ""
