"""One secret for the whole test run: the password of every user that the tests create. It must not turn up anywhere.

Each test database is searched for it before it is dropped, every row of every table; so is what each test printed and logged.
Planted bugs, each seen to end the run: the password in the event's payload; the password in a log line.
"""

from __future__ import annotations

from typing import Final

import pytest

PLANTED: Final = "planted-Zq7-horse"

SEARCH: Final = """
SELECT c.oid::regclass::text AS place
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'm') AND c.relispopulated
  AND query_to_xml(format('SELECT 1 FROM %s t WHERE strpos(t::text, %L) > 0 LIMIT 1', c.oid::regclass, $1::text),
                   false, false, '')::text LIKE '%<row>%'
"""


class OutputSearch:
    """A pytest plugin: remembers the tests whose output holds the secret, and fails the run for them."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # A failed test shows what it compared, the secret with it; it fails the run by itself.
        if report.passed and any(PLANTED in text for _title, text in report.sections):
            self.found.append(f"{report.nodeid} ({report.when})")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for place in self.found:
            terminalreporter.write_line(f"SECRET in the output of {place}", red=True)
