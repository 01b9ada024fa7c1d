"""What an operator asks of an application, as values that every face can show: how it is, and what is wrong with it."""

from clone_cqrs.inspection.diagnosis import Diagnosis, diagnose
from clone_cqrs.inspection.finding import Finding
from clone_cqrs.inspection.in_database import database_findings
from clone_cqrs.inspection.status import LogStatus, Status, ViewStatus, Worker, status
from clone_cqrs.inspection.wiring import wiring_findings

__all__ = [
    "Diagnosis",
    "Finding",
    "LogStatus",
    "Status",
    "ViewStatus",
    "Worker",
    "database_findings",
    "diagnose",
    "status",
    "wiring_findings",
]
