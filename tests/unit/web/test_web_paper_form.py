"""A card of a sheet: what is typed for each kind of question; what is told, never dropped."""

from datetime import date

import pytest

from rsm.instruments.model import Instrument
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.errors import Invalid
from rsm.web import paper_form
from rsm.web.paper_form import Card
from tests import every_kind

OWN = {"who": "R1001", "born": "", "on": "2026-10-19", "relation": "", "words": ""}


@pytest.fixture
def instrument() -> Instrument:
    return every_kind.instrument()


def card(instrument: Instrument, **marks: str) -> Card:
    typed = {name.replace("__", "."): value for name, value in marks.items()}
    blank = {item.code: "" for item in instrument.askable}
    return Card(1, OWN, blank | typed)


def wrong(instrument: Instrument, **marks: str) -> set[str]:
    with pytest.raises(Invalid) as refused:
        paper_form.read(card(instrument, **marks), instrument)
    return {problem.where for problem in refused.value.problems}


def test_each_kind_is_typed_in_its_own_way(instrument: Instrument) -> None:
    sheet = paper_form.read(
        card(
            instrument,
            mood="2",
            pain__scale="35",
            pain__place="2,5",
            helps="r",
            since="2026-10-03",
            weight="70.5",
            wish="More sleep",
        ),
        instrument,
    )
    assert sheet.answers["mood"] == answered(2)
    assert sheet.answers["pain.scale"] == answered(35)
    assert sheet.answers["pain.place"] == Answer(AnswerStatus.ANSWERED, 2, (2, 5))
    assert sheet.answers["helps"] == REFUSED
    assert sheet.answers["weight"] == answered(705)
    assert sheet.answers["wish"].text == "More sleep"
    assert sheet.on == date(2026, 10, 19)


def test_what_was_left_blank_is_left_out_and_x_says_that_it_does_not_apply(
    instrument: Instrument,
) -> None:
    sheet = paper_form.read(card(instrument, mood="1", since="X"), instrument)
    assert sheet.answers["since"] == Answer(AnswerStatus.NOT_APPLICABLE)
    assert sheet.answers["wish"] == SKIPPED
    assert "pain.place" not in sheet.answers  # not asked, since nothing says that it hurts


def test_an_answer_to_what_is_not_asked_is_told(instrument: Instrument) -> None:
    assert wrong(instrument, mood="1", pain__scale="0", pain__place="2") == {"pain.place"}


@pytest.mark.parametrize(
    ("code", "typed"),
    [("mood", "7"), ("pain__scale", "33"), ("since", "19.10."), ("weight", "5"), ("helps", "1,8")],
)
def test_what_is_no_answer_of_it_is_told_at_its_field(
    instrument: Instrument, code: str, typed: str
) -> None:
    assert wrong(instrument, **{"mood": "1", code: typed}) == {code.replace("__", ".")}


def test_a_card_without_any_answer_is_none(instrument: Instrument) -> None:
    assert wrong(instrument) == {""}
    blank = dict.fromkeys(OWN, "")
    assert Card(1, blank, {}).is_blank
    assert not card(instrument).is_blank
