"""By which door somebody is asked: by text, a text or e-mail with the link, or the call list.

One branch per door, in `invite` and in `remind`. The caller holds the patient's row.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rsm.db.work import Tx
from rsm.flow import calls, conversation, mail, proxy_asking, voice_calls
from rsm.invitations import service as invitations
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import Audience, Channel
from rsm.messaging import service as messaging
from rsm.messaging.hours import spread_from
from rsm.messaging.model import Draft, Lane
from rsm.messaging.planning import contact_times
from rsm.patients.model import PatientFacts
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites
from rsm.sites.model import SiteView

_LATE = timedelta(minutes=5)


def invite(tx: Tx, survey: OccurrenceView, patient: PatientFacts, site: SiteView) -> None:
    """A window has opened: she is asked, once (P2)."""
    serial = invitations.issue(tx, survey)
    if patient.is_written_to:
        written = conversation.opening(tx, survey, patient, serial) or link_text(
            survey, serial, "survey_invite", "invite", mail.channel_of(tx, patient)
        )
        messaging.enqueue(tx, at_her_minute(tx, written, patient, site, survey.opens_at))
    elif not _called_by_machine(tx, survey, patient, survey.opens_at):
        calls.put_on_list(tx, survey, patient)
    invite_proxy(tx, survey, patient)


def _called_by_machine(
    tx: Tx, survey: OccurrenceView, patient: PatientFacts, slot: datetime, day: int = 0
) -> bool:
    """Whether calls by machine are planned for that day of asking, since she wants to be called."""
    if patient.channel is not Channel.VOICE or not voice_calls.can_call(tx, survey, patient):
        return False
    return voice_calls.plan_day(tx, survey, patient, slot, day) > 0


def invite_proxy(tx: Tx, survey: OccurrenceView, patient: PatientFacts) -> None:
    """Whoever answers for her is asked as well, by a link of her own, once."""
    site = sites.get(tx, patient.site_id)
    for each in proxy_asking.invitation(tx, survey):
        messaging.enqueue(tx, at_her_minute(tx, each, patient, site, survey.opens_at))


def remind(tx: Tx, survey: OccurrenceView, number: int, patient: PatientFacts) -> None:
    """Reminder `number` (from 1) of an unfinished survey; only who still wants to be written to."""
    if not patient.is_active:
        return
    _remind_proxy(tx, survey, number, patient)
    if not patient.is_written_to:
        slot = survey.reminders[number - 1]
        if not _called_by_machine(tx, survey, patient, slot, number):
            calls.put_on_list(tx, survey, patient)
        return
    newest = invitations.latest(tx, survey.id)
    serial = newest.serial if newest else invitations.issue(tx, survey)
    reminders = conversation.reminders(tx, survey, patient, serial)
    if reminders is None:
        by = mail.channel_of(tx, patient)
        which = f"reminder:{number}"
        reminders = (link_text(survey, serial, "survey_reminder", which, by),)
    slot, site = survey.reminders[number - 1], sites.get(tx, patient.site_id)
    for each in reminders:
        messaging.enqueue(tx, at_her_minute(tx, each, patient, site, slot))


def _remind_proxy(tx: Tx, survey: OccurrenceView, number: int, patient: PatientFacts) -> None:
    slot, site = survey.reminders[number - 1], sites.get(tx, patient.site_id)
    for each in proxy_asking.reminder(tx, survey, number):
        messaging.enqueue(tx, at_her_minute(tx, each, patient, site, slot))


def at_her_minute(
    tx: Tx, draft: Draft, patient: PatientFacts, site: SiteView, slot: datetime
) -> Draft:
    """It leaves within the hour of its slot, at a minute of her own; late, within the next."""
    own = (patient.contact_from, patient.contact_until)
    times = contact_times(sites.times_of(site, tx.now), own)
    how = (patient.id, site.spread_minutes, times, zone_named(patient.zone))
    leaves = spread_from(slot, *how)
    return replace(
        draft, not_before=leaves if leaves > tx.now - _LATE else spread_from(tx.now, *how)
    )


def link_text(
    survey: OccurrenceView, serial: int, purpose: str, which: str, by: Channel = Channel.SMS
) -> Draft:
    """A text or e-mail with the survey's link, of which there is one per `which` (P2)."""
    return Draft(
        channel=by,
        business_key=f"survey:{survey.id}:{which}",
        lane=Lane.SURVEY,
        audience=Audience.PATIENT,
        site_id=survey.site_id,
        purpose=purpose,
        language=survey.language,
        fields={"occurrence": str(survey.id), "serial": serial},
        patient_id=survey.patient_id,
        occurrence_id=survey.id,
        not_after=survey.closes_at,
        is_test=survey.is_test,
    )
