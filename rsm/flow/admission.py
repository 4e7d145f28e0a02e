"""May these messages go out now: the gate's facts for a batch, read with few statements.

Asked in the transaction that claims them, under the locks of their patients and alerts: in between
somebody may have said STOP, finished the survey, gone into hospital, or taken the alert.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation import repeats, shifts, storm
from rsm.flow import going_live
from rsm.flow.envelope import Envelope, Roots, to_patient
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import AlertState, Channel, SurveyState
from rsm.messaging import breaker, optouts, survey_calls
from rsm.messaging.gate import (
    OUTSIDE_CAP,
    SEVERE_ADVICE,
    Admission,
    GateFacts,
    GateReason,
    Go,
    admit,
    has_place,
    keeps_hours,
    overtakes,
    wait_for_place,
)
from rsm.messaging.hours import ContactTimes
from rsm.messaging.model import Lane, MessageView
from rsm.messaging.planning import contact_times
from rsm.schedules import standing
from rsm.sites import pace
from rsm.sites import service as sites
from rsm.sites.calendar import SiteTimes
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

Admitted = tuple[Envelope, Admission]
_ANOTHER_WAY = GateReason.ANOTHER_WAY
_ASKING_LANES = frozenset({Lane.SURVEY, Lane.REPLY})
_ALERT_LANES = frozenset({Lane.EMERGENCY, Lane.STAFF})


@dataclass(frozen=True)
class _Known:
    """What was read for the whole batch."""

    roots: Roots
    surveys: Mapping[UUID, SurveyState]
    stopped: Collection[UUID]  # messages
    tripped: Collection[UUID]  # patients
    empty: Collection[UUID]  # bundles of alerts of which none waits any more
    off_duty: Collection[UUID]  # of which the ladder does not mean the recipient now, or not in all
    held_back: Collection[UUID]  # messages that a site which is not live may not send
    site: SiteTimes
    now: datetime


def asking(messages: Sequence[MessageView]) -> list[MessageView]:
    """Those that ask a patient for a survey, or for the next answer of one."""
    return [each for each in messages if each.lane in _ASKING_LANES and each.occurrence_id]


def finished(tx: Tx, asking: Sequence[MessageView]) -> dict[UUID, MessageView]:
    """Those, by id, whose survey is over."""
    states = standing.states(tx, {each.occurrence_id for each in asking if each.occurrence_id})
    over = {survey for survey, state in states.items() if state.is_over}
    return {each.id: each for each in asking if each.occurrence_id in over}


def decide(tx: Tx, envelopes: Sequence[Envelope], roots: Roots, daily_cap: int) -> list[Admitted]:
    """The gate's word on each message, in their order; more than a day allows stops a patient."""
    known = _read(tx, envelopes, roots)
    counting = {each.patient.id for each in envelopes if each.patient and _counts(each.message)}
    sent = breaker.sent_today(tx, counting, daily_cap)
    stopped = set(known.tripped)
    decided = []
    for envelope in envelopes:
        who = envelope.message.patient_id
        over = who is not None and (who in stopped or sent.get(who, 0) >= daily_cap)
        admission = admit(_facts(envelope, known, over_cap=over), tx.now)
        decided.append((envelope, admission))
        if who is None or not _counts(envelope.message):
            continue
        if admission.go is Go.SEND:
            sent[who] = sent.get(who, 0) + 1
        elif admission.reason is GateReason.BREAKER and who not in stopped:
            stopped.add(who)
            _stop(tx, envelope, who)
    return decided


def _counts(message: MessageView) -> bool:
    return to_patient(message) and message.purpose not in OUTSIDE_CAP


def _stop(tx: Tx, envelope: Envelope, patient_id: UUID) -> None:
    """Nothing more to her until somebody has looked why so much was to be sent."""
    message = envelope.message
    breaker_id = breaker.trip(tx, patient_id, message.site_id)
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"breaker:{breaker_id}",
            kind=TaskKind.RELEASE_TEXTS,
            site_id=message.site_id,
            patient_id=patient_id,
            reason="More texts than a day allows were due. They wait: please look why.",
            is_test=message.is_test,
        ),
    )


def _read(tx: Tx, envelopes: Sequence[Envelope], roots: Roots) -> _Known:
    messages = [each.message for each in envelopes]
    about = {each.occurrence_id for each in messages if each.occurrence_id and to_patient(each)}
    off_duty = _off_duty(tx, messages, roots)
    return _Known(
        roots=roots,
        surveys=standing.states(tx, about),
        stopped=_stopped(tx, envelopes),
        tripped=breaker.standing(tx, {each.patient.id for each in envelopes if each.patient}),
        empty={each.id for each in messages if _is_empty(tx, each)},
        off_duty=off_duty,
        held_back=going_live.held_back(tx, envelopes),
        site=sites.times_of(envelopes[0].site, tx.now),
        now=tx.now,
    )


def _is_empty(tx: Tx, message: MessageView) -> bool:
    return message.purpose == storm.PURPOSE and storm.contents(tx, message) is None


def _off_duty(tx: Tx, messages: Sequence[MessageView], roots: Roots) -> set[UUID]:
    """The texts of steps whose recipients have gone off duty since they were written; these steps,
    and those of what waits in bundles of theirs, are taken again for whoever is on duty now."""
    gone = shifts.gone(tx, (each for one in messages for each in _of_ladder(tx, one, roots)))
    shifts.tell_others(tx, gone)
    return {message.id for message, _ in gone}


def _of_ladder(tx: Tx, message: MessageView, roots: Roots) -> list[shifts.Text]:
    """The message with each alert of which it tells somebody because of a step."""
    if message.purpose == storm.PURPOSE:
        return [(message, alert) for alert in storm.waiting(tx, message)]
    if message.alert_id is None or message.purpose not in shifts.OF_A_STEP:
        return []
    return [(message, roots.alerts[message.alert_id])]


def _stopped(tx: Tx, envelopes: Sequence[Envelope]) -> set[UUID]:
    """The messages to addresses that want none of their purpose from this sender."""
    asked: dict[tuple[str, object, object], list[Envelope]] = defaultdict(list)
    found: set[UUID] = set()
    for each in envelopes:
        if each.to is not None and each.sender is not None:
            purpose = optouts.purpose_of(each.message.purpose)
            asked[each.sender, each.message.channel, purpose].append(each)
    for same in asked.values():
        message, sender = same[0].message, same[0].sender or ""
        purpose = optouts.purpose_of(message.purpose)
        addresses = {each.to for each in same if each.to}
        silent = optouts.stopped(tx, addresses, sender, message.channel, purpose)
        found |= {each.message.id for each in same if each.to in silent}
    return found


def _facts(envelope: Envelope, known: _Known, *, over_cap: bool) -> GateFacts:
    patient, message = envelope.patient, envelope.message
    return GateFacts(
        message=message,
        unwanted=_unwanted(envelope, known),
        has_contact=envelope.to is not None,
        has_sender=envelope.sender is not None,
        stopped=message.id in known.stopped,
        over_cap=over_cap,
        not_live=message.id in known.held_back,
        hours=_hours(envelope, known),
        zone=zone_named(patient.zone) if patient is not None else None,
    )


def _hours(envelope: Envelope, known: _Known) -> ContactTimes | None:
    """Only what was planned keeps to hours: answers, alerts and severe advice go at any time."""
    patient = envelope.patient
    if patient is None or not keeps_hours(envelope.message, known.now):
        return None
    return contact_times(known.site, (patient.contact_from, patient.contact_until))


def _unwanted(envelope: Envelope, known: _Known) -> GateReason | None:
    """Why nobody wants it any more: what it is about has moved on since it was written."""
    message, patient = envelope.message, envelope.patient
    if message.lane is Lane.SURVEY and patient is not None and not patient.is_active:
        return GateReason.NOT_ACTIVE
    if message.occurrence_id is not None and to_patient(message):
        survey = known.surveys.get(message.occurrence_id)
        if survey is None or survey.is_over or _asked_otherwise(envelope):
            return GateReason.SURVEY_OVER if survey is None or survey.is_over else _ANOTHER_WAY
    if message.id in known.empty:
        return GateReason.OFF_DUTY if message.id in known.off_duty else GateReason.ALERT_TAKEN
    if message.alert_id is None or message.lane not in _ALERT_LANES:
        return None
    alert = known.roots.alerts[message.alert_id]
    to_its_owner = message.purpose in repeats.TO_OWNER
    wanted = _is_its_owner(message, alert) if to_its_owner else alert.state is AlertState.OPEN
    if not wanted:
        return GateReason.ALERT_TAKEN
    return GateReason.OFF_DUTY if message.id in known.off_duty else None


def _asked_otherwise(envelope: Envelope) -> bool:
    """Planned calls end with the wish to be called; one that was asked for is made."""
    message, patient = envelope.message, envelope.patient
    planned = survey_calls.is_one(message) and message.lane is Lane.SURVEY
    return planned and patient is not None and patient.channel is not Channel.VOICE


def _is_its_owner(message: MessageView, alert: AlertView) -> bool:
    """Whether she still has it; the safety contact is written to in the place of who has it."""
    return alert.is_open and message.staff_id in {None, alert.owner_id}


# --- places in the senders' time ------------------------------------------------------------------


def take_places(tx: Tx, going: Sequence[Admitted]) -> list[Admitted]:
    """Those that may leave now, and those that wait for their place, as the senders' rates allow.

    Called last: a sender's row is held until the end. Staff's senders have no queue to keep to.
    """
    queues: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for number, (envelope, _) in enumerate(going):
        message, origin = envelope.message, envelope.origin
        at_once = has_place(message, tx.now) or message.purpose in SEVERE_ADVICE
        if origin is not None and to_patient(message) and not at_once:
            queues[origin.address, overtakes(message)].append(number)
    decided = list(going)
    for (_, first), numbers in sorted(queues.items()):
        for number, admission in zip(
            numbers, _places(tx, going, numbers, first=first), strict=True
        ):
            if admission is not None:
                decided[number] = (going[number][0], admission)
    return decided


def _places(
    tx: Tx, going: Sequence[Admitted], numbers: Sequence[int], *, first: bool
) -> list[Admission | None]:
    """For each what it has to wait for, or None."""
    envelope = going[numbers[0]][0]
    if envelope.origin is None:
        return [None] * len(numbers)
    zone = zone_named(envelope.site.zone)
    given = pace.reserve(tx, envelope.origin, zone, len(numbers), overtakes=first)
    waits: list[Admission | None] = []
    for place, number in enumerate(numbers):
        message = going[number][0].message
        if place >= len(given.leave_at):
            waits.append(wait_for_place(message, given.again_at, GateReason.SENDER_CAP))
        elif given.leave_at[place] > tx.now:
            waits.append(wait_for_place(message, given.leave_at[place], GateReason.PACE))
        else:
            waits.append(None)
    return waits
