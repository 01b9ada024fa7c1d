"""Messages from the wire: bytes or an object in, a typed command or query out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

from clone_cqrs.errors import MalformedMessageError
from clone_cqrs.messages.envelope import Envelope
from clone_cqrs.messages.json_values import MAX_DEPTH, violations_of_json
from clone_cqrs.messages.payload import WireModel
from clone_cqrs.messages.violations import MAX_VIOLATIONS, path_of, violations_of

MAX_BYTES = 1024 * 1024
E_ = TypeVar("E_", bound=Envelope[Any, Any])


class _Moment(WireModel):
    timestamp: datetime


_MOMENT = TypeAdapter(_Moment)


def parse_message(message: bytes | str | Mapping[str, Any]) -> Mapping[str, Any]:
    """The object that a message is.

    Raises: MalformedMessageError where it is not UTF-8, not JSON (NaN is not), over 1 MiB, deeper than 32 or not an object.
    """
    if isinstance(message, Mapping):
        return message
    data = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else bytes(message)
    if len(data) > MAX_BYTES:
        raise MalformedMessageError(f"larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedMessageError("not UTF-8") from None
    try:
        parsed = _DECODER.decode(text)
    except RecursionError:
        raise MalformedMessageError(f"nested deeper than {MAX_DEPTH}") from None
    except ValueError:
        # The decoder's own text is left out: it can quote the input.
        raise MalformedMessageError("not JSON") from None
    if not isinstance(parsed, dict):
        raise MalformedMessageError("not an object")
    return parsed


def type_of_message(parsed: Mapping[str, Any], kind: str) -> str:
    """The text under `commandType` (or `command_type`; likewise for queries). Raises: MalformedMessageError without one."""
    name = parsed.get(f"{kind}Type", parsed.get(f"{kind}_type"))
    if not isinstance(name, str):
        raise MalformedMessageError(f"no text in {kind}Type")
    return name


def checked_json(parsed: Mapping[str, Any]) -> list[str]:
    """Violations that hold whatever the type, with paths from the payload's root.

    Raises: MalformedMessageError for what is no JSON or too deep.
    """
    return [found.removeprefix("payload.") for found in violations_of_json(parsed)]


def read_message(parsed: Mapping[str, Any], cls: type[E_], *, actor: str | None, found: list[str]) -> E_:
    """The message as its class; `actor` replaces its userId; `found`: violations known already (see checked_json).

    Raises: the class's validation error with all violations.
    """
    wrong = list(found)
    envelope = _respell(parsed, cls.kind, wrong)
    moment = envelope.get("timestamp")
    if moment is not None:
        try:
            moment = _MOMENT.validate_python({"timestamp": moment}).timestamp
        except ValidationError as invalid:
            wrong.extend(violations_of(invalid))
            moment = None
    if envelope.get("payload") is None:
        wrong.append("payload: is required")
    user_id = actor if actor is not None else envelope.get("user_id")
    if user_id is None:
        wrong.append("userId: is required")
    reader: Callable[..., E_] = cls
    try:
        read = reader(
            payload={} if envelope.get("payload") is None else envelope["payload"],
            user_id=user_id if user_id is not None else "-",
            timestamp=moment,
            metadata=envelope.get("metadata"),
            **{f"{cls.kind}_id": envelope.get(f"{cls.kind}_id")},
        )
    except cls.validation_error as invalid:
        if "payload: is required" in wrong:
            raise cls.validation_error(wrong[:MAX_VIOLATIONS]) from None
        known = {violation.partition(": ")[0] for violation in wrong}
        more = [violation for violation in invalid.violations if violation.partition(": ")[0] not in known]
        raise cls.validation_error([*wrong, *more][:MAX_VIOLATIONS]) from None
    if wrong:
        raise cls.validation_error(wrong[:MAX_VIOLATIONS])
    return read


def _respell(parsed: Mapping[str, Any], kind: str, wrong: list[str]) -> dict[str, Any]:
    """The envelope's fields by Python's names; unknown ones and those in both spellings go to `wrong`."""
    names = {f"{kind}Id": f"{kind}_id", f"{kind}Type": f"{kind}_type", "userId": "user_id"}
    known = {*names.values(), "timestamp", "payload", "metadata"}
    respelled: dict[str, Any] = {}
    for key, value in parsed.items():
        name = names.get(key, key)
        if name not in known:
            wrong.append(f"{path_of((key,))}: is not a known field")
        elif name in respelled:
            wrong.append(f"{path_of((key,))}: is given in both spellings")
        else:
            respelled[name] = value
    return respelled


def _refuse_constant(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _parse_int(digits: str) -> int | float:
    # Python refuses to convert very long digit strings. No double holds as many digits as this: infinity says so, and is
    # refused wherever it stands (see violations_of_json).
    return int(digits) if len(digits) < 400 else float(digits)


# Made once: json.loads with these would make one for every message.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_parse_int)
