"""How people feel: worse after an infusion, before an admission and before the end."""

from dataclasses import replace
from datetime import date, timedelta

from rsm.patients.model import EndReason
from rsm.simulate import courses
from rsm.simulate.courses import Course
from rsm.simulate.habits import CourseHabits
from rsm.simulate.people import Fate

DAY = date(2026, 10, 12)
REGIMEN = courses.shipped().named("FOLFOX, every 14 days")


def felt(course: Course, on: date) -> int:
    return sum(course.grade(symptom, "severity", on) for symptom in REGIMEN.load)


def test_before_an_event_symptoms_rise_and_after_it_they_are_as_they_were() -> None:
    plain = Course("seed", REGIMEN, (DAY,), 1.0, CourseHabits())
    rising = replace(plain, habits=CourseHabits(rises_by=3.0), events=(DAY + timedelta(days=21),))
    assert felt(rising, DAY) == felt(plain, DAY)
    assert felt(rising, DAY + timedelta(days=20)) > felt(plain, DAY + timedelta(days=20))
    assert felt(rising, DAY + timedelta(days=22)) == felt(plain, DAY + timedelta(days=22))


def test_symptoms_flare_after_each_infusion_and_calm_down_before_the_next() -> None:
    even = CourseHabits(noise=0.0, steady=0.0)
    infusions = (DAY, DAY + timedelta(days=REGIMEN.cycle_days))
    course = Course("seed", REGIMEN, infusions, 1.5, even)
    by_day = [felt(course, DAY + timedelta(days=day)) for day in range(2 * REGIMEN.cycle_days)]
    first, second = by_day[: REGIMEN.cycle_days], by_day[REGIMEN.cycle_days :]
    assert first == second
    assert first[0] > first[REGIMEN.flare_days]
    assert first[: REGIMEN.flare_days] == sorted(first[: REGIMEN.flare_days], reverse=True)
    assert len(set(first[REGIMEN.flare_days :])) == 1
    untreated = replace(course, cycle_starts=())
    assert felt(untreated, DAY) == first[REGIMEN.flare_days]


def test_severity_drifts_over_weeks_as_much_as_the_habit_says() -> None:
    def weeks(steady: float) -> list[int]:
        course = Course("seed", REGIMEN, (), 1.5, CourseHabits(noise=0.0, steady=steady))
        return [felt(course, DAY + timedelta(weeks=week)) for week in range(20)]

    still, drifting = weeks(0.0), weeks(3.0)
    assert len(set(still)) == 1
    assert min(drifting) < still[0] < max(drifting)


def test_a_course_has_no_memory() -> None:
    course = Course("seed", REGIMEN, (DAY,), 1.0, CourseHabits())
    assert [felt(course, DAY)] * 3 == [felt(course, DAY) for _ in range(3)]


def test_only_whoever_dies_or_goes_to_a_hospice_has_last_days() -> None:
    dies = Fate(0, 5.0, 0.1, leaves=(60, EndReason.DEATH))
    moves = Fate(0, 5.0, 0.1, leaves=(60, EndReason.MOVED_AWAY))
    assert [dies.is_last(day, 30) for day in (29, 30, 60, 61)] == [False, True, True, False]
    assert not moves.is_last(59, 30)
    assert dies.turns == [60]
    assert moves.turns == []
