"""`clone-cqrs serve` and `token`.

Planted to see these tests fail: a token signed with another key than the server's; an address in use told with a traceback.
"""

import json
import signal
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.cli.program import called, clone_cqrs, running

KEY = {"CLONE_CQRS_JWT_KEY": "0123456789abcdef0123456789abcdef"}


def test_serves_until_it_is_told_to_stop(clone_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"DATABASE_URL": clone_dsn, **KEY}
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    with running("serve", "--port", "0", "--json", at=tmp_path / "serve", env=env) as server:
        server.until(lambda: server.out)
        address = json.loads(server.out)["address"]
        token = called("token", "system", "--json").json["token"]
        payload = {"email": "ada@example.com", "name": "Ada", "password": "correct horse", "subscriptionTier": "free"}
        request = urllib.request.Request(
            f"{address}/commands/user.create",
            data=json.dumps(payload).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        taken = clone_cqrs("serve", "--port", address.rpartition(":")[2], env=env)
        assert (taken.code, taken.out) == (1, "")
        assert taken.err.endswith("Address already in use: --port and --host name another address\n")
        assert server.end(signal.SIGTERM) == 0
    events = called("events", "tail", "--no-follow", dsn=clone_dsn)
    assert "user.created" in events.out


def test_says_which_extra_is_missing(clone_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("clone_cqrs.http")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    ended = called("serve", dsn=clone_dsn)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "error: clone_cqrs.http needs the extra `http` (fastapi is missing): pip install 'clone-cqrs[http]'\n"


def test_wrong_settings_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLONE_CQRS_ENVIRONMENT", "production")
    monkeypatch.setenv("CLONE_CQRS_JWT_KEY", "short")
    ended = called("token", "ada")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: jwt_key: should have at least 32 bytes")
