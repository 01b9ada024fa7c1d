"""The HTTP face: commands, queries and events of an Application over HTTP. Needs the extra `http`."""

try:
    import fastapi as _fastapi  # noqa: F401
    import jwt as _jwt  # noqa: F401
    import sse_starlette as _sse_starlette  # noqa: F401
    import uvicorn as _uvicorn  # noqa: F401
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        f"clone_cqrs.http needs the extra `http` ({missing.name} is missing): pip install 'clone-cqrs[http]'", name=missing.name
    ) from None

from clone_cqrs.http.app import create_app, create_router
from clone_cqrs.http.bearer_tokens import issue_token
from clone_cqrs.http.errors import AuthenticationError
from clone_cqrs.http.serving import run_server, serve
from clone_cqrs.http.settings import HttpSettings

__all__ = ["AuthenticationError", "HttpSettings", "create_app", "create_router", "issue_token", "run_server", "serve"]
