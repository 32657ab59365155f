"""Doing an operation that failed once more, because the operator asks for it."""

from __future__ import annotations

from projects import operations
from projects.actions import audit
from projects.models import Operation, User


def repeat(operation: Operation, *, actor: User) -> Operation:
    """The one that is under way now. Raises UserError operation_not_repeatable."""
    again = operations.repeat(operation)
    audit(operation.team, actor, "operation.repeated", f"{operation.kind} {operation.subject_id}", operation=again.pk)
    return again
