"""In the last weeks of a life few answer, whatever their habits were."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from rsm.patients.model import EndReason
from rsm.simulate import habits
from rsm.simulate.draws import Draws
from rsm.simulate.patients import Patients
from rsm.simulate.people import Fate, Months, Person, Place, person
from rsm.simulate.world import World

BEGIN = datetime(2026, 1, 5, 15, tzinfo=UTC)
MONTHS = Months(BEGIN.date(), 182)
PLAIN = person("seed", Place(1, ("202", "301"), ("200",)), 1, habits.shipped(), MONTHS)


def silent(day: int, why: EndReason, share: float) -> float:
    """Of how many surveys of that day she says nothing; her life, or her plan, ends on day 100."""
    world = cast("World", SimpleNamespace(now=BEGIN + timedelta(days=day)))
    patients = Patients(
        world,
        habits.shipped().patients.model_copy(update={"silent_share": share}),
        MONTHS,
    )
    her = Person(PLAIN.seed, PLAIN.entry, PLAIN.course, Fate(0, 5.0, 0.0, leaves=(100, why)))
    moods = [Draws.of(her.seed, "mood", number) for number in range(400)]
    return sum(patients._is_silent(her, mood) for mood in moods) / len(moods)


@pytest.mark.parametrize("why", [EndReason.DEATH, EndReason.HOSPICE])
def test_the_share_of_the_programme_is_silent_in_the_last_thirty_days(why: EndReason) -> None:
    assert silent(69, why, 0.4) == 0.0
    assert silent(70, why, 0.4) == pytest.approx(0.4, abs=0.07)
    assert silent(100, why, 1.0) == 1.0


def test_whoever_leaves_for_another_reason_goes_on_as_before() -> None:
    assert silent(95, EndReason.MOVED_AWAY, 1.0) == 0.0
    assert silent(95, EndReason.DEATH, 0.0) == 0.0
