"""What cannot be simulated is refused before anything is started, all of it at once."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from rsm.kernel.errors import Invalid
from rsm.simulate import blueprints, run
from rsm.simulate.clinic import BuiltSite
from rsm.simulate.orders import Order
from rsm.simulate.people import Months
from rsm.simulate.programme import programme
from rsm.simulate.roster import roster
from rsm.simulate.simulation import check_order

ORDER = Order(programme("demo"), "1", 20, 4, 1, date(2026, 9, 7), "http://127.0.0.1:8000")
ROSTER = """
[[people]]
name = "Dana Reyes"
manager = true

[[people.duty]]
days = ["monday", "friday"]
from = "08:00"
until = "18:00"
"""


def refused(order: Order) -> str:
    with pytest.raises(Invalid) as caught:
        check_order(order)
    return "\n".join(str(each) for each in caught.value.problems)


def test_a_possible_order_is_not_refused() -> None:
    check_order(ORDER)
    check_order(replace(ORDER, patients=500, sites=3, weeks=26))


def test_nobody_no_time_and_nowhere_are_refused_together() -> None:
    said = refused(replace(ORDER, patients=0, weeks=0, sites=0))
    assert "0 patients" in said
    assert "0 weeks" in said
    assert "0 sites" in said


def test_centuries_and_times_of_which_nobody_knows_the_clocks_are_refused() -> None:
    check_order(replace(ORDER, weeks=522))
    assert "523 weeks" in refused(replace(ORDER, weeks=523))
    assert "too far away" in refused(replace(ORDER, begin=date(9999, 12, 30)))
    assert "too far away" in refused(replace(ORDER, begin=date(1900, 1, 1)))


def test_more_patients_than_there_are_numbers_are_refused() -> None:
    assert "numbers set aside" in refused(replace(ORDER, patients=10**6))


def test_a_pack_a_plan_and_a_policy_of_ones_own_are_read_beforehand() -> None:
    said = refused(replace(ORDER, pack="[[rules", plan="key = 1", policy="nothing = 1"))
    assert {"pack", "plan", "policy"} <= {line.split(":")[0] for line in said.splitlines()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("people = []\n", "people"),
        (ROSTER.replace("manager = true\n", "manager = 1\n"), "manager"),
        (ROSTER.replace("monday", "moonday"), "moonday"),
        (ROSTER + ROSTER, "each name once"),
    ],
)
def test_a_roster_without_people_or_with_a_slip_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "roster.toml"
    file.write_text(text)
    with pytest.raises(Invalid, match=said):
        roster(file)


def test_a_roster_without_a_manager_is_refused_since_policies_tell_one(tmp_path: Path) -> None:
    file = tmp_path / "roster.toml"
    file.write_text(ROSTER.replace("manager = true\n", ""))
    assert "nobody is a manager" in refused(replace(ORDER, roster=roster(file)))


@pytest.mark.parametrize(("sites", "patients"), [(1, 500), (3, 500), (20, 4000)])
def test_every_site_has_numbers_of_its_own_set_aside_for_fiction(sites: int, patients: int) -> None:
    made = blueprints.for_order(sites, patients)
    each = -(-patients // sites)
    numbers = [one.number(line) for one in made for line in range(blueprints.LINES)]
    numbers += [one.place.phone(place) for one in made for place in range(each)]
    assert len(set(numbers)) == len(numbers)
    assert all(number[5:10] == "55501" and len(number) == 12 for number in numbers)
    assert len({one.tag for one in made}) == sites


@pytest.mark.parametrize(("sites", "patients"), [(1, 500), (2, 501), (3, 500), (20, 50)])
def test_sites_are_of_one_size_so_that_side_by_side_none_is_waited_for(
    sites: int, patients: int
) -> None:
    made = blueprints.for_order(sites, patients)
    built = [BuiltSite(UUID(int=1), each, "", "", "", ()) for each in made]
    months = Months(ORDER.begin, 28)
    shared = run.cast(built, patients, ORDER.seed, ORDER.programme.habits, months).people
    sizes = [len(shared[each.tag]) for each in made]
    assert sum(sizes) == patients
    assert max(sizes) - min(sizes) <= 1


def test_the_demos_sites_stay_of_unlike_size() -> None:
    built = [BuiltSite(UUID(int=1), each, "", "", "", ()) for each in blueprints.BLUEPRINTS]
    months = Months(ORDER.begin, 28)
    shared = run.cast(built, 150, ORDER.seed, ORDER.programme.habits, months).people
    assert [len(people) for people in shared.values()] == [60, 50, 40]
