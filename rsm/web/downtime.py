"""What is printed for a time without computers: the survey on paper, and whose survey is due.

The form names nobody: a mark finds the patient when it is typed in. The list has names and numbers,
since somebody has to call; that it was made is on record.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from rsm.alerts import service as alerts
from rsm.alerts.crisis import crisis_items
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.instruments.conditions import Condition
from rsm.instruments.items import DateItem, NumberItem, PickItem, TextItem, VisualScaleItem
from rsm.instruments.items import options_of as options_of_item
from rsm.instruments.model import Instrument, Item
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.kernel.phones import spoken
from rsm.kernel.words import Channel
from rsm.patients import marks, proxies
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientStatus
from rsm.schedules import due
from rsm.schedules.due import DueSurvey
from rsm.security.audit import Subject, record
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.web import number_field, patient_help, when
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.item_words import ends, worded
from rsm.web.patient_words import language_name
from rsm.web.staff_words import section, word
from rsm.web.texts import languages
from rsm.web.views.common import Choice
from rsm.web.views.paper import (
    DowntimeListView,
    DowntimeRow,
    DowntimeView,
    PaperFormView,
    PaperOption,
    PaperQuestion,
)
from rsm.web.views.patient import PatientFrame

router = APIRouter(prefix="/sites/{site_id}/downtime")
Taker = Annotated[Desk, Needs(Permission.ENTER_ANSWERS)]
_PAPERS = ("a4", "letter")
_SPANS = {"today": 1, "week": 7}  # days
_LINES = 2
_LONG_LINES = 4


@router.get("")
def show(desk: Taker) -> HTMLResponse:
    """What can be printed."""
    words, here = section("downtime"), f"/sites/{desk.staff.site_id}/downtime"
    view = DowntimeView(
        frame=staff_frame(desk, "/calls"),
        form_url=f"{here}/form",
        languages=tuple(Choice(code, language_name(code)) for code in _offered(desk)),
        lists=tuple(Choice(f"{here}/list?span={one}", getattr(words, one)) for one in _SPANS),
        paper_url=f"/sites/{desk.staff.site_id}/paper",
    )
    return html("staff/downtime.html", view)


# --- the survey on paper -------------------------------------------------------------------------


class Wanted(BaseModel):
    """How the form is to be printed, and for whom: her mark stands on it, with `name` her name."""

    language: str = ""
    large: bool = False
    paper: str = "a4"
    patient: UUID | None = None
    name: bool = False


@router.get("/form")
def form(desk: Taker, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """The form."""
    site, instrument = sites.get(desk.tx, desk.staff.site_id), _instrument(desk)
    whose = patients.peek(desk.tx, wanted.patient) if wanted.patient is not None else None
    offered = _offered(desk)
    language = wanted.language or (whose.language if whose else "")
    chosen = language if language in offered else offered[0]
    about = instrument.languages[chosen]
    view = PaperFormView(
        frame=_frame(desk, site),
        title=about.title,
        recall=about.recall,
        questions=tuple(_questions(desk, instrument, chosen)),
        version=f"{instrument.key} {instrument.version} {chosen}",
        notice=about.notice,
        mark=marks.of(desk.tx, whose.id) if whose else "",
        name=_name(desk, whose) if whose and wanted.name else "",
        large=wanted.large,
        paper=wanted.paper if wanted.paper in _PAPERS else _PAPERS[0],
    )
    return html("patient/paper_form.html", view, chosen)


def _name(desk: Desk, whose: PatientFacts) -> str:
    found = patients.names(desk.tx, whose.site_id, [whose.id])
    return found[whose.id].name if whose.id in found else ""


def _frame(desk: Desk, site: SiteView) -> PatientFrame:
    return PatientFrame(
        site_name=site.name,
        clinic_phone=site.clinic_phone,
        emergency_number=site.emergency_number,
        now=desk.tx.now,
        zone=site.zone,
        clinic_open_always=patient_help.is_always_open(site),
    )


def _questions(desk: Desk, instrument: Instrument, language: str) -> Iterator[PaperQuestion]:
    """All of them, but for what is asked by a person who can act at once (`rsm.flow.asking`)."""
    pack = alerts.load(desk.tx, sites.get(desk.tx, desk.staff.site_id).rule_pack)
    in_person = crisis_items(pack, spec_of(instrument))
    numbers = {item.code: n for n, item in enumerate(instrument.askable, start=1)}
    for item in instrument.askable:
        if item.code in in_person:
            continue
        yield PaperQuestion(
            number=numbers[item.code],
            text=worded(item.text, language),
            options=tuple(
                PaperOption(str(option.value), worded(option.label, language))
                for option in options_of_item(item)
            ),
            several=isinstance(item, PickItem),
            lines=_lines(item),
            unit=_unit(item, language),
            only_if=_only_if(item, numbers),
            only_label=_closing_label(instrument, item, language),
            recall=worded(item.recall, language),
        )


def _lines(item: Item) -> int:
    if isinstance(item, TextItem):
        return _LONG_LINES if item.long else _LINES
    return 1 if isinstance(item, NumberItem | DateItem | VisualScaleItem) else 0


def _unit(item: Item, language: str) -> str:
    if isinstance(item, NumberItem):
        return number_field.units(item, language)
    if isinstance(item, VisualScaleItem):
        return ends(item, language)
    return ""


def _only_if(item: Item, numbers: dict[str, int]) -> str:
    """The number of the question before it that may close it; whoever types it in is told more."""
    gate = item.asked_when
    return str(numbers.get(gate.item, "")) if isinstance(gate, Condition) else ""


def _closing_label(instrument: Instrument, item: Item, language: str) -> str:
    """The answer that closes it: that of 0."""
    gate = item.asked_when
    if not isinstance(gate, Condition):
        return ""
    options = options_of_item(instrument.item_by_code[gate.item])
    return next((worded(one.label, language) for one in options if one.value == 0), "0")


def _offered(desk: Desk) -> tuple[str, ...]:
    """Languages of the site in which the survey and the pages have words."""
    known = set(_instrument(desk).languages) & set(languages())
    site = sites.get(desk.tx, desk.staff.site_id)
    return tuple(code for code in site.languages if code in known) or ("en",)


def _instrument(desk: Desk) -> Instrument:
    return instruments.load(desk.tx, sites.get(desk.tx, desk.staff.site_id).instrument)


# --- whose survey is due -------------------------------------------------------------------------


@router.get("/list")
def due_list(desk: Taker, span: str = "today") -> HTMLResponse:
    """Names, numbers and marks; that the list was read is one line of the trail."""
    tx, site = desk.tx, sites.get(desk.tx, desk.staff.site_id)
    chosen = span if span in _SPANS else "today"
    found = due.until(tx, site.id, _end(tx, site, _SPANS[chosen]))
    other = next(one for one in _SPANS if one != chosen)
    here, words = f"/sites/{site.id}/downtime", section("downtime")
    record(tx, "downtime.listed", Subject("site", site.id), site.id, span=chosen, count=len(found))
    day = when.local_date(tx.now, site.zone, year=True)
    view = DowntimeListView(
        frame=staff_frame(desk, "/calls"),
        heading=getattr(words, f"list_{chosen}").format(day=day),
        rows=tuple(_rows(desk, site, found)),
        back_url=here,
        other=Choice(f"{here}/list?span={other}", getattr(words, other)),
    )
    return html("staff/downtime_list.html", view)


def _end(tx: Tx, site: SiteView, days: int) -> datetime:
    """Midnight at the site, after so many days."""
    zone = zone_named(site.zone)
    last = local_of(tx.now, zone).date() + timedelta(days=days)
    return start_instant(datetime.combine(last, time()), zone)


def _rows(desk: Desk, site: SiteView, found: list[DueSurvey]) -> Iterator[DowntimeRow]:
    tx, who = desk.tx, {each.patient_id for each in found}
    facts, labels = patients.peek_many(tx, who), patients.names(tx, site.id, who)
    helpers = proxies.all_standing(tx, who)
    names = proxies.names(tx, list(helpers.values()))
    for each in found:
        one, label = facts.get(each.patient_id), labels.get(each.patient_id)
        if one is None or label is None or one.status is not PatientStatus.ENROLLED:
            continue
        proxy = helpers.get(one.id)
        yield DowntimeRow(
            name=label.name,
            record_number=label.record_number,
            mark=marks.of(tx, one.id),
            phone=patients.address(tx, one.id, Channel.SMS) or "",
            language=language_name(one.language),
            interpreter=one.interpreter,
            due=each.at,
            closes_at=each.closes_at,
            state=_state(desk, each, site.zone),
            proxy=_proxy(tx, one.id, names.get(proxy.id, "")) if proxy else "",
            test_patient=one.is_test,
        )


def _state(desk: Desk, each: DueSurvey, zone: str) -> str:
    words, now = section("downtime"), desk.tx.now
    if each.closes_at is None:
        return str(words.opens).format(when=when.day_time(each.at, now, zone))
    text = str(words.closes).format(when=when.day_time(each.closes_at, now, zone))
    return f"{words.begun}, {text}" if each.begun else text


def _proxy(tx: Tx, patient_id: UUID, name: str) -> str:
    phone = proxies.addresses(tx, patient_id).get(Channel.SMS)
    return word("downtime", "proxy").format(who=f"{name}, {spoken(phone)}" if phone else name)
