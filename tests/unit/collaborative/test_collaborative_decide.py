"""Small cells, periods, and where a site lies in its funnel."""

from datetime import date

import pytest
from pydantic import ValidationError

from rsm.collaborative import decide
from rsm.collaborative.literature import about, published
from rsm.collaborative.model import Lies, Point
from rsm.collaborative.shared import MEASURES, SUMS, Sum, counts_of, definition_hash
from rsm.escalation.model import ByRole
from rsm.kernel.words import Role
from rsm.metrics import definitions
from rsm.metrics.measure import Kind
from rsm.metrics.statistics.funnel import limits


def test_a_cell_with_fewer_than_ten_on_any_side_is_withheld() -> None:
    cells = {"completed": (91, 100), "by_self": (60, 80), "acted": (5, 9), "not_sent": (9, 100)}
    assert decide.suppressed({"completed": (91, 100)}) == {"completed"}  # nine did not
    assert {"acted", "not_sent"} <= decide.suppressed(cells)
    assert decide.suppressed({"completed": (90, 100)}) == frozenset()


def test_what_could_be_had_by_subtraction_is_withheld_as_well() -> None:
    """65 completed, 60 of them alone: the five with help would be known."""
    cells = {"completed": (65, 100), "by_self": (60, 100), "assisted": (5, 100)}
    assert decide.suppressed(cells) == {"assisted", "by_self"}


def test_a_denominator_that_gives_a_small_count_away_is_withheld() -> None:
    """68 were begun and 65 completed: three in part."""
    cells = {"completed": (65, 100), "alerting": (20, 68)}
    assert decide.exposed(cells)["partial"] == 3
    assert decide.suppressed(cells) == {"alerting"}


def test_two_unknown_counts_that_come_to_few_together_are_a_small_cell() -> None:
    """100 due, 70 completed, 25 not sent: five were asked and did not complete."""
    cells = {"completed": (70, 100), "not_sent": (25, 100)}
    assert decide.exposed(cells) == {"partial or not_answered": 5}
    assert decide.suppressed(cells) == {"not_sent"}


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        # 20 were not completed, 15 of them baselines: five later ones were not.
        (
            {"completed": (80, 100), "baseline_completed": (25, 40)},
            "later and not completed",
        ),
        # 25 were not delivered, 20 of them not sent: five were sent and never confirmed.
        (
            {"not_sent": (20, 100), "completed_delivered": (50, 75), "completed": (50, 100)},
            "asked otherwise, in vain",
        ),
        # 30 did not report, 25 of them were never asked.
        (
            {"activation": (60, 90), "never_sent": (25, 80)},
            "asked in vain, or nothing due",
        ),
        # 50 were asked, 45 of them finished their baseline.
        (
            {"never_sent": (30, 80), "follow_up": (20, 45)},
            "asked, without baseline",
        ),
    ],
)
def test_what_two_measures_tell_together_is_no_small_count(cells: decide.Cells, told: str) -> None:
    assert decide.exposed(cells)[told] == 5
    assert decide.suppressed(cells)


def test_the_more_important_measure_is_kept() -> None:
    kept = {"completed": (65, 100), "by_self": (60, 100), "acted": (40, 60)}
    assert decide.suppressed(kept) == {"by_self"}
    assert MEASURES.index("completed") < MEASURES.index("by_self")


def test_a_system_of_sums_is_solved_as_far_as_it_can_be() -> None:
    laws = (Sum("a", ("b", "c")), Sum("b", ("d", "e")), Sum("c", ("d", "f")))
    assert decide.derived({"a": 30, "b": 20}, laws) == {"a": 30, "b": 20, "c": 10}
    assert decide.derived({"a": 30, "b": 20, "d": 8}, laws) == {
        "a": 30, "b": 20, "c": 10, "d": 8, "e": 12, "f": 2,
    }  # fmt: skip
    assert decide.derived({"d": 8}, laws) == {"d": 8}


def test_cells_that_contradict_one_another_are_found() -> None:
    assert decide.contradictions({"completed": (60, 100), "by_self": (50, 99)}) == ("due",)
    assert decide.contradictions({"completed": (60, 100), "by_self": (50, 100)}) == ()


@pytest.mark.parametrize(
    ("day", "months", "first"),
    [
        (date(2026, 12, 5), 3, date(2026, 10, 1)),
        (date(2026, 3, 31), 1, date(2026, 3, 1)),
        (date(2026, 6, 30), 6, date(2026, 1, 1)),
        (date(2026, 7, 1), 12, date(2026, 1, 1)),
    ],
)
def test_periods_of_one_length_never_overlap(day: date, months: int, first: date) -> None:
    assert decide.begins(day, months) == first
    assert decide.begins(first, months) == first
    assert first <= day <= decide.ends(first, months)


def test_a_period_is_shared_once_it_is_over_and_has_settled() -> None:
    assert decide.finished(date(2026, 10, 8), 3, 1) == (date(2026, 4, 1),)
    assert decide.finished(date(2026, 10, 9), 3, 2) == (date(2026, 7, 1), date(2026, 4, 1))
    assert decide.finished(date(2026, 1, 20), 1, 2) == (date(2025, 12, 1), date(2025, 11, 1))


def test_a_median_is_spoken_of_from_three_sites_on() -> None:
    points = [Point(code, part, 100) for code, part in (("A", 50), ("B", 60), ("C", 90))]
    assert decide.middle(points) == 0.6
    assert decide.middle(points[:2]) is None


def test_where_a_site_lies_depends_on_its_size() -> None:
    assert decide.lies(Point("A", 14, 24), 0.7) is Lies.WITHIN
    assert decide.lies(Point("B", 58, 100), 0.7) is Lies.WARNING
    assert decide.lies(Point("C", 580, 1000), 0.7) is Lies.CONTROL


@pytest.mark.parametrize("target", [0.1, 0.5, 0.91])
@pytest.mark.parametrize("whole", [151, 2000])
def test_limits_of_large_sites_are_those_of_exact_ones(target: float, whole: int) -> None:
    quick, exact = decide.expected(target, whole), limits(target, whole)
    for one, other in ((quick.warning, exact.warning), (quick.control, exact.control)):
        assert one.low == pytest.approx(other.low, abs=0.002)
        assert one.high == pytest.approx(other.high, abs=0.002)


def test_everything_that_is_shared_is_a_rate_that_is_defined() -> None:
    for measure in MEASURES:
        assert definitions.measure(measure).kind is Kind.RATE
        assert len(definition_hash(measure)) == 16
    named = {name for law in SUMS for name in (law.total, *law.parts)}
    assert {"due", "completed", "opened"} <= named & {n for m in MEASURES for n in counts_of(m)}


def test_the_literature_is_of_measures_that_are_shared_and_says_its_setting() -> None:
    assert {one.measure for one in published()} <= set(MEASURES)
    assert {one.setting for one in published()} == {"trial", "routine"}
    assert [one.share for one in about("by_self")] == [0.772]
    assert all(one.words["es"] != one.words["en"] for one in published())


def test_no_policy_tells_the_lead_of_an_alert() -> None:
    assert ByRole(kind="role", role=Role.MANAGER).role is Role.MANAGER
    with pytest.raises(ValidationError, match="is told of no alert"):
        ByRole(kind="role", role=Role.LEAD)
