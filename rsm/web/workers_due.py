"""The lines of a due list: what is due of each patient, and what can be done about it now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from uuid import UUID

from rsm.kernel.words import Channel
from rsm.metrics.due_lists import DueList
from rsm.metrics.due_lists_decide import DueRow, DueState
from rsm.patients import many
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientLabel
from rsm.security.model import Permission
from rsm.web import when
from rsm.web.auth import Desk
from rsm.web.patient_page import patient_url
from rsm.web.staff_words import section
from rsm.web.views.common import Link, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.views.workers import Count, DueGroup, DueLine

ACTED_ON = frozenset({DueState.DUE, DueState.OVERDUE})


def heading(found: DueList, w: SimpleNamespace) -> str:
    """`2 due now, 1 overdue`."""
    parts = [
        getattr(w, f"{key}_{'one' if count == 1 else 'other'}").format(count=count)
        for key, state in (("due_now", DueState.DUE), ("due_over", DueState.OVERDUE))
        if (count := found.counts[state])
    ]
    return ", ".join(parts) or str(w.due_none)


def counts(found: DueList, w: SimpleNamespace) -> tuple[Count, ...]:
    """How many stand in each state: nobody's name."""
    return tuple(Count(getattr(w, f"count_{one}"), found.counts[one]) for one in DueState)


@dataclass(frozen=True)
class _Known:
    """What the lines are made of: whose they are, and the page on which they stand."""

    desk: Desk
    here: str
    zone: str
    language: str
    w: SimpleNamespace
    facts: Mapping[UUID, PatientFacts]
    labels: Mapping[UUID, PatientLabel]
    addresses: Mapping[UUID, Mapping[Channel, str]]

    def at(self, instant: datetime | None) -> str:
        """The day and the time at the site, as seen from now."""
        if instant is None:
            return ""
        return when.day_time(instant, self.desk.tx.now, self.zone, self.language)


def groups(desk: Desk, found: DueList, here: str, frame: StaffFrame) -> tuple[DueGroup, ...]:
    """The list by state; that it was read is one line of the trail, with the patients' ids."""
    tx, who = desk.tx, [row.patient_id for row in found.rows]
    known = _Known(
        desk=desk,
        here=here,
        zone=frame.zone,
        language=frame.language,
        w=section("workers", frame.language),
        facts=patients.peek_many(tx, who),
        labels=patients.names(tx, desk.staff.site_id, who),
        addresses=many.addresses(tx, who),
    )
    return tuple(_groups(found, known))


def _groups(found: DueList, known: _Known) -> Iterator[DueGroup]:
    for state in DueState:
        rows = [row for row in found.rows if row.state is state and row.patient_id in known.labels]
        if rows:
            lines = tuple(_line(row, known) for row in rows)
            yield DueGroup(state.value, getattr(known.w, f"state_{state}"), lines)


def _line(row: DueRow, known: _Known) -> DueLine:
    facts, w = known.facts[row.patient_id], known.w
    acted = row.state in ACTED_ON
    mine = known.addresses.get(facts.id, {})
    return DueLine(
        name=known.labels[facts.id].name,
        url=patient_url(facts),
        what=w.baseline if row.baseline else w.follow_up,
        when=_when(row, known),
        notes=tuple(_notes(row, known)),
        phone=(mine.get(Channel.VOICE) or mine.get(Channel.SMS) or "") if acted else "",
        buttons=tuple(_buttons(facts, known)) if acted else (),
        links=tuple(_links(row, facts, known)),
    )


def _when(row: DueRow, known: _Known) -> str:
    w = known.w
    match row.state:
        case DueState.DUE:
            rest = w.open_until.format(until=known.at(row.closes_at))
            return str(w.begun.format(rest=rest) if row.begun else rest)
        case DueState.OVERDUE:
            closed = known.at(row.closes_at)
            one, other = w.closed.format(when=closed), w.row_other
            return str(one if row.missed == 1 else other.format(count=row.missed, when=closed))
        case DueState.LATE:
            closed, done = known.at(row.closes_at), known.at(row.done_at)
            return str(w.late_done.format(when=closed, done=done))
        case DueState.AHEAD:
            return str(w.opens.format(when=known.at(row.since)))
        case DueState.UNDATED:
            return str(w.undated)


def _notes(row: DueRow, known: _Known) -> Iterator[str]:
    w = known.w
    if row.state is DueState.DUE and row.missed:
        many_missed = w.before_other.format(count=row.missed)
        yield w.before_one if row.missed == 1 else many_missed
    if row.never_sent:
        yield w.never_sent
    if row.state in {DueState.OVERDUE, DueState.LATE} and row.next_at is not None:
        yield w.next.format(when=known.at(row.next_at))


def _buttons(facts: PatientFacts, known: _Known) -> Iterator[PostButton]:
    if not known.desk.staff.may(Permission.ENTER_ANSWERS):
        return
    yield PostButton(known.w.enter, patient_url(facts, "entry"))
    if facts.is_written_to:
        yield PostButton(known.w.send, f"{known.here}/send/{facts.id}")


def _links(row: DueRow, facts: PatientFacts, known: _Known) -> Iterator[Link]:
    if row.state is DueState.UNDATED and known.desk.staff.may(Permission.ENROL):
        yield Link(known.w.dates, patient_url(facts, "treatment"))
