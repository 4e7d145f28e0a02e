"""What a patient changes herself, on the page below her link: when, how, by whom, a pause, the end.

Each is obeyed at once, within the hours and languages of her site, and goes the same way as a
change by staff. What she stops or pauses is news of her: staff are told (P8). She is told who knows
her by name only where she named them herself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import conversation, enrol, pauses, stops
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, Problem
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts, to_proxies
from rsm.messaging.hours import ContactTimes
from rsm.messaging.ledger import OptAction, OptLine, OptSource
from rsm.messaging.planning import contact_times
from rsm.patients import pauses as pause_rows
from rsm.patients import service as patients
from rsm.patients.decide import PauseDetails, PauseView
from rsm.patients.model import PatientFacts, PatientStatus, PauseReason, as_entered
from rsm.schedules.model import OccurrenceView
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

_STEP = 30  # minutes between the hours that are offered
# A pause of these ends by her own word; about the others a person knows more than she could say.
_ENDS_HERSELF = frozenset({PauseReason.REQUEST, PauseReason.TRAVEL, PauseReason.INPATIENT})
_LIFTED_HERE = frozenset({OptSource.PAGE.value, OptSource.MAIL.value, OptSource.FOLLOWS.value})


class Way(StrEnum):
    """How she is asked: by a text with the link, by texts that she replies to, by call, by mail."""

    LINK = "link"
    TEXTS = "texts"
    CALL = "call"
    EMAIL = "email"


_CHANNELS = {
    Way.LINK: Channel.SMS,
    Way.TEXTS: Channel.SMS,
    Way.CALL: Channel.VOICE,
    Way.EMAIL: Channel.EMAIL,
}


@dataclass(frozen=True)
class Offered:
    """What she may choose from: her site's days and hours, and the ways that reach her."""

    days: tuple[int, ...]
    hours: tuple[time, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Stopped:
    """A STOP that stands; `here`: she can lift it on the page, else by the word that she texted."""

    here: bool


def way_of(patient: PatientFacts) -> Way:
    """How she is asked now."""
    if patient.channel is Channel.EMAIL:
        return Way.EMAIL
    if not patient.is_written_to:
        return Way.CALL
    return Way.TEXTS if patient.answers_by_text_since is not None else Way.LINK


def offered(tx: Tx, patient: PatientFacts, survey: OccurrenceView) -> Offered:
    """What can be chosen, as of now; `survey` is one of hers, as it was asked."""
    site = sites.get(tx, patient.site_id)
    own = (patient.contact_from, patient.contact_until)
    times = contact_times(sites.times_of(site, tx.now), own)
    return Offered(
        days=tuple(day for day in range(7) if day not in times.closed_weekdays),
        hours=tuple(_hours(times)),
        ways=tuple(_ways(tx, patient, survey)),
    )


def _hours(times: ContactTimes) -> Iterator[time]:
    for minute in range(0, 24 * 60, _STEP):
        at = time(minute // 60, minute % 60)
        if all(hours.contain(at) for hours in times.hours):
            yield at


def _ways(tx: Tx, patient: PatientFacts, survey: OccurrenceView) -> Iterator[Way]:
    phone = patients.address(tx, patient.id, Channel.SMS) is not None
    if phone and _sends(tx, patient, Channel.SMS):
        yield Way.LINK
        if conversation.may_be_texted(tx, survey):
            yield Way.TEXTS
    if phone or patients.address(tx, patient.id, Channel.VOICE) is not None:
        yield Way.CALL
    mail = patients.address(tx, patient.id, Channel.EMAIL) is not None
    if mail and _sends(tx, patient, Channel.EMAIL):
        yield Way.EMAIL


def _sends(tx: Tx, patient: PatientFacts, channel: Channel) -> bool:
    return sites.sender(tx, patient.site_id, Audience.PATIENT, channel) is not None


# --- when, how, in which language ----------------------------------------------------------------


def ask_at(tx: Tx, survey: OccurrenceView, weekday: int, at: time) -> None:
    """Another day and hour. Raises `Invalid` for one that her site does not have."""
    patient = _active(tx, survey.patient_id)
    can = offered(tx, patient, survey)
    if weekday not in can.days:
        raise Invalid(Problem("day", "nobody is asked on that day", "choose another"))
    if at not in can.hours:
        raise Invalid(Problem("hour", "lies outside of the hours", "choose another"))
    _change(tx, patient, weekday=weekday, local_time=at)


def ask_by(tx: Tx, survey: OccurrenceView, way: Way) -> None:
    """Another way. Raises `Invalid` for one by which she cannot be asked."""
    patient = _active(tx, survey.patient_id)
    if way not in offered(tx, patient, survey).ways:
        raise Invalid(Problem("way", "cannot reach you", "choose another"))
    _change(tx, patient, channel=_CHANNELS[way], answers_by_text=way is Way.TEXTS)


def ask_in(tx: Tx, patient_id: UUID, language: str) -> None:
    """Another language of her site's. Raises `Invalid` for one in which it does not ask."""
    patient = _active(tx, patient_id)
    if language not in sites.get(tx, patient.site_id).languages:
        raise Invalid(Problem("language", "is not spoken here", "choose another"))
    _change(tx, patient, language=language)


def _change(tx: Tx, patient: PatientFacts, **values: object) -> None:
    wanted = as_entered(patients.read(tx, patient.id)).model_copy(update=values)
    enrol.change(tx, patient.id, wanted, patient.changes)


def _active(tx: Tx, patient_id: UUID) -> PatientFacts:
    """Her row, held. Raises `NotAllowed` once her participation has ended."""
    patient = patients.locked(tx, patient_id)
    if patient.status not in {PatientStatus.ENROLLED, PatientStatus.PAUSED}:
        raise NotAllowed("participation has ended")
    return patient


# --- a pause -------------------------------------------------------------------------------------


def pause_of(tx: Tx, patient_id: UUID) -> PauseView | None:
    """The pause that she is in."""
    return pause_rows.running(tx, patient_id)


def may_resume(pause: PauseView) -> bool:
    """Whether she ends it herself; else somebody of her team does."""
    return pause.reason in _ENDS_HERSELF


def pause(tx: Tx, patient_id: UUID, until: date) -> None:
    """No surveys until the morning of that day; staff are told that she wished it.

    Raises `Invalid` for a day that is not to come, `Conflict` when she is paused already.
    """
    patient = _active(tx, patient_id)
    enrol.pause(tx, patient_id, PauseReason.REQUEST, PauseDetails(until, source="patient"))
    began = pause_rows.running(tx, patient_id)
    if began is not None:
        _tell_staff(tx, patient, f"pause:{began.id}:herself", _PAUSED)


def resume(tx: Tx, patient_id: UUID) -> None:
    """She is well again. Raises `Conflict` when she is not paused, or not by a pause of hers."""
    _active(tx, patient_id)
    running = pause_rows.running(tx, patient_id)
    if running is None or not may_resume(running):
        raise Conflict("this pause ends by a person's word")
    pauses.home_again(tx, patient_id)


_PAUSED = "Has paused the surveys on the own page: please ask how the patient is."


def _tell_staff(tx: Tx, patient: PatientFacts, key: str, reason: str) -> None:
    tasks.open_task(
        tx,
        NewTask(
            business_key=key,
            kind=TaskKind.REACH_ANOTHER_WAY,
            site_id=patient.site_id,
            patient_id=patient.id,
            reason=reason,
            is_test=patient.is_test,
        ),
    )


# --- the end -------------------------------------------------------------------------------------


def stopped(tx: Tx, patient: PatientFacts) -> Stopped | None:
    """The STOP that stands for the way by which she is asked, if there is one."""
    for channel, address, sender in _reached(tx, patient):
        if channel is Channel.VOICE and patient.channel is not Channel.VOICE:
            continue
        standing = optouts.standing(tx, optouts.hash_of(tx, address), sender, channel)
        if standing is not None:
            return Stopped(here=standing.source in _LIFTED_HERE)
    return None


def stop(tx: Tx, patient_id: UUID) -> None:
    """As STOP by text: nothing more is sent from now on, and staff reach her another way (P8)."""
    patient, told = patients.locked(tx, patient_id), False
    for line in _lines(tx, patient, OptAction.STOP):
        if told:
            optouts.note(tx, line)
        else:
            told = stops.stop(tx, line, [patient]) is not None
    to_proxies.cancel_others(tx, patient_id, "opted_out")
    _noted(tx, patient, "own_page.stopped")


def start(tx: Tx, patient_id: UUID) -> None:
    """She wants to be asked again. Raises `Conflict` where only the word itself, texted, lifts it:
    what her carrier keeps, we cannot undo."""
    patient = _active(tx, patient_id)
    standing = stopped(tx, patient)
    if standing is None or not standing.here:
        raise Conflict("nothing that can be lifted here")
    for line in _lines(tx, patient, OptAction.START):
        stops.start(tx, line, [patient])
    _noted(tx, patient, "own_page.started")


def _lines(tx: Tx, patient: PatientFacts, action: OptAction) -> Iterator[OptLine]:
    for channel, address, sender in _reached(tx, patient):
        yield OptLine(
            site_id=patient.site_id,
            address_hash=optouts.hash_of(tx, address),
            sender=sender,
            action=action,
            source=OptSource.PAGE,
            channel=channel,
            patient_id=patient.id,
        )


def _reached(tx: Tx, patient: PatientFacts) -> Iterator[tuple[Channel, str, str]]:
    """Every address at which we come to her of ourselves, and ours that comes; a call goes to the
    number of her texts where she has none of its own."""
    texted = patients.address(tx, patient.id, Channel.SMS)
    for channel in optouts.WRITTEN:
        address = patients.address(tx, patient.id, channel)
        if address is None and channel is Channel.VOICE:
            address = texted
        sender = sites.sender(tx, patient.site_id, Audience.PATIENT, channel)
        if address is not None and sender is not None:
            yield channel, address, sender


def _noted(tx: Tx, patient: PatientFacts, action: str) -> None:
    record(tx, action, Subject("patient", patient.id, patient.id), patient.site_id)


def opened(tx: Tx, site: SiteView, patient_id: UUID) -> None:
    """Her page was read: what its opening leaves behind (P9)."""
    record(tx, "own_page.opened", Subject("patient", patient_id, patient_id), site.id)
