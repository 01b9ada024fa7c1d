"""Which of an application's views a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clone_cqrs.cli.faults import UsageFaultError

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application
    from clone_cqrs.views import MaterializedView


def chosen_views(application: Application, names: tuple[str, ...]) -> list[MaterializedView]:
    """Those that are named, in that order, each once; all without names. Raises: UsageFaultError, with those that there are."""
    known = {view.name: view for view in application.views}
    for name in names:
        if name not in known:
            raise UsageFaultError(f"there is no view {name!r}; there are {', '.join(known) or 'none'}")
    return [known[name] for name in dict.fromkeys(names or known)]
