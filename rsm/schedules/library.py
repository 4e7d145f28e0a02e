"""The plans that come with us: data in the folder `library/`, read when first asked for.

`<key>.toml` is a plan's present version. Former ones are kept in `library/former`, as they were,
for whoever follows them still.
"""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from rsm.kernel.documents import nearest, parse
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Pin
from rsm.schedules.checks import check_plan
from rsm.schedules.plans import Plan

_FOLDER = "library"
_FORMER = "former"


@cache
def shipped() -> tuple[str, ...]:
    """The keys of the plans that we ship, in order."""
    names = (file.name for file in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def plan_named(key: str) -> Plan:
    """The present plan of that key in our library; raises `Invalid` with the nearest key."""
    return parse_plan(plan_text(key), f"{key}.toml")  # our tests check what we ship


def plan_text(key: str) -> str:
    """Its TOML. Raises as `plan_named`."""
    if key not in shipped():
        mend = nearest(key, shipped()) or f"there are {', '.join(shipped())}"
        raise Invalid(Problem("plan", f"unknown plan `{key}`", mend))
    return (_folder() / f"{key}.toml").read_text(encoding="utf-8")


def plan_at(name: str) -> Plan:
    """A shipped plan by its key, or the one in a TOML file. Raises `Invalid`."""
    path = Path(name)
    if path.suffix != ".toml":
        return plan_named(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(Problem(name, "cannot be read", "a TOML file, or a shipped key")) from error
    return read_plan(text, path.name)


def shipped_as(pin: Pin) -> Plan | None:
    """The plan that we ship, or shipped in a former version, with exactly this content."""
    if pin.key in shipped() and (plan := plan_named(pin.key)).pin == pin:
        return plan
    return _former().get(pin)


@cache
def _former() -> dict[Pin, Plan]:
    plans = [parse_plan(each.read_text(), each.name) for each in (_folder() / _FORMER).iterdir()]
    return {plan.pin: plan for plan in plans}


def parse_plan(text: str, name: str) -> Plan:
    """A plan from TOML as it was published: its form alone is checked. Raises `Invalid`."""
    return parse(Plan, text, name)[0]


def read_plan(text: str, name: str) -> Plan:
    """A plan from TOML, fit for use; raises `Invalid` with every problem, and its line."""
    plan, source = parse(Plan, text, name)
    if problems := check_plan(plan, source):
        raise Invalid(problems)
    return plan


def _folder() -> Traversable:
    return files("rsm.schedules") / _FOLDER
