"""Definitions once: whoever shows a figure finds its words, its parts and its denominator here."""

import re
from pathlib import Path

import pytest

from rsm.db.statements import table_of
from rsm.metrics.decide import CLOSE_BOUNDS
from rsm.metrics.definitions import BY_ID, MEASURES, measure
from rsm.metrics.measure import Basis, Kind, Measure
from rsm.metrics.measures_alerts import BUCKETS, STAGES
from rsm.metrics.tables import AlertDay, SurveyDay
from rsm.web.measure_words import every, words
from rsm.web.texts import texts_in

HOUSE = Path(__file__).resolve().parents[3] / "rsm"
_ASKS = re.compile(
    r"""\b(?:by_month|by_week|measure|measure_words\.words)\([^()]*?"([a-z][a-z0-9_]*)"\s*[,)]"""
)


@pytest.mark.parametrize("each", MEASURES, ids=lambda each: each.id)
def test_a_rate_has_a_denominator_and_nothing_else_has(each: Measure) -> None:
    is_rate = each.kind is Kind.RATE
    assert bool(each.denominator) == bool(each.whole) == is_rate
    assert each.part
    assert each.live == (each.basis is Basis.NOW)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_measure_has_words_in_both_languages(language: str) -> None:
    assert list(every(language)) == [each.id for each in MEASURES]
    assert all(said.title and said.numerator for said in every(language).values())
    for each in MEASURES:
        assert bool(words(each.id, language).denominator) == bool(each.denominator)


def test_english_pages_say_what_the_definitions_say() -> None:
    said = {id_: (one.title, one.numerator, one.denominator) for id_, one in every("en").items()}
    assert said == {each.id: (each.words, each.numerator, each.denominator) for each in MEASURES}


def test_spanish_is_not_left_in_english() -> None:
    ours, theirs = every("es"), every("en")
    assert not {id_ for id_ in ours if ours[id_].title == theirs[id_].title}


def test_there_are_no_words_of_what_is_no_measure() -> None:
    said = texts_in("en").pages["measures"]
    known = {f"{id_}{end}" for id_ in BY_ID for end in ("", "_numerator", "_denominator")}
    assert set(said) <= known


def test_what_is_no_measure_has_no_figure() -> None:
    with pytest.raises(KeyError):
        measure("satisfaction")


def test_whatever_is_rolled_up_is_defined() -> None:
    keys = {"site_id", "dimension", "value", "day", "level"}
    times = {f"{stage}{clock}" for stage in STAGES for clock in ("", "_service")}
    rolled = {each.name for table in (SurveyDay, AlertDay) for each in table_of(table).c}
    assert rolled - keys - times <= set(BY_ID)


def test_buckets_of_the_definitions_are_those_of_the_page() -> None:
    assert len(BUCKETS) == len(CLOSE_BOUNDS) + 1


def test_pages_reports_and_exports_ask_for_measures_that_are_defined() -> None:
    """Where a measure is named in the call itself."""
    asked = {
        name
        for room in ("web", "reports", "collaborative", "improvement")
        for path in (HOUSE / room).rglob("*.py")
        if "rsm.metrics.figures" in (source := path.read_text(encoding="utf-8"))
        for name in _ASKS.findall(source)
    }
    assert asked <= set(BY_ID)
