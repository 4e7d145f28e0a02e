"""How a synthetic patient feels: each symptom drifts, and flares in the days after an infusion.

A course has no memory: the same patient feels the same on the same day, however often, and in
whatever order, one asks. Regimens are data (`library/regimens.toml`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from rsm.kernel.documents import Strict, parse
from rsm.simulate.draws import Draws
from rsm.simulate.habits import CourseHabits

WORST = 4
_LIBRARY = Path(__file__).parent / "library"
Grade = Annotated[float, Field(ge=0, le=WORST)]


class Regimen(Strict):
    """A treatment: its rhythm, and what it does to people."""

    name: Annotated[str, Field(min_length=1)]
    weight: Annotated[float, Field(gt=0)]
    cycle_days: Annotated[int, Field(ge=0, le=60)]
    flare_days: Annotated[int, Field(ge=0, le=60)]
    load: Mapping[str, Grade]


class Other(Strict):
    """Symptoms that a regimen does not name."""

    load: Grade


class Regimens(Strict):
    """All regimens of the library."""

    regimens: Annotated[tuple[Regimen, ...], Field(min_length=1)]
    other: Other

    def draw(self, draws: Draws) -> Regimen:
        names = {each.name: each.weight for each in self.regimens}
        return self.named(draws.weighted(names))

    def named(self, name: str) -> Regimen:
        return next(each for each in self.regimens if each.name == name)


@cache
def shipped() -> Regimens:
    """The regimens that we ship."""
    text = (_LIBRARY / "regimens.toml").read_text(encoding="utf-8")
    return parse(Regimens, text, "regimens.toml")[0]


def cycles(regimen: Regimen, first: date, until: date) -> tuple[date, ...]:
    """The infusion days from `first` on, up to `until`."""
    if regimen.cycle_days == 0:
        return (first,)
    count = max(0, (until - first).days) // regimen.cycle_days + 1
    return tuple(first + timedelta(days=regimen.cycle_days * place) for place in range(count))


@dataclass(frozen=True)
class Course:
    """One patient's way through her treatment. `burden` is how hard it hits her (1: usual);
    before `events` (an admission, her death) she feels worse day by day."""

    seed: str
    regimen: Regimen
    cycle_starts: Sequence[date]
    burden: float
    habits: CourseHabits
    events: Sequence[date] = ()

    def grade(self, symptom: str, attribute: str, on: date) -> int:
        """The answer, 0 to 4, to an item about this attribute of this symptom on that day."""
        felt = self._felt(symptom, on)
        draws = Draws.of(self.seed, symptom, attribute, on)
        if attribute == "frequency":
            felt += 0.35 + 0.3 * draws.normal()
        elif attribute == "interference":
            felt += -0.45 + 0.35 * draws.normal()
        return max(0, min(WORST, round(felt)))

    def _felt(self, symptom: str, on: date) -> float:
        """Its severity as a number, below 0 for not at all."""
        usual = self.regimen.load.get(symptom)
        if usual is None:
            usual = shipped().other.load * self.habits.others
        draws = Draws.of(self.seed, symptom)
        level = usual * self.burden * draws.between(0.35, 0.9)
        period, phase, swing = draws.between(35, 90), draws.fraction(), draws.between(0.1, 0.45)
        drift = (
            self.habits.steady * swing * math.sin(2 * math.pi * (on.toordinal() / period + phase))
        )
        flare = usual * self.burden * 0.7 * self._nearness(on)
        noise = self.habits.noise * Draws.of(self.seed, symptom, on).normal()
        return level - 0.35 + drift + flare + noise + self._rise(on)

    def _nearness(self, on: date) -> float:
        """1 on the day of an infusion, falling to 0 at the end of its bad days."""
        past = [(on - day).days for day in self.cycle_starts if day <= on]
        if not past or self.regimen.flare_days == 0:
            return 0.0
        return max(0.0, 1 - min(past) / self.regimen.flare_days)

    def _rise(self, on: date) -> float:
        """What the days before an event add: nothing first, on its day the most."""
        days = [(event - on).days for event in self.events if event >= on]
        if not days:
            return 0.0
        return self.habits.rises_by * max(0.0, 1 - min(days) / self.habits.rises_days)
