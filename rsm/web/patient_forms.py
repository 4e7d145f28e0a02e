"""The form of a patient: what it offers, what was typed, and back to the words of the room."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import time
from functools import partial

from fastapi import Request
from starlette.datastructures import FormData

from rsm.kernel.errors import Problem
from rsm.kernel.localtime import zone_names
from rsm.kernel.words import Channel
from rsm.patients.entering import read_patient
from rsm.patients.model import NewPatient, PatientStatus
from rsm.security.model import StaffView
from rsm.sites.model import WEEKDAYS, SiteView
from rsm.web import patient_words as words
from rsm.web.course_words import FORMS
from rsm.web.views.common import Choice
from rsm.web.views.patients import PatientChoices, PatientValues

# Field of the room → field of the form, where they differ.
_FORM_NAMES: Mapping[str, str] = {
    "decline_reason": "declined_reason",
    "local_time": "hour",
    "consent_on": "consent_date",
    "ethnicity": "race_ethnicity",
    "postcode_area": "postcode",
    "is_test": "test_patient",
}
_BETWEEN = "; "
_CHANNELS = tuple(
    Choice(one, words.CHANNELS[one]) for one in (Channel.SMS, Channel.EMAIL, Channel.VOICE)
)
_NEW = (
    PatientStatus.ELIGIBLE,
    PatientStatus.APPROACHED,
    PatientStatus.DECLINED,
    PatientStatus.ENROLLED,
)
_ZONES_FIRST = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
)


async def typed(request: Request) -> PatientValues:
    """The form as it was typed; nothing is checked yet."""
    form = await request.form()
    text = partial(_text, form)
    return PatientValues(
        status=text("status"),
        declined_reason=text("declined_reason"),
        name=text("name"),
        record_number=text("record_number"),
        birth_date=text("birth_date"),
        phone=text("phone"),
        email=text("email"),
        language=text("language"),
        zone=text("zone"),
        channel=text("channel"),
        weekday=text("weekday"),
        hour=text("hour"),
        contact_from=text("contact_from"),
        contact_until=text("contact_until"),
        regimen=text("regimen"),
        cycle_starts=text("cycle_starts"),
        consent_date=text("consent_date"),
        consent_by=text("consent_by"),
        consent_text=text("consent_text"),
        consent_form=text("consent_form"),
        consent_evidence=text("consent_evidence"),
        sex=text("sex"),
        postcode=text("postcode"),
        insurance=text("insurance"),
        rurality=text("rurality"),
        deprivation=text("deprivation"),
        worker=text("worker"),
        interpreter=bool(text("interpreter")),
        answers_by_text=bool(text("answers_by_text")),
        race_ethnicity=tuple(
            each for each in form.getlist("race_ethnicity") if isinstance(each, str)
        ),
        test_patient=bool(text("test_patient")),
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def read_form(values: PatientValues) -> NewPatient:
    """The patient whom the form describes. Raises `Invalid` with the room's field names."""
    return read_patient(
        {
            "name": values.name,
            "record_number": values.record_number,
            "birth_date": values.birth_date,
            "status": values.status,
            "decline_reason": values.declined_reason,
            "phone": values.phone,
            "email": values.email,
            "language": values.language,
            "interpreter": "yes" if values.interpreter else "no",
            "zone": values.zone,
            "channel": values.channel,
            "answers_by_text": "yes" if values.answers_by_text else "no",
            "weekday": values.weekday,
            "local_time": values.hour,
            "contact_from": values.contact_from,
            "contact_until": values.contact_until,
            "regimen": values.regimen,
            "cycle_starts": values.cycle_starts,
            "consent_on": values.consent_date,
            "consent_by": values.consent_by,
            "consent_text": values.consent_text,
            "consent_form": values.consent_form,
            "consent_evidence": values.consent_evidence,
            "sex": values.sex,
            "ethnicity": _BETWEEN.join(values.race_ethnicity),
            "postcode_area": values.postcode,
            "insurance": values.insurance,
            "rurality": values.rurality,
            "deprivation": values.deprivation,
            "worker": values.worker,
            "is_test": "yes" if values.test_patient else "no",
        }
    )


def fill(new: NewPatient) -> PatientValues:
    """The form of a patient who is on record."""
    return PatientValues(
        status=new.status,
        declined_reason=new.decline_reason or "",
        name=new.name,
        record_number=new.record_number,
        birth_date=new.birth_date.isoformat(),
        phone=new.phone or "",
        email=new.email or "",
        language=new.language,
        interpreter=new.interpreter,
        zone=new.zone or "",
        channel=new.channel,
        answers_by_text=new.answers_by_text,
        weekday=WEEKDAYS[new.weekday],
        hour=_hour(new.local_time),
        contact_from=_hour(new.contact_from) if new.contact_from else "",
        contact_until=_hour(new.contact_until) if new.contact_until else "",
        regimen=new.regimen or "",
        cycle_starts="\n".join(start.isoformat() for start in new.cycle_starts),
        consent_date=new.consent_on.isoformat() if new.consent_on else "",
        consent_by=new.consent_by or "",
        consent_text=new.consent_text or "",
        consent_form=new.consent_form or "",
        consent_evidence=new.consent_evidence or "",
        sex=new.sex or "",
        race_ethnicity=tuple(filter(None, (new.ethnicity or "").split(_BETWEEN))),
        postcode=new.postcode_area or "",
        insurance=new.insurance or "",
        rurality=new.rurality or "",
        deprivation=new.deprivation or "",
        worker=new.worker or "",
        test_patient=new.is_test,
    )


def blank(site: SiteView) -> PatientValues:
    """The form of a new patient: only what the site says of all."""
    return PatientValues(
        status=PatientStatus.ELIGIBLE,
        language=site.languages[0],
        zone=site.zone,
        channel=Channel.SMS,
        weekday=WEEKDAYS[0],
        hour="09:00",
    )


def form_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The same problems at the form's own field names."""
    return tuple(replace(one, where=_FORM_NAMES.get(one.where, one.where)) for one in problems)


def choices(
    site: SiteView,
    values: PatientValues,
    status: PatientStatus | None,
    consent_texts: Iterable[str] = (),
    workers: Iterable[StaffView] = (),
) -> PatientChoices:
    """What the selects offer; of one who is on record the status is fixed.

    `consent_texts` are the versions that the site has published, `workers` who may look after her.
    """
    statuses = _NEW if status is None else (status,)
    zones = dict.fromkeys((site.zone, *_ZONES_FIRST, *sorted(zone_names())))
    languages = dict.fromkeys((*site.languages, *words.LANGUAGES))
    return PatientChoices(
        status=tuple(Choice(one, words.STATUS[one]) for one in statuses),
        language=_with(
            values.language, tuple(Choice(code, words.language_name(code)) for code in languages)
        ),
        zone=_with(values.zone, tuple(Choice(name, name.replace("_", " ")) for name in zones)),
        channel=_with(values.channel, _CHANNELS),
        weekday=tuple(Choice(day, day.capitalize()) for day in WEEKDAYS),
        hour=_with(values.hour, tuple(Choice(hour, hour) for hour in _hours(site))),
        regimen=_with(values.regimen, tuple(Choice(name, name) for name in words.REGIMENS)),
        sex=_with(values.sex, words.SEX),
        race_ethnicity=words.RACE_ETHNICITY,
        insurance=_with(values.insurance, words.INSURANCE),
        rurality=_with(values.rurality, words.RURALITY),
        deprivation=_with(values.deprivation, words.DEPRIVATION),
        declined_reason=tuple(Choice(one, text) for one, text in words.DECLINED.items()),
        consent_text=_with(values.consent_text, tuple(Choice(one, one) for one in consent_texts)),
        consent_form=tuple(Choice(one, text) for one, text in FORMS.items()),
        worker=_with(values.worker, tuple(Choice(one.email, one.name) for one in workers)),
    )


def _with(value: str, offered: tuple[Choice, ...]) -> tuple[Choice, ...]:
    known = {choice.value for choice in offered}
    return offered if not value or value in known else (*offered, Choice(value, value))


def _hours(site: SiteView) -> Iterable[str]:
    """Half hours at which the site may send."""
    for minutes in range(0, 24 * 60, 30):
        at = time(minutes // 60, minutes % 60)
        if site.texts_from <= at < site.texts_until:
            yield _hour(at)


def _hour(at: time) -> str:
    return at.isoformat("minutes")
