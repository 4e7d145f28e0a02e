"""Plans that can never fire, fire too often or contradict themselves are refused with a mend."""

import pytest

from rsm.kernel.errors import Invalid
from rsm.schedules.library import (
    plan_at,
    plan_named,
    plan_text,
    read_plan,
    shipped,
    shipped_as,
)

WEEKLY = plan_text("weekly")
OLD_PIN = "d895ad116dd0650cd26be39b849de603bc72b22952f861a8df06636a427e481a"


@pytest.mark.parametrize("key", shipped())
def test_every_plan_that_we_ship_may_be_used(key: str) -> None:
    plan = read_plan(plan_text(key), f"{key}.toml")
    assert plan.key == key
    assert shipped_as(plan.pin) == plan


def test_the_pin_follows_the_content_and_nothing_else() -> None:
    pin = plan_named("weekly").pin
    assert (pin.key, pin.version) == ("weekly", "2")
    assert read_plan(f"{WEEKLY}\n# a remark\n", "weekly.toml").pin == pin
    assert read_plan(WEEKLY.replace("= 120", "= 119"), "weekly.toml").pin.hash != pin.hash


def test_whoever_follows_a_former_version_follows_it_still() -> None:
    """The pin as the first release wrote it into its rows: fields added later do not change it."""
    pin = plan_named("weekly").pin
    former = shipped_as(type(pin)("weekly", "1", OLD_PIN))
    assert former is not None
    assert former.pin.hash == OLD_PIN
    assert list(former.reminders_after_hours) == [24]
    assert former.call_after_hours is None
    assert [ask.ref for ask in former.asks] == ["site"]
    assert shipped_as(type(pin)("weekly", "2", OLD_PIN)) is None


@pytest.mark.parametrize(
    ("written", "changed", "says"),
    [
        ("after_hours = 120", "after_hours = 168", "closes after the next one has opened"),
        ("after_hours = 120", "after_hours = 24", "do not follow one another"),
        ("[24, 48]", "[48, 24]", "do not follow one another"),
        ("[24, 48]", "[1, 2]", "do not follow one another"),  # both wait for one morning
        ("[24, 48]", "[24, 130]", "call is not between"),
        ("[24, 48]", "[0]", "greater than or equal to 1"),
        ("[24, 48]", "[2, 4, 6, 8]", "at most 3"),
        ("_after_hours = 72", "_after_hours = 30", "call is not between"),
        ("_after_hours = 72", "_after_hours = 130", "call is not between"),
        ('closes = "21:00"', 'closes = "08:00"', "nothing could be sent"),
        ('at = "21:00"', 'at = "24:00"', "does not have the form"),
        ("call_after_hours", "call_after_hour", "did you mean `call_after_hours`"),
        ('key = "weekly"', 'key = "weekly"\ncolour = 1', "unknown key"),
        ('key = "weekly"', 'key = "weekly"\nasks = []', "asks"),
    ],
)
def test_an_impossible_window_is_refused(written: str, changed: str, says: str) -> None:
    assert written in WEEKLY
    with pytest.raises(Invalid, match=says):
        read_plan(WEEKLY.replace(written, changed), "weekly.toml")


@pytest.mark.parametrize(
    ("asks", "says"),
    [
        ('rhythm = "wekly"', "did you mean `weekly`"),
        ("every = 3", "`rhythm` is missing: one of weekly"),
        ('rhythm = "weekly"\nevery = 0', "greater than or equal to 1"),
        ('rhythm = "daily"\nfor_days = 0', "greater than or equal to 1"),
        ('rhythm = "daily"\nfor_days = 7\nfor_weeks = 1', "one end"),
        ('rhythm = "weekly"\nfor_days = 3', "over before it asks a patient whose day is thursday"),
        ('rhythm = "once"\nafter_days = 20\nfor_days = 14', "over before it asks anybody"),
        ('rhythm = "times_a_week"', "name either"),
        ('rhythm = "times_a_week"\ntimes = 20', "at most 6, or the rhythm `daily`"),
        ('rhythm = "times_a_week"\nweekdays = ["monday", "monday"]', "a day twice"),
        ('rhythm = "times_a_week"\nweekdays = ["mondy"]', "did you mean `monday`"),
        ('rhythm = "cycle"\ndays_after = []', "days_after"),
        ('rhythm = "weekly"\nuntil = "surgry"', "did you mean `surgery`"),
        ('rhythm = "daily"\nstarts_at = "surgery"\nuntil = "surgery"', "never asks"),
        ('rhythm = "weekly"\ninstrument = "phq-2"', "instrument"),
        ('rhythm = "weekly"\n[[asks]]\nrhythm = "weekly"', "leave one of them out"),
        ("phases = []", "phases"),
        ('[[asks.phases]]\nrhythm = "daily"\n[[asks.phases]]\nrhythm = "monthly"', "has no end"),
    ],
)
def test_asks_that_never_fire_or_too_often_are_refused(asks: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read_plan(f"{WEEKLY}\n[[asks]]\n{asks}\n", "plan.toml")


def test_too_many_texts_on_one_day_are_refused() -> None:
    text = plan_text("daily-14").replace("[6]", "[2, 4, 6]")
    text = text.replace('"08:00"', '"00:00"').replace('"21:00"', '"23:59"')
    with pytest.raises(Invalid, match="4 texts on one day"):
        read_plan(text, "daily.toml")


def test_a_refusal_names_file_line_and_place() -> None:
    with pytest.raises(Invalid) as refused:
        read_plan(f'{WEEKLY}\n[[asks]]\nrhythm = "weekly"\nfor_days = 3\n', "mine.toml")
    (problem,) = refused.value.problems
    line = len(WEEKLY.splitlines()) + 2
    assert problem.where == f"mine.toml:{line}: asks[0].phases[0]"
    assert problem.mend == "make it last longer"


def test_a_plan_that_only_waits_to_be_asked_for_must_say_so() -> None:
    plan = read_plan(f'{WEEKLY}\n[[asks]]\nrhythm = "on_demand"\n', "plan.toml")
    assert [ask.ref for ask in plan.asks] == ["site"]


def test_an_unknown_plan_names_the_nearest() -> None:
    with pytest.raises(Invalid, match="did you mean `weekly`"):
        plan_at("weekli")
    with pytest.raises(Invalid, match="cannot be read"):
        plan_at("nowhere/plan.toml")
