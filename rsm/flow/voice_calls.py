"""When a patient is called by a machine for her survey, how often, and what follows.

Each call is a row of the outbox with its own time, written ahead: a few on the day of the
invitation and of each reminder, within the hours in which she may be reached. A call that comes to
nothing needs no other row, and one whose end nobody tells us of holds up none. Whoever is not
reached by the last of them is called by a person.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import asking, calls
from rsm.kernel.errors import SendReason
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts, survey_calls, to_proxies
from rsm.messaging import service as messaging
from rsm.messaging.gate import GateReason
from rsm.messaging.hours import ContactTimes, spread_from
from rsm.messaging.model import Draft, Lane, MessageView
from rsm.messaging.planning import contact_times
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.schedules import service as schedules
from rsm.schedules import timers
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites

TRIES_A_DAY = 3
APART = timedelta(hours=2)
CHECK_WITHIN = timedelta(hours=24)
_LATE = timedelta(minutes=5)
_LASTS = timedelta(minutes=30)  # a call, from its ringing to its last callback
_MADE_WITHIN = timedelta(hours=12)  # one out of turn may wait for her hours
# The next call cannot do better: a person looks for another way.
_FOR_GOOD = frozenset(
    {
        SendReason.INVALID_NUMBER.value,
        SendReason.NO_CHANNEL.value,
        SendReason.REFUSED.value,
        GateReason.NO_CONTACT.value,
        GateReason.BROKEN.value,
    }
)


def can_call(tx: Tx, survey: OccurrenceView, patient: PatientFacts) -> bool:
    """Whether a machine can ask her: a number to call from and one to call, of which nobody has
    said STOP, and questions that keys can answer in a language of hers."""
    calls_from, number = _sender(tx, patient, Channel.VOICE), number_of(tx, patient.id)
    if calls_from is None or number is None or _has_stopped(tx, patient, number):
        return False
    asked = asking.by_keys(tx, survey)
    return asked is not None and bool(asking.languages_of_calls(tx, survey, asked))


def number_of(tx: Tx, patient_id: UUID) -> str | None:
    """The number that she is called at: her own for calls, else that of her texts."""
    own = patients.address(tx, patient_id, Channel.VOICE)
    return own or patients.address(tx, patient_id, Channel.SMS)


def _sender(tx: Tx, patient: PatientFacts, channel: Channel) -> str | None:
    return sites.sender(tx, patient.site_id, Audience.PATIENT, channel)


def _has_stopped(tx: Tx, patient: PatientFacts, number: str) -> bool:
    """A STOP to our texts ends what comes of itself by any channel: a person asks her (P8)."""
    hashed = optouts.hash_of(tx, number)
    senders = ((each, _sender(tx, patient, each)) for each in (Channel.SMS, Channel.VOICE))
    return any(
        sender is not None and optouts.is_stopped(tx, hashed, sender, channel)
        for channel, sender in senders
    )


def plan_day(
    tx: Tx, survey: OccurrenceView, patient: PatientFacts, slot: datetime, day: int = 0
) -> int:
    """Write the calls of one day of asking; `day` 0 is the invitation's, others a reminder's.

    Returns how many. Written again it changes nothing: each has its own key (P2).
    """
    times = _times_of(tx, survey, patient, slot)
    if times:
        _then_by_a_person(tx, survey, times[-1][1])
    written = 0
    for number, (at, until) in enumerate(times, start=day * TRIES_A_DAY + 1):
        draft = replace(_call(survey, number), not_before=at, not_after=until)
        written += messaging.enqueue(tx, draft) is not None
    return written


def call_now(tx: Tx, survey: OccurrenceView, patient: PatientFacts, which: str, lane: Lane) -> bool:
    """One call out of turn, if she wants calls and can be called; `lane` says at which hours."""
    if patient.channel is not Channel.VOICE or not can_call(tx, survey, patient):
        return False
    asked_for = replace(_call(survey, 0), business_key=f"survey:{survey.id}:call:{which}")
    messaging.enqueue(tx, replace(asked_for, lane=lane))
    _then_by_a_person(tx, survey, tx.now + _MADE_WITHIN)
    return True


def _then_by_a_person(tx: Tx, seen: OccurrenceView, last: datetime) -> None:
    """After the last call that is planned she is called by a person, also when nobody ever tells
    us how that call ended: the survey's own timer sees to it. `last`: by then it was made."""
    survey = schedules.occurrence(tx, seen.id)
    if not survey.reminders[survey.reminded :]:
        timers.call_by(tx, survey, last + _LASTS)


def after_call(tx: Tx, message: MessageView, reason: str | None = None) -> bool:
    """A call has come to its end (`reason`: it did not reach her): a person calls, if none follows.

    False where a person must look why it could not even be made. The caller holds the patient.
    """
    if message.occurrence_id is None or message.patient_id is None:
        return False
    survey = schedules.occurrence(tx, message.occurrence_id)
    if survey.state.is_over or tx.now >= survey.closes_at:
        return True
    if reason in _FOR_GOOD:
        to_proxies.cancel_others(tx, survey.patient_id, "not_by_call", survey.id)
    elif survey_calls.ahead(tx, survey.id, message.id) or survey.reminders[survey.reminded :]:
        return True
    calls.put_on_list(tx, survey, patients.peek(tx, message.patient_id))
    return reason != GateReason.BROKEN


def end(tx: Tx, survey: OccurrenceView, patient: PatientFacts, why: str) -> None:
    """No machine calls about this survey any more: a person does."""
    to_proxies.cancel_others(tx, survey.patient_id, why, survey.id)
    calls.put_on_list(tx, survey, patient)


# -------------------------------------------------------------------------------------------


def _times_of(
    tx: Tx, survey: OccurrenceView, patient: PatientFacts, slot: datetime
) -> list[tuple[datetime, datetime]]:
    """From when to when each call of the day may be made: never two at once after an outage.

    None, where the window closes before she may be called again.
    """
    begins = list(_beginnings(tx, survey, patient, slot))
    if not begins:
        return []
    ends = [*begins[1:], survey.closes_at]
    last = min(survey.closes_at, begins[-1] + APART)
    return list(zip(begins, [*ends[:-1], last], strict=True))


def _beginnings(
    tx: Tx, survey: OccurrenceView, patient: PatientFacts, slot: datetime
) -> Iterator[datetime]:
    site, zone = sites.get(tx, patient.site_id), zone_named(patient.zone)
    own = (patient.contact_from, patient.contact_until)
    times: ContactTimes = contact_times(sites.times_of(site, tx.now), own)
    how = (patient.id, site.spread_minutes, times, zone)
    first = spread_from(slot, *how)
    if first <= tx.now - _LATE:
        first = spread_from(tx.now, *how)
    for each in range(TRIES_A_DAY):
        at = first + each * APART
        same_day = local_of(at, zone).date() == local_of(first, zone).date()
        if each and not (same_day and times.open_at(local_of(at, zone))):
            return
        if at < survey.closes_at:
            yield at


def _call(survey: OccurrenceView, number: int) -> Draft:
    """Call `number` about this survey: counted over all its days, so that each is made once."""
    return Draft(
        channel=Channel.VOICE,
        business_key=f"survey:{survey.id}:call:{number}",
        lane=Lane.SURVEY,
        audience=Audience.PATIENT,
        site_id=survey.site_id,
        purpose=survey_calls.PURPOSE,
        language=survey.language,
        patient_id=survey.patient_id,
        occurrence_id=survey.id,
        not_after=survey.closes_at,
        is_test=survey.is_test,
    )
