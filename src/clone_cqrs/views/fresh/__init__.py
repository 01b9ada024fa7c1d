"""Fresh readings: views that are never stale, generated from their declaration."""

from clone_cqrs.views.fresh.described import Described, describe
from clone_cqrs.views.fresh.migration import create_fresh_view, fresh_view_statements, write_migration

__all__ = ["Described", "create_fresh_view", "describe", "fresh_view_statements", "write_migration"]
