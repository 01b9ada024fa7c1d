"""What goes wrong between the wire and the buses: outcomes that exist over HTTP only."""

from __future__ import annotations

from clone_cqrs.errors import CqrsError


class AuthenticationError(CqrsError):
    """The request does not say who is calling in a way that can be believed: no bearer token, or one that is not valid."""

    code = "unauthenticated"
    http_status = 401


class UnknownAddressError(CqrsError):
    """Nothing is at this address."""

    code = "unknown_address"
    http_status = 404


class MethodNotAllowedError(CqrsError):
    """The address takes another method."""

    code = "method_not_allowed"
    http_status = 405


class SlowRequestError(CqrsError):
    """The body of the request did not arrive in time. Nothing was done."""

    code = "slow_request"
    http_status = 408
    retryable = True


class BodyTooLargeError(CqrsError):
    """The body of the request is larger than the server reads. Nothing was done."""

    code = "too_large"
    http_status = 413


class TooManyRequestsError(CqrsError):
    """The server has as many requests in hand as it takes. Nothing was done."""

    code = "rate_limited"
    http_status = 429
    retryable = True


class ShuttingDownError(CqrsError):
    """The server finishes what it has in hand and takes nothing new. Nothing was done."""

    code = "shutting_down"
    http_status = 503
    retryable = True
