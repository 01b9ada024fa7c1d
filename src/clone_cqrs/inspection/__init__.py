"""What an operator asks of an application, as values that every face can show: how it is, and what is wrong with it."""

from clone_cqrs.inspection.status import LogStatus, Status, ViewStatus, Worker, status

__all__ = ["LogStatus", "Status", "ViewStatus", "Worker", "status"]
