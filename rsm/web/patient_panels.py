"""Panels of a patient's page: the pause, the treatment, what she wants sent, her consent."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts
from rsm.messaging.ledger import OptAction, OptHistory, OptPurpose, OptReason
from rsm.patients import consents, pauses
from rsm.patients.decide import REPORTED, PauseView
from rsm.patients.model import ConsentView, ContactState, PatientRecord, PatientStatus
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import course_words as words
from rsm.web import expected_panel, improvement_trial, plan_panel, proxy_pages, rule_change_panel
from rsm.web.auth import Desk
from rsm.web.patient_words import CHANNELS, language_name
from rsm.web.views.common import Field, Link, PostButton
from rsm.web.views.patient_panels import Panel

_WRITTEN = (Channel.SMS, Channel.EMAIL)
_SHOWN = 8


def panels(desk: Desk, record: PatientRecord, url: str) -> tuple[Panel, ...]:
    """What stands in the left column below how we reach her. `url` is the patient's page."""
    may = desk.staff.may(Permission.ENROL)
    ended = record.facts.status is PatientStatus.ENDED
    found = [
        *_pause(desk, record, url, may=may),
        *(one for one in (expected_panel.panel(desk, record, url),) if one is not None),
        *(one for one in (rule_change_panel.panel(desk, record, url),) if one is not None),
        *(one for one in (improvement_trial.pilot_panel(desk, record, url),) if one is not None),
        proxy_pages.panel(desk, record, url),
        plan_panel.panel(desk, record, url),
        Panel(
            "cyc",
            "Treatment",
            tuple(_treatment(record)),
            links=(Link("Change dates", f"{url}/treatment"),) if may and not ended else (),
        ),
        Panel(
            "opt",
            "Texts and e-mails",
            tuple(_standing(desk, record)),
            history=tuple(_history(desk, record)),
            links=(Link("Record a stop or start", f"{url}/stops"),) if may else (),
        ),
        Panel(
            "con",
            "Consent",
            tuple(_consent(desk, record)),
            history=tuple(_consent_history(desk, record)),
            links=(Link("Record consent", f"{url}/consent"),) if may else (),
        ),
    ]
    return tuple(found)


# --- the pause ------------------------------------------------------------------------------------


def _pause(desk: Desk, record: PatientRecord, url: str, *, may: bool) -> Iterator[Panel]:
    pause = pauses.running(desk.tx, record.facts.id)
    if pause is None:
        return
    links: tuple[Link, ...] = (Link("Goes on …", f"{url}/still-away"),)
    buttons: tuple[PostButton, ...] = (PostButton("Resume", f"{url}/resume"),)
    if pause.reason in REPORTED:
        so = PostButton("It is so", f"{url}/confirm-pause", (Field("pause", str(pause.id)),))
        links, buttons = (), (so, PostButton("Not so: undo", f"{url}/undo-pause"))
    yield Panel(
        "pau",
        "Paused",
        tuple(_pause_lines(record.facts.zone, pause)),
        links=links if may else (),
        buttons=buttons if may else (),
    )


def _pause_lines(zone: str, pause: PauseView) -> Iterator[str]:
    yield f"{words.PAUSED[pause.reason]}, since {_day(pause.started_at, zone)}"
    if pause.until is not None:
        yield f"Until {_day(pause.until, zone)}"
    elif pause.next_at is not None:
        yield f"Somebody is asked on {_day(pause.next_at, zone)}"
    if pause.note:
        yield pause.note
    if pause.asked:
        yield "Asked once" if pause.asked == 1 else f"Asked {pause.asked} times"


# --- treatment ------------------------------------------------------------------------------------


def _treatment(record: PatientRecord) -> Iterator[str]:
    if record.facts.regimen:
        yield record.facts.regimen
    for number, start in enumerate(record.cycles, start=1):
        yield f"Cycle {number}: {start.isoformat()}"
    for kind, on in record.events:
        yield f"{words.EVENTS[kind]}: {on.isoformat()}"


# --- what she wants sent --------------------------------------------------------------------------


def _standing(desk: Desk, record: PatientRecord) -> Iterator[str]:
    """By channel: everything, or what is stopped."""
    for channel in _WRITTEN:
        address = record.address(channel)
        sender = sites.sender(desk.tx, record.facts.site_id, Audience.PATIENT, channel)
        if address is None or sender is None:
            continue
        hashed = optouts.hash_of(desk.tx, address)
        stop = optouts.standing(desk.tx, hashed, sender, channel, OptPurpose.REMINDERS)
        if stop is None:
            yield f"{CHANNELS[channel]}: nothing is stopped"
        else:
            how = words.SOURCES.get(stop.source, stop.source)
            yield f"{CHANNELS[channel]}: stopped for {words.PURPOSES[stop.purpose]} ({how})"


def _history(desk: Desk, record: PatientRecord) -> Iterator[str]:
    addresses = {one.address for one in record.contacts if one.state is not ContactState.REPLACED}
    found = optouts.history(desk.tx, record.facts.id, addresses, _SHOWN)
    names = _names(desk, {one.by for one in found if one.by})
    for one in found:
        yield _history_line(one, names, record.facts.zone)


def _history_line(one: OptHistory, names: dict[UUID, str], zone: str) -> str:
    said = "Stop" if one.action is OptAction.STOP else "Start"
    how = words.SOURCES.get(one.source, one.source)
    why = f", {words.REASONS[OptReason(one.reason)].lower()}" if one.reason else ""
    who = f" by {names[one.by]}" if one.by in names else ""
    what = f"{CHANNELS[one.channel]}, {words.PURPOSES[one.purpose]}"
    return f"{_day(one.at, zone)}: {said}, {what} ({how}{why}){who}"


def _names(desk: Desk, who: set[UUID]) -> dict[UUID, str]:
    return {one: view.name for one, view in staff.many(desk.tx, who).items()}


# --- consent --------------------------------------------------------------------------------------


def _consent(desk: Desk, record: PatientRecord) -> Iterator[str]:
    consent = record.consent
    if consent is None:
        yield "None on record: nothing may be sent."
        return
    yield _consent_line(consent)
    yield f"Text version {consent.text_version}{_which(consent)}"
    if consent.evidence:
        yield f"Evidence: {consent.evidence}"
    known = consents.texts(desk.tx, record.facts.site_id)
    newest = known[0].version if known else ""
    if consent.given and newest and newest != consent.text_version:
        yield f"The newest version is {newest}; the one given holds."


def _which(consent: ConsentView) -> str:
    language = f", {language_name(consent.language)}" if consent.language else ""
    return f"{language}, hash {consent.text_hash[:8]}" if consent.text_hash else language


def _consent_history(desk: Desk, record: PatientRecord) -> Iterator[str]:
    for one in consents.history(desk.tx, record.facts.id)[1 : _SHOWN + 1]:
        yield f"{_consent_line(one)}, version {one.text_version}"


def _consent_line(consent: ConsentView) -> str:
    what = "Given" if consent.given else "Withdrawn"
    how = f", {words.FORMS[consent.form].lower()}" if consent.form else ""
    return f"{what} on {consent.on.isoformat()} by {consent.by}{how}"


def _day(at: datetime, zone: str) -> str:
    return local_of(at, zone_named(zone)).date().isoformat()
