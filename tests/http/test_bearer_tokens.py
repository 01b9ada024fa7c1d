"""Who calls: what the token says, and nothing else.

Planted bugs, each seen to fail its test: no audience asked for; a subject `system` taken at its word; a token remembered beyond
its end.
"""

import time
from dataclasses import replace
from typing import Any

import jwt
import pytest
from tests.http.caller import KEY, SETTINGS, Caller, bearer, codes

from clone_cqrs.http import AuthenticationError, HttpSettings, issue_token
from clone_cqrs.http.bearer_tokens import TokenVerifier

NOW = int(time.time())  # when tests were collected: they run within the hours after
HOURS = 24 * 3600
GOOD: dict[str, Any] = {"sub": "ada", "aud": "clone-cqrs", "iss": "clone-cqrs", "exp": NOW + HOURS}


def signed(key: str = KEY, algorithm: str = "HS256", without: str = "", **claims: Any) -> str:
    content = {name: value for name, value in {**GOOD, **claims}.items() if name != without}
    return "Bearer " + jwt.encode(content, key, algorithm=algorithm)


@pytest.mark.parametrize(
    ("authorization", "why"),
    [
        (None, "a bearer token is required"),
        ("", "should be: Bearer"),
        ("Bearer", "should be: Bearer"),
        ("Basic YWRhOmFkYQ==", "should be: Bearer"),
        ("Bearer nonsense", "not valid"),
        ("Bearer a.b.c", "not valid"),
        ("Bearer " + "x" * 10_000, "too long"),
        (signed(exp=NOW - 31), "expired"),
        (signed(nbf=NOW + HOURS), "not valid yet"),
        (signed(iat=NOW + HOURS), "not valid yet"),
        (signed(aud="others"), "another audience"),
        (signed(iss="others"), "another issuer"),
        (signed(key="another key of the same length, or even longer"), "not valid"),
        (signed(key=KEY * 2, algorithm="HS512"), "signed with HS256"),
        ("Bearer " + jwt.encode(GOOD, None, algorithm="none"), "signed with HS256"),
        *[(signed(without=name), "should have the claims") for name in ("sub", "aud", "iss", "exp")],
        (signed(sub=7), "not valid"),
        (signed(sub=" "), "subject"),
        (signed(sub="x" * 256), "subject"),
        (signed(sub="a\x00b"), "subject"),
        (signed(sub="system"), 'needs the role "system"'),
        (signed(sub="system", roles=["admin"]), 'needs the role "system"'),
        (signed(roles="admin"), "list of names"),
        (signed(roles=[["admin"]]), "list of names"),
        (signed(roles={"admin": True}), "list of names"),
    ],
)
def test_refuses_what_it_cannot_believe_and_says_why(authorization: str | None, why: str) -> None:
    with pytest.raises(AuthenticationError, match=why):
        TokenVerifier(SETTINGS).bearer_of(authorization)


@pytest.mark.parametrize(
    ("authorization", "roles"),
    [
        (signed(), []),
        (signed(roles=["admin", "auditor"]), ["admin", "auditor"]),
        (signed(aud=["others", "clone-cqrs"]), []),
        (signed().replace("Bearer", "bearer"), []),
    ],
)
def test_takes_the_subject_and_its_roles(authorization: str, roles: list[str]) -> None:
    found = TokenVerifier(SETTINGS).bearer_of(authorization)
    assert (found.user_id, sorted(found.roles)) == ("ada", roles)


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -10), ("nbf", 10), ("iat", 10)])
def test_allows_for_clocks_that_differ(claim: str, seconds: int) -> None:
    claims: dict[str, Any] = {claim: int(time.time()) + seconds}
    authorization = signed(**claims)
    assert TokenVerifier(SETTINGS).bearer_of(authorization).user_id == "ada"


def believed_until(deadline: float, verifier: TokenVerifier, authorization: str) -> None:
    while time.monotonic() < deadline:
        verifier.bearer_of(authorization)


def test_what_was_believed_once_is_not_believed_beyond_its_end() -> None:
    verifier = TokenVerifier(replace(SETTINGS, jwt_leeway=0))
    soon = signed(exp=int(time.time()) + 2)
    assert verifier.bearer_of(soon) is verifier.bearer_of(soon)
    with pytest.raises(AuthenticationError, match="expired"):
        believed_until(time.monotonic() + 10, verifier, soon)


def test_what_is_issued_is_what_is_taken() -> None:
    settings = HttpSettings(jwt_key=KEY, jwt_audience="here", jwt_issuer="us", roles_claim="groups")
    token = "Bearer " + issue_token(settings, "system", roles=["system"])
    assert TokenVerifier(settings).bearer_of(token).roles == {"system"}
    with pytest.raises(AuthenticationError):
        TokenVerifier(SETTINGS).bearer_of(token)
    with pytest.raises(ValueError, match='needs the role "system"'):
        issue_token(settings, "system")


async def test_who_is_not_believed_is_answered_with_a_challenge(http: Caller) -> None:
    answers = [await http.command("user.create", b"not even json", headers) for headers in ({}, {"Authorization": "Bearer x"})]
    answers.append(await http.query("user.get", {}, {"Authorization": signed(exp=NOW - 100)}))
    assert codes(answers) == [(401, "unauthenticated")] * 3
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="clone-cqrs"'}


async def test_roles_come_from_the_token_alone(http: Caller) -> None:
    body = {"payload": {"userId": await http.user()}, "metadata": {"roles": ["admin"]}, "userId": "system"}
    assert codes([await http.query("user.get", body, bearer("eve"))]) == [(403, "forbidden")]
    assert codes([await http.query("user.get", body, bearer("eve", "admin"))]) == [(200, "")]
