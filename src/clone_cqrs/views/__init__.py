"""Views follow: what a materialized view is, and how it is refreshed."""

from clone_cqrs.views.catalog.check import check_views, log_view_findings
from clone_cqrs.views.catalog.finding import ViewFinding
from clone_cqrs.views.fresh import create_fresh_view, describe, write_migration
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.refresh import Outcome, count_changes, keep_up, refresh_if_worth, refresh_view, sweep_view, view_load
from clone_cqrs.views.refreshes import Refreshes, ViewState
from clone_cqrs.views.verification.verification import ColumnDifference, RowDifference, Verification
from clone_cqrs.views.verification.verify import verify_view
from clone_cqrs.views.view import MaterializedView, SharedChanges, Through

__all__ = [
    "ColumnDifference",
    "MaterializedView",
    "Outcome",
    "Refreshes",
    "RowDifference",
    "SharedChanges",
    "Through",
    "Verification",
    "ViewFinding",
    "ViewName",
    "ViewState",
    "check_views",
    "count_changes",
    "create_fresh_view",
    "describe",
    "keep_up",
    "log_view_findings",
    "refresh_if_worth",
    "refresh_view",
    "sweep_view",
    "verify_view",
    "view_load",
    "write_migration",
]
