"""A handler breaks while a file is imported, and is mended: all of it seen and done from terminals, each a real process.

Planted to see this test fail: `retry` that only tells; a status without its reasons; a tail that begins after what it has not
printed; a worker that ends at SIGTERM without giving its work back.
"""

import json
import signal
import urllib.request
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.cli.operating.mailing_clone import BROKEN_WHILE, MAILING_CLONE
from tests.cli.program import called, clone_cqrs, running, until

APP = ("--app", MAILING_CLONE)
USERS = 3


def create_users(count: int) -> bytes:
    payloads = [
        {"email": f"{uuid4()}@example.com", "name": "Ada", "password": "correct horse", "subscriptionTier": "free"}
        for _ in range(count)
    ]
    messages = [{"commandType": "user.create", "userId": "system", "payload": payload} for payload in payloads]
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def status_of_mail(dsn: str) -> dict[str, Any]:
    ended = called("status", *APP, "--json", dsn=dsn)
    assert ended.code == 0, ended.err
    (mail,) = [each for each in ended.json["subscriptions"] if each["name"] == "mail"]
    return dict(mail)


def test_a_broken_handler_is_seen_read_mended_and_retried(clone_dsn: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    env = {"DATABASE_URL": clone_dsn, BROKEN_WHILE: str(broken)}
    before = called("status", *APP, "--json", dsn=clone_dsn).json
    assert before["notStarted"] == ["cqrs.views", "mail"]
    with (
        running("worker", *APP, "--json", "--metrics-port", "0", at=tmp_path / "worker", env=env) as worker,
        running("events", "tail", *APP, "--json", "--type", "user.*", at=tmp_path / "tail", env=env) as tail,
    ):
        worker.until(lambda: worker.out)
        tail.until(lambda: tail.err.startswith("following"))
        imported = clone_cqrs("import", "-", *APP, stdin=create_users(USERS), env=env)
        assert imported.code == 0, imported.err
        tail.until(lambda: len(tail.out.splitlines()) == USERS)
        events = [json.loads(line) for line in tail.out.splitlines()]
        assert [(each["eventType"], each["version"]) for each in events] == [("user.created", 1)] * USERS
        assert {each["payload"]["email"] for each in events} == {"**********"}

        until(lambda: status_of_mail(clone_dsn)["dead"] == USERS)
        mail = status_of_mail(clone_dsn)
        first = events[0]
        assert (mail["lagEvents"], mail["owner"] is not None) == (0, True)
        assert mail["why"] == (
            f"user.created at position {first['position']} of user {first['aggregateId']} is a dead letter "
            "(RuntimeError: the mail server does not know this form)"
        )
        shown = called("status", *APP, dsn=clone_dsn).out
        assert "mail: user.created at position" in shown
        assert "clone-cqrs dead-letters list mail" in shown

        letters = called("dead-letters", "list", "mail", *APP, "--json", dsn=clone_dsn).json["deadLetters"]
        assert [each["position"] for each in letters] == [each["position"] for each in events]
        letter = called("dead-letters", "show", "mail", str(first["position"]), *APP, dsn=clone_dsn)
        assert letter.code == 0, letter.err
        assert "attempts      2" in letter.out
        assert "in send_welcome" in letter.out
        assert "@example.com" not in letter.out

        broken.unlink()
        one = called("dead-letters", "retry", "mail", str(first["position"]), *APP, "--yes", dsn=clone_dsn)
        assert (one.code, one.out.splitlines()[-1], one.err) == (0, "1 retried", "")
        until(lambda: status_of_mail(clone_dsn)["dead"] == USERS - 1)
        rest = called("dead-letters", "retry", "--type", "user.created", *APP, "--yes", "--json", dsn=clone_dsn)
        assert len(rest.json["retried"]) == USERS - 1
        until(lambda: status_of_mail(clone_dsn)["why"] is None)
        with urllib.request.urlopen(json.loads(worker.out)["metrics"]) as metrics:
            assert (
                f'cqrs_deliveries_total{{outcome="ok",subscription="mail",type="user.created"}} {USERS}.0'
                in metrics.read().decode()
            )
        assert "no worker" not in called("status", *APP, dsn=clone_dsn).out

        assert tail.end(signal.SIGINT) == 130
        assert tail.err == "following the log; Ctrl-C ends it\nerror: interrupted\n"
        assert worker.end(signal.SIGTERM) == 0
        assert json.loads(worker.err.splitlines()[-1])["event"] == "worker_stopped"
    assert status_of_mail(clone_dsn)["owner"] is None
    assert called("status", *APP, "--json", dsn=clone_dsn).json["workers"] == []
