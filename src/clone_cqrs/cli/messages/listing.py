"""`--list`: the types that a bus answers, with their payloads."""

from __future__ import annotations

from typing import Any

from clone_cqrs.dispatch.registry import Registration


def show_types(registrations: tuple[Registration[Any], ...], *, as_json: bool) -> None:
    """Print them in order of name: {"type": {"payload": JSON Schema, "policy": text or null}}."""
    from rich.markup import escape

    from clone_cqrs.cli.messages.shapes import shape_of
    from clone_cqrs.cli.screens import print_json, result_screen

    ordered = sorted(registrations, key=lambda registration: registration.type_name)
    if as_json:
        print_json(
            {
                each.type_name: {
                    "payload": each.message_class.payload_type.model_json_schema(by_alias=True),
                    "policy": policy_of(each),
                }
                for each in ordered
            }
        )
        return
    screen = result_screen()
    for each in ordered:
        who = f"  [dim]({escape(policy)})[/]" if (policy := policy_of(each)) else ""
        screen.print(f"[bold]{escape(each.type_name)}[/]{who}", soft_wrap=True)
        screen.print(f"  {shape_of(each.message_class.payload_type)}", markup=False, soft_wrap=True)


def policy_of(registration: Registration[Any]) -> str | None:
    """Who may, for people; None where the handler has a check of its own."""
    policy = getattr(registration.handler, "policy", None)
    if policy is None:
        return None
    text: str = policy.text
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text
