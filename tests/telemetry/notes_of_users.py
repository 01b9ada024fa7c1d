"""A payload with something of everything that a log line must not show."""

from pydantic import SecretStr
from tests.planted_secret import PLANTED

from clone_cqrs.messages import Command, Payload, Personal

ADDRESS = "ada@example.com"


class Register(Payload):
    email: Personal[str]
    phone: Personal[str] | None = None
    password: SecretStr
    tier: str = "free"


class RegisterCommand(Command[Register, None], type="test.register"): ...


def registration() -> RegisterCommand:
    return RegisterCommand({"email": ADDRESS, "phone": "+44 1234", "password": PLANTED}, "ada")
