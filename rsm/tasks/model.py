"""The words of the task list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rsm.kernel.words import Role, TaskState


class TaskKind(StrEnum):
    """Why a person is asked."""

    REACH_ANOTHER_WAY = "reach_another_way"  # said STOP
    CHECK_CONTACT = "check_contact"  # wrong number, or "not me"
    NOT_DELIVERED = "not_delivered"  # a text failed for good, or nobody knows
    READ_TEXT = "read_text"
    CHECK_ROW = "check_row"  # a row that fails repeatedly was set aside
    CALL_PATIENT = "call_patient"  # asked by text and did not answer: on the call list
    END_PAUSE = "end_pause"  # a pause that asks to be ended
    CONFIRM_PAUSE = "confirm_pause"  # a text says that she died or is in hospital
    UNCLEAR_STOP = "unclear_stop"  # a text that may mean STOP
    UNREACHED = "unreached"  # not reached for two surveys running
    SILENT = "silent"  # answered regularly, and does not any more
    NEEDS_DATE = "needs_date"  # her plan waits for a date that nobody has entered
    PLAN_OVER = "plan_over"  # her plan has nothing more to ask
    RELEASE_TEXTS = "release_texts"  # the daily limit of texts stopped hers
    READ_DIGEST = "read_digest"  # findings for information wait to be read together
    REWRITE_OVERRIDE = "rewrite_override"  # a change of rules that does not fit the new pack
    CALL_BACK = "call_back"  # a nurse promised to call
    NOT_READY = "not_ready"  # on duty soon, and could not be told
    ROSTER_GAP = "roster_gap"  # service hours with nobody on duty


class TaskOutcome(StrEnum):
    DONE = "done"
    NOT_REACHED = "not_reached"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True)
class NewTask:
    """A task to be. `business_key` makes it one; without `due_at` it is due within a day.

    `reason` is a sentence of ours: no name, no number, no answer. `tell_at` is when somebody is
    told that nobody did it, where that is not the due time.
    """

    business_key: str
    kind: TaskKind
    site_id: UUID
    reason: str
    patient_id: UUID | None = None
    role: Role = Role.NURSE
    due_at: datetime | None = None
    is_test: bool = False
    occurrence_id: UUID | None = None
    not_before: datetime | None = None
    tell_at: datetime | None = None


@dataclass(frozen=True)
class TaskView:
    """One task, the note opened. `owner_id` is whoever said that she does it.

    `occurrence_id` is the survey that it is about; `not_before` the next try of a call.
    """

    id: UUID
    site_id: UUID
    kind: TaskKind
    state: TaskState
    patient_id: UUID | None
    role: Role
    owner_id: UUID | None
    reason: str
    opened_at: datetime
    due_at: datetime
    escalated_at: datetime | None
    done_at: datetime | None
    done_by: UUID | None
    outcome: TaskOutcome | None
    note: str
    occurrence_id: UUID | None
    not_before: datetime | None
    is_test: bool
    business_key: str = ""

    def is_overdue(self, now: datetime) -> bool:
        return self.state is TaskState.OPEN and self.due_at <= now


@dataclass(frozen=True)
class DueTask:
    """A task that nobody has done in time."""

    task_id: UUID
    site_id: UUID
