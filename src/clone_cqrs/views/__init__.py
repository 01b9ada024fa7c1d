"""Views follow: what a materialized view is, and how it is refreshed."""

from clone_cqrs.views.names import ViewName
from clone_cqrs.views.refresh import refresh_view
from clone_cqrs.views.refreshes import Refreshes, ViewState
from clone_cqrs.views.view import MaterializedView

__all__ = ["MaterializedView", "Refreshes", "ViewName", "ViewState", "refresh_view"]
