"""The funnel plot: every site once, the own one solid and named, limits only with a median."""

import re
from dataclasses import replace
from datetime import date

import pytest

from rsm.collaborative.model import Funnel, Point
from rsm.web.charts_funnel import FunnelWords, funnel_picture
from rsm.web.collaborative_words import CollaborativeWords

WORDS = FunnelWords("How many", "median 70 %", "95 %", "99.8 %")
POINTS = (
    Point("CGHKM", 60, 90),
    Point("FQRTV", 170, 240, "Hillside <Clinic>"),
    Point("KXDGJ", 205, 500, "Lakeside", own=True),
)
FUNNEL = Funnel("completed", date(2026, 7, 1), 3, POINTS, (), target=0.7)


def drawn(funnel: Funnel) -> str:
    return str(funnel_picture(funnel, WORDS, "funnel"))


def test_every_site_is_a_point_and_the_own_one_comes_last() -> None:
    picture = drawn(FUNNEL)
    kinds = re.findall(r'<circle class="pt (\w+)"', picture)
    assert kinds == ["them", "them", "us"]
    assert 'role="img"' in picture
    assert 'aria-labelledby="funnel"' in picture


def test_names_are_text_and_never_marks() -> None:
    assert "Hillside &lt;Clinic&gt;" in drawn(FUNNEL)


def test_both_pairs_of_limits_are_drawn_and_named() -> None:
    picture = drawn(FUNNEL)
    assert len(re.findall(r'<path class="lim"', picture)) == 2
    assert len(re.findall(r'<path class="mid"', picture)) == 3  # the median is one of them
    assert picture.count(">99.8 %<") == picture.count(">95 %<") == 2


def test_without_a_median_there_are_points_and_no_limits() -> None:
    picture = drawn(replace(FUNNEL, target=None))
    assert "lim" not in picture
    assert picture.count("<circle") == 3


@pytest.mark.parametrize("share", [(10, 10_000), (9_990, 10_000), (50, 100)])
def test_whatever_the_shares_every_point_lies_in_the_picture(share: tuple[int, int]) -> None:
    points = tuple(Point(code, *share) for code in ("CCCCC", "DDDDD", "FFFFF"))
    for target in (points[0].share, None):
        picture = drawn(replace(FUNNEL, points=points, target=target))
        for x, y in re.findall(r'cx="([\d.-]+)" cy="([\d.-]+)"', picture):
            assert 0 <= float(x) <= 800
            assert 0 <= float(y) <= 368


def test_labels_never_cover_one_another() -> None:
    points = tuple(Point(f"CCC{letter}C", 70, 100) for letter in "CDFGHJKMNPQR")
    labels = re.findall(
        r'<text x="([\d.]+)" y="([\d.]+)">CCC', drawn(replace(FUNNEL, points=points))
    )
    assert len(labels) == len(set(labels)) < len(points)


@pytest.mark.parametrize(
    ("own", "part", "said"),
    [
        (True, 345, "within what chance alone explains"),
        (True, 325, "outside the 95 % limits"),
        (True, 205, "outside the 99.8 % limits"),
        (False, 205, "One site lies outside the 99.8 % limits"),
        (False, 345, "No site lies outside"),
    ],
)
def test_the_finding_is_about_the_own_site_or_about_how_many(
    own: bool, part: int, said: str
) -> None:
    last = Point("KXDGJ", part, 500, "Lakeside" if own else None, own=own)
    found = replace(FUNNEL, points=(*POINTS[:2], last))
    assert said in CollaborativeWords("en").caption(found, "Lakeside" if own else "")


def test_a_site_without_figures_is_told_so() -> None:
    words = CollaborativeWords("en")
    assert words.caption(replace(FUNNEL, points=POINTS[:2]), "Lakeside").startswith(
        "Lakeside shares"
    )
    assert words.caption(replace(FUNNEL, points=()), "").startswith("No site shares")
    few = replace(FUNNEL, points=POINTS[2:], target=None)
    assert words.caption(few, "Lakeside").startswith("Too few sites")


@pytest.mark.parametrize(
    ("language", "months", "said"),
    [
        ("en", 3, "July to September 2026"),
        ("es", 3, "de julio a septiembre de 2026"),
        ("en", 1, "July 2026"),
        ("es", 1, "julio de 2026"),
    ],
)
def test_a_period_in_words(language: str, months: int, said: str) -> None:
    assert CollaborativeWords(language).period(date(2026, 7, 1), months) == said
