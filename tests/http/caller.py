"""Whoever calls the HTTP face in a test: with tokens, in this process or over a socket."""

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from tests.planted_secret import PLANTED

from clone_cqrs.http import HttpSettings, issue_token

KEY = "a key of tests, long enough for HS256: 0123456789abcdef"
SETTINGS = HttpSettings(jwt_key=KEY)
_numbers = itertools.count()


def bearer(subject: str | UUID, *roles: str, settings: HttpSettings = SETTINGS) -> dict[str, str]:
    """The header of somebody."""
    return {"Authorization": f"Bearer {issue_token(settings, str(subject), roles=roles)}"}


SYSTEM = bearer("system", "system")
ADMIN = bearer("root", "admin")


@dataclass
class Caller:
    client: httpx.AsyncClient

    async def command(self, name: str, body: Any, headers: Mapping[str, str] = SYSTEM, **more: str) -> httpx.Response:
        return await self._post(f"/commands/{name}", body, {**headers, **more})

    async def query(self, name: str, body: Any, headers: Mapping[str, str] = ADMIN, **more: str) -> httpx.Response:
        return await self._post(f"/queries/{name}", body, {**headers, **more})

    async def _post(self, address: str, body: Any, headers: Mapping[str, str]) -> httpx.Response:
        if isinstance(body, bytes):
            return await self.client.post(address, content=body, headers=headers)
        return await self.client.post(address, json=body, headers=headers)

    async def user(self) -> str:
        """The id of a new user."""
        answer = await self.command("user.create", new_user())
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["userId"])


def new_user(**fields: Any) -> dict[str, Any]:
    """The payload of a user.create."""
    email = f"user{next(_numbers)}@example.com"
    return {"email": email, "name": "Ada", "password": PLANTED, "subscriptionTier": "free", **fields}


def codes(answers: Collection[httpx.Response]) -> list[tuple[int, str]]:
    """Status and code of each."""
    return [(answer.status_code, answer.json().get("code", "")) for answer in answers]
