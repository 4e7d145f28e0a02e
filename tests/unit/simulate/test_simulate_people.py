"""Who plays: habits of patients and nurses become fates and minutes, by the seed alone."""

from datetime import date, datetime

import pytest

from rsm.kernel.errors import Invalid
from rsm.patients.model import EndReason
from rsm.simulate import habits
from rsm.simulate.draws import Draws
from rsm.simulate.habits import Habits, PatientHabits, StaffHabits
from rsm.simulate.nurses import usual_minutes
from rsm.simulate.people import Months, Person, Place, person
from rsm.simulate.programme import parse_programme, programme, shipped

MONTHS = Months(date(2026, 1, 5), 182)
PLACE = Place(1, ("202", "301"), ("200",))
MANY = 100
MINE = 'key = "mine"\ntitle = "Mine"\n'


def people(**changed: float) -> list[Person]:
    plain = habits.shipped()
    behave = plain.model_copy(update={"patients": plain.patients.model_copy(update=changed)})
    return [person("seed", PLACE, number, behave, MONTHS) for number in range(MANY)]


def share(found: list[Person], habit: str) -> float:
    return sum(bool(getattr(one.fate, habit)) for one in found) / len(found)


@pytest.mark.parametrize(
    ("habit", "fate"),
    [
        ("stops", "stops"),
        ("wrong_number", "wrong_number"),
        ("unreachable", "unreachable"),
        ("proxy", "proxy"),
        ("texts", "texts"),
        ("pauses", "pauses"),
        ("leaves", "leaves"),
    ],
)
def test_a_habit_is_had_by_as_many_as_it_says(habit: str, fate: str) -> None:
    assert share(people(**{habit: 0.0}), fate) == 0.0
    assert share(people(**{habit: 1.0}), fate) == 1.0
    assert 0.3 < share(people(**{habit: 0.5}), fate) < 0.7


def test_two_on_one_phone_are_neighbours_and_as_many_as_the_habit_says() -> None:
    apart, together = people(shares_phone=0.0), people(shares_phone=0.5)
    assert len({one.phone for one in apart}) == MANY
    assert len({one.phone for one in together}) == MANY // 2
    assert all(
        one.phone == other.phone for one, other in zip(together[::2], together[1::2], strict=True)
    )


def test_the_median_delay_of_an_answer_is_near_the_habits() -> None:
    plain: PatientHabits = habits.shipped().patients
    hours = sorted(
        Draws.of(one.seed, week).around(one.fate.hours_median, plain.answer_hours_spread)
        for one in people()
        for week in range(20)
    )
    assert plain.answer_hours_median == 5.0
    assert hours[len(hours) // 2] == pytest.approx(5.0, rel=0.15)


def test_silence_falls_in_the_last_month_of_a_life_and_ships_with_the_trials() -> None:
    ends = [one.fate.leaves for one in people(leaves=1.0)]
    assert {EndReason.DEATH, EndReason.HOSPICE} <= {end[1] for end in ends if end is not None}
    for key in ("pro-tect", "star", "esym"):
        patients = programme(key).patients
        assert patients.silent_days == 30
        assert patients.silent_share >= 0.4


def test_nurses_answer_later_at_night_and_at_weekends() -> None:
    staff: StaffHabits = programme("pro-tect").staff
    plain = staff.answers_text_minutes_median
    at = {
        "Monday noon": datetime(2026, 1, 5, 12),  # noqa: DTZ001 - a wall clock's
        "Monday night": datetime(2026, 1, 5, 23),  # noqa: DTZ001 - a wall clock's
        "Tuesday early": datetime(2026, 1, 6, 6, 59),  # noqa: DTZ001 - a wall clock's
        "Saturday noon": datetime(2026, 1, 10, 12),  # noqa: DTZ001 - a wall clock's
        "Sunday night": datetime(2026, 1, 11, 22),  # noqa: DTZ001 - a wall clock's
    }
    factors = {when: usual_minutes(staff, local) / plain for when, local in at.items()}
    assert factors == pytest.approx(
        {
            "Monday noon": 1.0,
            "Monday night": 3.0,
            "Tuesday early": 3.0,
            "Saturday noon": 2.5,
            "Sunday night": 7.5,
        }
    )


@pytest.mark.parametrize(
    ("night", "dark"), [((22, 7), {0, 6, 22, 23}), ((0, 6), {0}), ((7, 7), set())]
)
def test_a_night_may_begin_before_midnight_or_after(night: tuple[int, int], dark: set[int]) -> None:
    staff = programme("pro-tect").staff.model_copy(update={"night": night})
    monday = datetime(2026, 1, 5)  # noqa: DTZ001 - a wall clock's
    plain = staff.answers_text_minutes_median
    hours = {hour: usual_minutes(staff, monday.replace(hour=hour)) for hour in (0, 6, 7, 22, 23)}
    assert {hour for hour, minutes in hours.items() if minutes > plain} == dark


@pytest.mark.parametrize("key", shipped())
def test_every_shipped_programme_has_nurses_who_let_texts_pass(key: str) -> None:
    behave: Habits = programme(key)
    assert 0 < behave.staff.lets_pass < 1
    assert 0 < behave.patients.forgets < 1


def test_a_carrier_that_does_everything_wrong_ships() -> None:
    weather = programme("rough-weather").carrier
    for habit in ("lost", "silent", "unsure", "busy", "doubled", "disorder"):
        assert 0 < getattr(weather, habit) < 1
    assert weather.delay_seconds_median > 0


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ("[staff]\nround_hours = []\n", "staff.round_hours"),
        ("[calls]\nround_hours = []\n", "calls.round_hours"),
        ("[calls.comes_to]\n", "calls.comes_to"),
        ("[patients]\nanswer_hours_median = inf\n", "patients.answer_hours_median"),
        ("[patients]\nanswer_hours_median = 1e300\n", "patients.answer_hours_median"),
        ("[patients]\nforgets = nan\n", "patients.forgets"),
        ("[staff]\nnight_factor = 1e9\n", "staff.night_factor"),
        ("[staff]\nnight = [22, 25]\n", "staff.night"),
        ("[carrier]\ndelay_seconds_median = inf\n", "carrier.delay_seconds_median"),
    ],
)
def test_habits_that_would_break_it_in_the_middle_are_refused_before(
    wrong: str, where: str
) -> None:
    with pytest.raises(Invalid, match=where):
        parse_programme(MINE + wrong, "mine.toml")


def test_no_habit_that_is_allowed_leaves_the_calendar() -> None:
    worst = parse_programme(
        MINE + "[patients]\nanswer_hours_median = 1000.0\nanswer_hours_spread = 5.0\n", "mine.toml"
    ).patients
    hours = [
        Draws.of("far", number).around(worst.answer_hours_median, worst.answer_hours_spread)
        for number in range(1000)
    ]
    assert max(hours) < 24 * 365 * 1000
