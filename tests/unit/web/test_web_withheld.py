"""What a machine does not get of figures that are divided: few people, and what leads to them."""

from hypothesis import given
from hypothesis import strategies as st

from rsm.collaborative.model import LEAST
from rsm.metrics.figures import Figure
from rsm.metrics.statistics.intervals import wilson
from rsm.web.api.withheld import withheld


def rate(part: int, whole: int, measure: str = "completed") -> Figure:
    return Figure(measure, part, whole, wilson(part, whole))


def by_value(**cells: tuple[int, int]) -> dict[str, dict[str, Figure]]:
    return {value: {"completed": rate(*cell)} for value, cell in cells.items()}


def test_what_ten_people_stand_behind_on_both_sides_is_told() -> None:
    assert withheld(by_value(f=(80, 100), m=(90, 120))) == frozenset()


def test_a_small_part_a_small_rest_and_a_small_whole_are_withheld_and_one_more_beside() -> None:
    for small in ((9, 100), (95, 100), (5, 9), (0, 0)):
        gone = withheld(by_value(f=small, m=(90, 120), x=(300, 400)))
        assert gone == {("f", "completed"), ("m", "completed")}


def test_what_is_withheld_together_is_no_small_count_either() -> None:
    """Two values of four each leave eight: from the total anybody would know them as eight."""
    cells = by_value(a=(4, 40), b=(4, 40), c=(50, 90), d=(60, 120))
    assert withheld(cells) == {(value, "completed") for value in "abc"}


def test_a_count_is_small_by_itself_and_a_duration_by_its_alerts() -> None:
    few = {"opened": Figure("opened", 9), "close_time": Figure("close_time", 50.0)}
    many = {"opened": Figure("opened", 90), "close_time": Figure("close_time", 60.0)}
    gone = withheld({"f": few, "m": many, "x": many})
    assert {("f", "opened"), ("f", "close_time")} <= gone
    assert ("m", "close_time") not in gone


def test_measures_that_add_up_do_not_give_a_small_one_away() -> None:
    """By herself 95 of 100 and 80 completed: with help they were the few that are withheld."""
    cells = {
        "completed": rate(80, 120),
        "by_self": rate(75, 120, "by_self"),
        "assisted": rate(5, 120, "assisted"),
    }
    gone = withheld({"f": cells, "m": {id_: rate(40, 120, id_) for id_ in cells}})
    assert ("f", "assisted") in gone
    assert gone & {("f", "completed"), ("f", "by_self")}


_CELLS = st.integers(0, 60).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


@given(st.lists(_CELLS, min_size=1, max_size=6))
def test_from_the_total_nobody_works_out_a_small_count(cells: list[tuple[int, int]]) -> None:
    found = {str(n): {"completed": rate(*cell)} for n, cell in enumerate(cells)}
    gone = {value for value, _ in withheld(found)}
    told = [cell for n, cell in enumerate(cells) if str(n) not in gone]
    left = [cell for n, cell in enumerate(cells) if str(n) in gone]
    assert all(min(part, whole - part) >= LEAST for part, whole in told)
    if told and left:
        part, whole = (sum(each) for each in zip(*left, strict=True))
        assert len(left) > 1
        assert min(part, whole - part) >= LEAST
