"""Sheets of paper are typed in, several in a row: each is stored by itself, what is refused stays.

A sheet is found by its mark, or by record number and birth date together: a figure mistyped in a
record number must not write into somebody else's record.
"""

import logging
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from rsm.db.work import Scope, Tx
from rsm.flow import paper as flow
from rsm.instruments import service as instruments
from rsm.instruments.items import DateItem, NumberItem, TextItem, VisualScaleItem, options_of
from rsm.instruments.model import Instrument, Item
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, Problem
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import Relation
from rsm.patients import marks
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import number_field, paper_form
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.item_words import worded
from rsm.web.paper_form import Card, Sheet
from rsm.web.patient_page import patient_url
from rsm.web.staff_words import section, word
from rsm.web.views.common import Choice
from rsm.web.views.paper import PaperCard, PaperField, PaperStored, PaperView

_LOG = logging.getLogger(__name__)
router = APIRouter(prefix="/sites/{site_id}/paper")
Taker = Annotated[Desk, Needs(Permission.ENTER_ANSWERS)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]


@router.get("")
def show(desk: Taker) -> HTMLResponse:
    """Blank cards."""
    instrument = _instrument(desk)
    return _page(desk, instrument, [(card, ()) for card in paper_form.cards({}, instrument)], ())


@router.post("")
def store(desk: Taker, values: Typed) -> HTMLResponse:
    """Each card in a transaction of its own; those that were stored make room for the next."""
    instrument = _instrument(desk)
    stored: list[PaperStored] = []
    refused: list[tuple[Card, tuple[Problem, ...]]] = []
    for card in paper_form.cards(values, instrument):
        if card.is_blank:
            continue
        found = _one(desk, card, instrument)
        if isinstance(found, PaperStored):
            stored.append(found)
        else:
            refused.append((card, found))
    return _page(desk, instrument, refused, tuple(stored))


def _one(desk: Desk, card: Card, instrument: Instrument) -> PaperStored | tuple[Problem, ...]:
    """It is stored, or why it is not."""
    words = section("paper")
    try:
        sheet = paper_form.read(card, instrument)
        scope = Scope.site(desk.staff.site_id)
        with desk.services.db.begin(scope, desk.staff.actor) as tx:
            return _enter(tx, _whose(tx, desk.staff.site_id, sheet), sheet, instrument)
    except Invalid as error:
        return error.problems
    except Conflict:
        return (Problem("", words.another),)
    except NotAllowed:
        return (Problem("who", words.takes_no_part),)
    except Exception as error:  # noqa: BLE001  # the other sheets are stored all the same
        _LOG.error("%s", type(error).__name__, extra={"action": "paper.failed"})
        return (Problem("", words.failed),)


def _whose(tx: Tx, site_id: UUID, sheet: Sheet) -> PatientFacts:
    """The patient of the sheet. Raises `Invalid` where that is in doubt."""
    words = section("paper")
    if (marked := marks.find(tx, site_id, sheet.who)) is not None:
        return marked
    patient_id = patients.by_record_number(tx, site_id, sheet.who)
    if patient_id is None:
        raise Invalid(Problem("who", words.nobody))
    if sheet.born is None:
        raise Invalid(Problem("born", words.born_missing))
    if not patients.birth_date_matches(tx, patient_id, sheet.born):
        raise Invalid(Problem("born", words.born_wrong))
    return patients.peek(tx, patient_id)


def _enter(tx: Tx, patient: PatientFacts, sheet: Sheet, instrument: Instrument) -> PaperStored:
    entered = flow.enter(
        tx,
        flow.Paper(
            patient.id, instrument.pin, sheet.on, sheet.answers, sheet.words, sheet.relation
        ),
    )
    outcome = entered.outcome
    name = patients.names(tx, patient.site_id, [patient.id])[patient.id].name
    return PaperStored(
        name=name,
        on=sheet.on,
        url=patient_url(patient, "reports", str(outcome.survey.id)),
        level=outcome.level.value if outcome.level else "",
        review=outcome.review,
        already=entered.already,
    )


# --- the page ------------------------------------------------------------------------------------


def _page(
    desk: Desk,
    instrument: Instrument,
    refused: list[tuple[Card, tuple[Problem, ...]]],
    stored: tuple[PaperStored, ...],
) -> HTMLResponse:
    """What was refused first, then blank cards."""
    shown = list(refused)
    blank = list(paper_form.cards({}, instrument))
    shown += [(card, ()) for card in blank[len(shown) :]]
    site = sites.get(desk.tx, desk.staff.site_id)
    wrong = sum(1 for _, problems in refused if problems)
    view = PaperView(
        frame=staff_frame(desk, "/calls"),
        action=f"/sites/{site.id}/paper",
        forms_url=f"/sites/{site.id}/downtime",
        instrument=f"{instrument.key} {instrument.version}",
        today=desk.tx.now.astimezone(zone_named(site.zone)).date(),
        cards=tuple(
            _card(place, card, problems, instrument)
            for place, (card, problems) in enumerate(shown, start=1)
        ),
        relations=tuple(Choice(one.value, word("entry", one)) for one in Relation),
        stored=stored,
        refused=wrong,
    )
    return html("staff/paper.html", view, status=422 if wrong and not stored else 200)


def _card(
    place: int, card: Card, problems: tuple[Problem, ...], instrument: Instrument
) -> PaperCard:
    at = {one.where: one for one in problems}
    fields = tuple(
        PaperField(
            id=f"c{place}-{number}",
            name=paper_form.of_item(item.code, place),
            number=number,
            label=worded(item.short, "en") or worded(item.text, "en"),
            hint=" ".join(_hint(item)),
            typed=card.marks.get(item.code, ""),
            long=isinstance(item, TextItem),
            problem=at.get(item.code),
        )
        for number, item in enumerate(instrument.askable, start=1)
    )
    return PaperCard(place, f"c{place}", dict(card.own), fields, problems)


def _hint(item: Item) -> Iterator[str]:
    """What a question takes: `0-4`, a unit, a date."""
    words = section("paper")
    values = [str(option.value) for option in options_of(item)]
    match item:
        case NumberItem():
            yield number_field.units(item, "en")
        case VisualScaleItem():
            yield f"{item.minimum}\N{EN DASH}{item.maximum}"
        case DateItem():
            yield words.as_date
        case TextItem():
            return
        case _:
            runs = values == [str(each) for each in range(int(values[0]), int(values[-1]) + 1)]
            yield f"{values[0]}\N{EN DASH}{values[-1]}" if runs else "/".join(values)


def _instrument(desk: Desk) -> Instrument:
    return instruments.load(desk.tx, sites.get(desk.tx, desk.staff.site_id).instrument)
