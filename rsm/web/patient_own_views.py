"""What the patient's own page shows: how everything stands, and the form of each change."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

from rsm.flow import own_settings as own
from rsm.flow.own_settings import Way
from rsm.kernel.phones import spoken
from rsm.kernel.words import Relation
from rsm.patients import proxies
from rsm.patients.model import PatientStatus
from rsm.patients.proxy_model import ProxyView
from rsm.web import patient_views as views
from rsm.web import when
from rsm.web.patient_visit import Visit
from rsm.web.texts import texts_in
from rsm.web.views.patient_own import (
    OwnEntry,
    OwnFormView,
    OwnGroup,
    OwnOption,
    OwnRow,
    OwnView,
)

WEEKS = (1, 2, 3, 4)


def words(visit: Visit) -> SimpleNamespace:
    """The words of the page in its language."""
    return texts_in(visit.language).sections()["own"]


def own_url(visit: Visit, path: str = "", said: str = "") -> str:
    """An address below her own page; `said` names what was done."""
    url = visit.url(f"/me{path}")
    return f"{url}{'&' if '?' in url else '?'}said={said}" if said else url


# --- how it stands -------------------------------------------------------------------------------


def page(visit: Visit, said: str) -> OwnView:
    """Everything as it stands now."""
    t, patient = words(visit), visit.patient
    back = visit.url()
    if patient.status not in {PatientStatus.ENROLLED, PatientStatus.PAUSED}:
        return OwnView(visit.frame, back, ended=True)
    stopped, pause = own.stopped(visit.tx, patient), own.pause_of(visit.tx, patient.id)
    resumes = pause is not None and own.may_resume(pause)
    lifts = stopped is not None and stopped.here
    return OwnView(
        frame=visit.frame,
        back_url=back,
        rows=_rows(visit, comes=stopped is None and pause is None),
        said=getattr(t, f"said_{said}", "") if said.isalpha() else "",
        stopped=stopped is not None,
        start_action=own_url(visit, "/start") if lifts else "",
        paused=_paused(visit) if pause else "",
        resume_action=own_url(visit, "/resume") if resumes else "",
        stop_url="" if stopped else own_url(visit, "/stop"),
    )


def _rows(visit: Visit, *, comes: bool) -> tuple[OwnRow, ...]:
    """`comes`: the next check-in will be sent to her."""
    t, patient = words(visit), visit.patient
    day, hour = _weekday(visit, patient.weekday), _clock(visit, patient.local_time)
    at = views.next_at(visit) if comes else None
    rows = [
        OwnRow(t.next, _instant(visit, at) if at else t.nothing),
        OwnRow(t.when, t.slot.format(day=day, time=hour), own_url(visit, "/when")),
        OwnRow(t.how, getattr(t, f"way_{own.way_of(patient)}"), own_url(visit, "/how")),
    ]
    if len(visit.offered) > 1:
        name = texts_in(patient.language).name if patient.language in visit.offered else ""
        rows.append(OwnRow(t.language, name or patient.language, own_url(visit, "/language")))
    rows.append(_proxy_row(visit))
    if patient.is_active:
        rows.append(OwnRow(t.pause, t.no_pause, own_url(visit, "/pause"), t.pause_link))
    return tuple(rows)


def _proxy_row(visit: Visit) -> OwnRow:
    t, proxy = words(visit), proxies.standing(visit.tx, visit.survey.patient_id)
    if proxy is None:
        return OwnRow(t.proxy, t.nobody, own_url(visit, "/proxy"), t.proxy_add)
    return OwnRow(t.proxy, proxy_name(visit, proxy), own_url(visit, "/proxy/end"), t.proxy_end)


def proxy_name(visit: Visit, proxy: ProxyView) -> str:
    """Whom she named, as she knows them."""
    name = proxies.names(visit.tx, [proxy]).get(proxy.id)
    relation = _relation(visit, proxy.relation)
    return f"{name} ({relation})" if name else relation


def _relation(visit: Visit, relation: Relation) -> str:
    return str(getattr(words(visit), f"relation_{relation}"))


def _paused(visit: Visit) -> str:
    t, pause = words(visit), own.pause_of(visit.tx, visit.survey.patient_id)
    if pause is None or pause.until is None or not own.may_resume(pause):
        return str(t.paused)
    day = when.local_date(pause.until, visit.patient.zone, visit.language)
    return str(t.paused_until).format(day=day)


def _instant(visit: Visit, at: datetime) -> str:
    now, zone = visit.tx.now, visit.patient.zone
    return when.day_time(at, now, zone, visit.language, hours=12)


def _weekday(visit: Visit, day: int) -> str:
    return when.words_of(visit.language).weekdays[day]


def _clock(visit: Visit, at: time) -> str:
    half = when.words_of(visit.language).halves[at.hour >= 12]
    return f"{at.hour % 12 or 12}:{at.minute:02}\N{NO-BREAK SPACE}{half}"


# --- the forms -----------------------------------------------------------------------------------


def _form(visit: Visit, name: str, path: str, wrong: str = "") -> OwnFormView:
    """`name` begins the keys of its words: `<name>_title`, `<name>_text`, `<name>_go`."""
    t = words(visit)
    return OwnFormView(
        frame=visit.frame,
        action=own_url(visit, path),
        back_url=own_url(visit),
        heading=getattr(t, f"{name}_title"),
        button=getattr(t, f"{name}_go", t.save),
        told=(getattr(t, f"{name}_text"),),
        wrong=getattr(t, f"wrong_{wrong}") if wrong else "",
        wrong_at=wrong,
    )


def when_form(visit: Visit, wrong: str = "") -> OwnFormView:
    """Day and hour, of those that her site has."""
    t, patient, given = words(visit), visit.patient, visit.given
    day_now = given.get("day", str(patient.weekday))
    hour_now = given.get("hour", f"{patient.local_time:%H:%M}")
    can = own.offered(visit.tx, patient, visit.survey)
    days = tuple(
        OwnOption(str(day), _weekday(visit, day), checked=str(day) == day_now) for day in can.days
    )
    hours = tuple(
        OwnOption(hour, _clock(visit, at), checked=hour == hour_now)
        for hour, at in ((f"{at:%H:%M}", at) for at in can.hours)
    )
    groups = OwnGroup("day", t.day, days, short=True), OwnGroup("hour", t.hour, hours, short=True)
    return replace(_form(visit, "when", "/when", wrong), groups=groups)


def how_form(visit: Visit, wrong: str = "") -> OwnFormView:
    """The ways that reach her, each with what it means."""
    t, patient = words(visit), visit.patient
    ways = own.offered(visit.tx, patient, visit.survey).ways
    chosen = visit.given.get("way") or own.way_of(patient).value
    options = tuple(
        OwnOption(way, getattr(t, f"way_{way}"), getattr(t, f"way_{way}_means"), way == chosen)
        for way in ways
    )
    agree = t.agree if Way.TEXTS in ways else ""
    groups = (OwnGroup("way", t.how, options),)
    return replace(_form(visit, "how", "/how", wrong), groups=groups, agree=agree)


def language_form(visit: Visit, wrong: str = "") -> OwnFormView:
    """The languages in which she can be asked."""
    hers = visit.patient.language
    options = tuple(
        OwnOption(code, texts_in(code).name, checked=code == hers) for code in visit.offered
    )
    groups = (OwnGroup("language", words(visit).language, options),)
    return replace(_form(visit, "language", "/language", wrong), groups=groups)


def proxy_form(visit: Visit, wrong: str = "") -> OwnFormView:
    """Who is to answer for her, and where they are written to."""
    t, given = words(visit), visit.given
    entries = (
        OwnEntry("name", t.proxy_name, given.get("name", "")),
        OwnEntry("phone", t.proxy_phone, given.get("phone", ""), t.proxy_reach, "tel"),
        OwnEntry("email", t.proxy_email, given.get("email", ""), kind="email"),
    )
    relations = tuple(
        OwnOption(one.value, _relation(visit, one), checked=one.value == given.get("relation"))
        for one in Relation
    )
    spoken_now = given.get("language", visit.language)
    spoken_here = tuple(
        OwnOption(code, texts_in(code).name, checked=code == spoken_now) for code in visit.offered
    )
    groups = [OwnGroup("relation", t.proxy_relation, relations, short=True)]
    if len(spoken_here) > 1:
        groups.append(OwnGroup("language", t.proxy_language, spoken_here, short=True))
    form = _form(visit, "proxy", "/proxy", wrong)
    return replace(form, entries=entries, groups=tuple(groups))


def proxy_end_form(visit: Visit, proxy: ProxyView) -> OwnFormView:
    """Nobody is to answer for her any more."""
    told = (words(visit).proxyend_text.format(who=proxy_name(visit, proxy)),)
    return replace(_form(visit, "proxyend", "/proxy/end"), told=told)


def pause_form(visit: Visit, wrong: str = "") -> OwnFormView:
    """For how long nobody asks her: it ends by itself."""
    t = words(visit)
    options = tuple(
        OwnOption(str(weeks), t.until.format(day=_day(visit, weeks_on(visit, weeks))))
        for weeks in WEEKS
    )
    groups = (OwnGroup("weeks", t.pause_until, options),)
    form = _form(visit, "pause", "/pause", wrong)
    return replace(form, groups=groups, told=(t.pause_text, t.pause_told))


def weeks_on(visit: Visit, weeks: int) -> date:
    """The day, on her own calendar, on which a pause of so many weeks is over."""
    return visit.today + timedelta(weeks=weeks)


def _day(visit: Visit, day: date) -> str:
    return when.local_date(day, visit.patient.zone, visit.language)


def stop_form(visit: Visit) -> OwnFormView:
    """What it means that nothing comes any more."""
    t, phone = words(visit), spoken(visit.site.clinic_phone)
    told = (t.stop_text, t.stop_team, t.stop_again.format(phone=phone))
    return replace(_form(visit, "stop", "/stop"), told=told)
