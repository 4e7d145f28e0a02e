"""The rows of the call list: who, which number, in what language, when, how often tried."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import calls as flow
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Channel
from rsm.patients import calls as noted
from rsm.patients import service as patients
from rsm.patients.calls import CallView
from rsm.patients.model import PatientFacts, PatientLabel
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security import staff
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.decide import BestHours
from rsm.tasks.model import TaskView
from rsm.web import when
from rsm.web.auth import Desk
from rsm.web.patient_page import patient_url
from rsm.web.patient_words import language_name
from rsm.web.staff_words import word
from rsm.web.views.calls import CallRow
from rsm.web.views.common import Choice

_HOUR = timedelta(hours=1)
_LAST = timedelta(minutes=30)  # before the closing: no later try is offered
_AHEAD = (1, 2, 4)  # hours


@dataclass(frozen=True)
class _Known:
    """What all rows need, asked for once."""

    tx: Tx
    zone: str
    me: UUID
    facts: Mapping[UUID, PatientFacts]
    labels: Mapping[UUID, PatientLabel]
    tried: Mapping[UUID, Sequence[CallView]]
    staff: Mapping[UUID, str]


def call_rows(desk: Desk) -> Iterator[tuple[UUID, CallRow]]:
    """Whoever is on the site's list, with the id of the task; the names are audited as one
    reading. What was answered is left out, should its task still be open."""
    waiting = list(_waiting(desk.tx, desk.staff.site_id))
    known = _known(desk, waiting)
    for task, survey in waiting:
        if survey.patient_id in known.labels:
            yield task.id, _row(task, survey, known)


def _waiting(tx: Tx, site_id: UUID) -> Iterator[tuple[TaskView, OccurrenceView]]:
    for task in tasks.open_tasks(tx, site_id, flow.ON_LIST):
        if task.occurrence_id is not None:
            survey = schedules.occurrence(tx, task.occurrence_id)
            if not survey.state.is_over:
                yield task, survey


def _known(desk: Desk, waiting: Sequence[tuple[TaskView, OccurrenceView]]) -> _Known:
    tx, site_id = desk.tx, desk.staff.site_id
    who = {survey.patient_id for _, survey in waiting}
    tried = noted.of_surveys(tx, [survey.id for _, survey in waiting])
    callers = {one.by for made in tried.values() for one in made if one.by}
    owners = {task.owner_id for task, _ in waiting if task.owner_id}
    return _Known(
        tx=tx,
        zone=sites.get(tx, site_id).zone,
        me=desk.staff.staff_id,
        facts=patients.peek_many(tx, who),
        labels=patients.names(tx, site_id, who),
        tried=tried,
        staff={one: view.name for one, view in staff.many(tx, callers | owners).items()},
    )


def _row(task: TaskView, survey: OccurrenceView, known: _Known) -> CallRow:
    tx, facts = known.tx, known.facts[survey.patient_id]
    best = flow.best_hours(tx, facts)
    now_there = local_of(tx.now, best.zone)
    return CallRow(
        name=known.labels[facts.id].name,
        url=patient_url(facts),
        phone=_number(tx, facts.id),
        language=language_name(facts.language),
        foreign=facts.language != "en",
        interpreter=facts.interpreter,
        zone=facts.zone,
        elsewhere=now_there != local_of(tx.now, zone_named(known.zone)),
        best=hours_words(best),
        asked_at=survey.opens_at,
        last_answer=_last_answer(tx, facts.id),
        tried=tuple(_tried(one, known) for one in known.tried.get(survey.id, ())),
        next_at=_next_at(tx.now, task, best),
        closes_at=survey.closes_at,
        action=f"/calls/{task.id}",
        enter_url=f"{patient_url(facts)}/entry/{survey.id}",
        times=tuple(_times(tx.now, survey.closes_at, best, known.zone)),
        owner=_owner(task, known),
        test_patient=survey.is_test,
    )


def _number(tx: Tx, patient_id: UUID) -> str:
    """The number that is called: a line of its own where she has one, else where she gets texts."""
    by_voice = patients.address(tx, patient_id, Channel.VOICE)
    return by_voice or patients.address(tx, patient_id, Channel.SMS) or ""


def hours_words(best: BestHours) -> str:
    """Her hours on her own clock: from nine to twelve; empty where any hour is as good."""
    opens = max(hours.opens for hours in best.times.hours)
    closes = min(hours.closes for hours in best.times.hours)
    if opens == time.min and (closes.hour, closes.minute) == (23, 59):
        return ""
    return f"{opens.hour}:{opens.minute:02}–{closes.hour}:{closes.minute:02}"  # noqa: RUF001  # a span


def _next_at(now: datetime, task: TaskView, best: BestHours) -> datetime | None:
    """When to call; None now. An hour that she chose herself is good whatever her hours are."""
    if task.not_before is not None and task.not_before > now:
        return task.not_before
    was_chosen = task.not_before is not None and now < task.not_before + _HOUR
    return None if was_chosen or best.contain(now) else best.first(now)


def _last_answer(tx: Tx, patient_id: UUID) -> datetime | None:
    recent = schedules.recent(tx, patient_id)
    return max((each.completed_at for each in recent if each.completed_at), default=None)


def _tried(call: CallView, known: _Known) -> str:
    """`14:02 yesterday: voicemail, Ben Okafor`."""
    at = when.day_time(call.at, known.tx.now, known.zone)
    who = known.staff.get(call.by, "") if call.by else ""
    return ", ".join(filter(None, (f"{at}: {word('calls', f'said_{call.outcome}')}", who)))


def _owner(task: TaskView, known: _Known) -> str:
    if task.owner_id is None or task.owner_id == known.me:
        return ""
    return word("calls", "owner").format(who=known.staff.get(task.owner_id, "Somebody"))


def _times(now: datetime, closing: datetime, best: BestHours, zone: str) -> Iterator[Choice]:
    """When she may have asked to be called: in some hours, or the next day, by the site's clock."""
    full_hour = now.replace(minute=0, second=0, microsecond=0)
    begins, ends = best.day_after(now)
    offered = [full_hour + _HOUR * ahead for ahead in _AHEAD]
    offered += [begins, begins + (ends - begins) / 2, ends - _HOUR]
    for at in offered:
        if now < at < closing - _LAST:
            text = when.day_time(at, now, zone).removesuffix(" today")
            yield Choice(at.isoformat(), text)
