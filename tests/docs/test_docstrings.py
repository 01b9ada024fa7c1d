"""Every public name of the toolkit says what it is to those who ask with `help()`."""

import clone_cqrs


def test_every_public_name_has_a_docstring_of_its_own() -> None:
    members = {name: getattr(clone_cqrs, name) for name in clone_cqrs.__all__}
    silent = [name for name, member in members.items() if callable(member) and not (member.__doc__ or "").strip()]
    assert silent == []
