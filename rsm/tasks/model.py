"""The words of the task list."""

from enum import StrEnum


class TaskKind(StrEnum):
    """Why a person is asked."""

    REACH_ANOTHER_WAY = "reach_another_way"  # said STOP
    CHECK_CONTACT = "check_contact"  # wrong number, or "not me"
    NOT_DELIVERED = "not_delivered"  # a text failed for good, or nobody knows
    READ_TEXT = "read_text"
    CHECK_ROW = "check_row"  # a row that fails repeatedly was set aside


class TaskOutcome(StrEnum):
    DONE = "done"
    NOT_REACHED = "not_reached"
    NOT_NEEDED = "not_needed"
