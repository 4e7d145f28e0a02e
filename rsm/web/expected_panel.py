"""Expected levels as pages show them: the panel of a patient's page, words for other pages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from uuid import UUID

from rsm.alerts import expected
from rsm.alerts.expected_words import ExpectedView
from rsm.alerts.states import ExpectedEnd
from rsm.alerts.wording import label
from rsm.db.work import Tx
from rsm.flow.entry import MAY_REPORT
from rsm.kernel.errors import NotFound
from rsm.kernel.localtime import local_of, zone_named
from rsm.patients.model import PatientRecord
from rsm.responses import service as responses
from rsm.security import staff
from rsm.security.model import Permission
from rsm.security.permissions import may
from rsm.web import when
from rsm.web.auth import Desk
from rsm.web.heat import Asked, name_in
from rsm.web.staff_words import section, word
from rsm.web.views.common import Link, PostButton
from rsm.web.views.patient_panels import Panel
from rsm.web.views.symptoms import HeatRow, HeatTable


@dataclass(frozen=True)
class Wording:
    """What the words of levels need: the patient's zone, who set or ended them, when it broke."""

    zone: str
    names: Mapping[UUID, str]
    reported: Mapping[UUID, datetime]

    def day(self, at: datetime) -> str:
        return when.local_date(at, self.zone)

    def until(self, at: datetime) -> str:
        """The last day that counts; with the time of day where it does not end with the day."""
        local = local_of(at, zone_named(self.zone))
        if local.time() == time():
            return when.local_date(at - timedelta(minutes=1), self.zone)
        return f"{when.local_date(at, self.zone)}, {when.local_time(at, self.zone)}"

    def who(self, staff_id: UUID | None) -> str:
        return self.names.get(staff_id, "") if staff_id else ""


def wording(tx: Tx, levels: Sequence[ExpectedView], zone: str) -> Wording:
    """Names and times for the words of these levels."""
    people = {who for one in levels for who in (one.set_by, one.ended_by) if who is not None}
    known = {who: view.name for who, view in staff.many(tx, people).items()}
    somebody = word("expected", "somebody")
    broken = {one.broken_by for one in levels if one.broken_by is not None}
    return Wording(zone, {who: known.get(who, somebody) for who in people}, _reported(tx, broken))


def _reported(tx: Tx, response_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    found = {}
    for response_id in response_ids:
        try:
            found[response_id] = responses.view(tx, response_id).at
        except NotFound:  # the level's own end stands for it
            continue
    return found


# --- the patient's page ---------------------------------------------------------------------------


def panel(desk: Desk, record: PatientRecord, url: str) -> Panel | None:
    """What is expected of her, what was, and the buttons to change it; None: nothing to show."""
    levels = expected.history(desk.tx, record.facts.id)
    may_set = may(desk.staff.roles, Permission.TRIAGE) and record.facts.status in MAY_REPORT
    if not levels and not may_set:
        return None
    words = wording(desk.tx, levels, record.facts.zone)
    held = sorted((one for one in levels if one.holds(desk.tx.now)), key=lambda one: one.symptom)
    text = section("expected")
    return Panel(
        "exp",
        text.panel,
        tuple(line for one in held for line in _standing_lines(one, words)) or (text.none,),
        history=tuple(past_line(one, words) for one in levels if one not in held),
        links=(Link(text.set, f"{url}/expected"),) if may_set else (),
        buttons=tuple(_end_button(one, url) for one in held) if may_set else (),
    )


def _standing_lines(one: ExpectedView, words: Wording) -> Iterator[str]:
    text = section("expected")
    until = words.until(one.until)
    yield text.holds.format(symptom=label(one.symptom), grade=one.grade, until=until)
    yield text.by.format(who=words.who(one.set_by), day=words.day(one.since), reason=one.reason)


def _end_button(one: ExpectedView, url: str) -> PostButton:
    name = word("expected", "end").format(symptom=label(one.symptom))
    return PostButton(name, f"{url}/expected/{one.id}/end")


def past_line(one: ExpectedView, words: Wording) -> str:
    """One that holds no more: what it was, whose, and why it ended."""
    return word("expected", "past").format(
        symptom=label(one.symptom),
        grade=one.grade,
        since=when.short_date(one.since, words.zone),
        until=when.short_date(min(one.until, one.ended_at or one.until), words.zone),
        who=words.who(one.set_by),
        reason=one.reason.rstrip("."),
        ending=_ending(one, words),
    )


def _ending(one: ExpectedView, words: Wording) -> str:
    text = section("expected")
    if one.ended_at is None or one.ended_at >= one.until:
        return str(text.ran_out)
    match one.ended_because:
        case ExpectedEnd.BROKEN:
            return str(text.broken.format(day=broken_on(one, words)))
        case ExpectedEnd.REPLACED:
            return str(text.replaced.format(day=words.day(one.ended_at)))
        case _:
            day, who = words.day(one.ended_at), words.who(one.ended_by)
            return str(text.ended.format(day=day, who=who))


def broken_on(one: ExpectedView, words: Wording) -> str:
    """The day of the report that was worse."""
    reported = words.reported.get(one.broken_by) if one.broken_by else None
    return words.day(reported or one.ended_at or one.until)


def standing_lines(tx: Tx, patient_id: UUID, zone: str) -> tuple[str, ...]:
    """What is expected of her now, a line each."""
    levels = [one for one in expected.history(tx, patient_id) if one.holds(tx.now)]
    words = wording(tx, levels, zone)
    return tuple(" ".join(_standing_lines(one, words)) for one in levels)


def mark_expected(tx: Tx, patient_id: UUID, table: HeatTable, asked: Asked) -> HeatTable:
    """The table with a column of what is expected now, and the newest answers that are within."""
    grades = {
        name_in(asked, one.level.symptom): one.level.grade
        for one in expected.standing(tx, patient_id)
        if one.level.until > tx.now
    }
    rows = (_marked(row, grades[row.label]) if row.label in grades else row for row in table.rows)
    return replace(table, rows=tuple(rows))


def _marked(row: HeatRow, grade: int) -> HeatRow:
    newest = row.cells[-1].value if row.cells else None
    words = word("expected", "heat").format(grade=grade)
    return replace(row, expected=words, as_expected=newest is not None and 0 < newest <= grade)
