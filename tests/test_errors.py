"""One code per outcome; every class stands in the tree of the module's docstring, as it is.

Planted bugs, each seen to fail its test: a class left out of the docstring; another status there.
"""

import pickle
import re

import pytest

from clone_cqrs import errors
from clone_cqrs.errors import CommandValidationError, ConflictError, CqrsError, IdempotencyMismatchError, PublishError

CLASSES = [found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, CqrsError)]
CONCRETE = [found for found in CLASSES if not found.__subclasses__()]
_LINE = re.compile(r"^[│├└─ ]*(?P<name>\w+Error)\s*(?P<rest>.*)$")


def documented() -> dict[str, str]:
    """Name -> the rest of its line, from the tree in the module's docstring."""
    lines = (_LINE.match(line) for line in (errors.__doc__ or "").splitlines())
    return {found["name"]: found["rest"] for found in lines if found}


def test_every_class_is_in_the_tree() -> None:
    assert set(documented()) == {found.__name__ for found in CLASSES}


@pytest.mark.parametrize("cls", [found for found in CLASSES if "code" in vars(found) and found is not CqrsError])
def test_the_tree_tells_code_and_status(cls: type[CqrsError]) -> None:
    rest = documented()[cls.__name__].split()
    if not rest:
        assert cls is errors.HandlerNotFoundError
        return
    assert rest[0] == cls.code
    assert (rest[1] if rest[1].isdigit() else None) == (str(cls.http_status) if cls.http_status else None)
    assert ("answered" in rest) is (cls.answered or cls.code.startswith("unknown_"))


def test_one_code_is_one_outcome() -> None:
    owners: dict[str, type[CqrsError]] = {}
    for cls in CONCRETE:
        owner = next(base for base in cls.__mro__ if "code" in vars(base))
        assert issubclass(owner, CqrsError)
        assert owners.setdefault(cls.code, owner) is owner
    assert all(re.fullmatch(r"[a-z_]+", code) for code in owners)


def test_a_code_that_is_taken_cannot_be_declared_again() -> None:
    with pytest.raises(TypeError, match="belongs to"):
        type("AnotherConflictError", (CqrsError,), {"code": "conflict"})


def test_a_subclass_of_a_users_own_keeps_the_code() -> None:
    class TakenError(ConflictError):
        """Some name is taken."""

    assert (TakenError().code, TakenError().http_status, TakenError().retryable) == ("conflict", 409, True)


@pytest.mark.parametrize("cls", CONCRETE)
def test_every_error_can_be_made_and_says_something(cls: type[CqrsError]) -> None:
    error = cls("what is wrong")
    assert "what is wrong" in error.message
    assert str(error) == error.message


@pytest.mark.parametrize("cls", CONCRETE)
def test_an_error_survives_being_sent_to_another_process(cls: type[CqrsError]) -> None:
    error = cls("what is wrong")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls
    assert (str(copy), copy.__dict__) == (str(error), error.__dict__)


def test_errors_of_the_same_outcome_share_their_code() -> None:
    assert errors.CommandTimeoutError.code == errors.QueryTimeoutError.code == "timeout"
    assert errors.CommandValidationError.code == errors.QueryValidationError.code == "validation_failed"
    assert errors.CommandAuthorizationError.code == errors.QueryAuthorizationError.code == "forbidden"


def test_facts_are_attributes() -> None:
    assert CommandValidationError(["a: b", "c: d"]).violations == ("a: b", "c: d")
    assert ConflictError("taken", constraint="users_email_key").constraint == "users_email_key"
    assert (PublishError().result, PublishError().unpublished) == (None, ())
    assert IdempotencyMismatchError().__dict__ == {}
