"""Views follow: what a materialized view is, and how it is refreshed."""

from clone_cqrs.views.fresh import create_fresh_view, describe, write_migration
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.refresh import refresh_if_worth, refresh_view, sweep_view, view_load
from clone_cqrs.views.refreshes import Refreshes, ViewState
from clone_cqrs.views.view import MaterializedView, Through

__all__ = [
    "MaterializedView",
    "Refreshes",
    "Through",
    "ViewName",
    "ViewState",
    "create_fresh_view",
    "describe",
    "refresh_if_worth",
    "refresh_view",
    "sweep_view",
    "view_load",
    "write_migration",
]
