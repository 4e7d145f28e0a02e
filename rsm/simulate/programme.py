"""A programme: how its people behave, what its sites run on, and what it was published to measure.

Programmes are data (`library/programmes/*.toml`, or a file of your own). What a programme leaves
out is as in `library/habits.toml`, the demo's.
"""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from rsm.kernel.documents import Strict, nearest, read_toml, source_of, validate
from rsm.kernel.errors import Invalid, Problem
from rsm.simulate.carrier import CarrierHabits
from rsm.simulate.habits import LIBRARY, Habits

_FOLDER = LIBRARY / "programmes"
_TABLES = ("patients", "staff", "calls", "courses")
Share = Annotated[float, Field(ge=0, le=1)]
Words = Annotated[str, Field(min_length=1)]


class Measure(StrEnum):
    """What is compared: shares, each with its denominator."""

    WEEKLY_COMPLETION = (
        "weekly_completion"  # completed / surveys of the plan that are over, at risk
    )
    BY_PATIENT = "by_patient"  # ... completed by the patient or a relative, by whatever channel
    BY_CALL = "by_call"  # ... completed by a member of staff on the phone
    ALERTING_SURVEYS = "alerting_surveys"  # final reports whose answers raised an alert / all
    ALERTING_ITEMS = "alerting_items"  # answers that a rule found / answers in final reports
    PATIENTS_ALERTED = "patients_alerted"  # patients with such a report / patients who reported
    ACTED_UPON = "acted_upon"  # closed alerts with an action that is one / closed alerts


class Expected(Strict):
    """A figure that was published, the bounds within which ours must lie, and where it stands."""

    measure: Annotated[Measure, Field(strict=False)]
    published: Share
    low: Share
    high: Share
    source: Words

    @model_validator(mode="after")
    def _in_order(self) -> "Expected":
        if not self.low <= self.published <= self.high:
            raise ValueError("`published` must lie between `low` and `high`")
        return self


class Uses(Strict):
    """What its sites run on: keys of what we ship."""

    pack: Words = "first"
    plan: Words = "weekly"
    policy: Words = "default"


class Programme(Habits):
    """Habits, what the sites use, the carrier's weather, and what was published."""

    uses: Uses = Uses()
    carrier: CarrierHabits = CarrierHabits()
    expected: tuple[Expected, ...] = ()

    @property
    def habits(self) -> Habits:
        """How its people behave."""
        return self


def shipped() -> tuple[str, ...]:
    """The keys of the programmes that we ship, in order."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def programme(name: str | Path) -> Programme:
    """A shipped programme by its key, or the one in a TOML file.

    Raises `Invalid` with every problem, its line, and how to mend it.
    """
    path = Path(name)
    if path.suffix != ".toml":
        if str(name) not in shipped():
            mend = nearest(str(name), shipped()) or f"there are {', '.join(shipped())}"
            raise Invalid(Problem("programme", f"unknown programme `{name}`", mend))
        path = _FOLDER / f"{name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        mend = "a TOML file, or a shipped key"
        raise Invalid(Problem(str(name), "cannot be read", mend)) from error
    return parse_programme(text, path.name)


def parse_programme(text: str, name: str) -> Programme:
    """A programme from its TOML, on top of the demo's habits. Raises as `programme`."""
    own = _read(text, name)
    base = _read((LIBRARY / "habits.toml").read_text(encoding="utf-8"), "habits.toml")
    whole: dict[str, object] = {**own}
    for table in _TABLES:
        below, above = base.get(table, {}), own.get(table, {})
        if isinstance(below, Mapping) and isinstance(above, Mapping):
            whole[table] = {**below, **above}
    return validate(Programme, whole, source_of(text, name))


def _read(text: str, name: str) -> dict[str, object]:
    try:
        return read_toml(text, name)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(Problem(name, f"not TOML: {error}")) from error
