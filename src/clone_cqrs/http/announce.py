"""What a server says at its start while it runs on a development key: the key, and a token that is ready for curl."""

from __future__ import annotations

import sys

from clone_cqrs.dispatch.caller import SYSTEM
from clone_cqrs.http.bearer_tokens import ADMIN, issue_token
from clone_cqrs.http.settings import PREFIX, HttpSettings


def announce(settings: HttpSettings) -> None:
    """Print both on stderr; nothing where a key was given."""
    if settings.key_is_for_development:
        token = issue_token(settings, SYSTEM, roles=(ADMIN, SYSTEM))
        print(
            f"development key, not for production ({PREFIX}JWT_KEY sets one): {settings.jwt_key}\n"
            f'a token of "{SYSTEM}", with the roles {ADMIN} and {SYSTEM}, for curl:\n'
            f'  export TOKEN="{token}"',
            file=sys.stderr,
            flush=True,
        )
