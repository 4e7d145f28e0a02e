"""The door to published plans: a version, once published, never changes (P11).

What we ship, or shipped once, needs no row: whoever follows it can be served from our library.
"""

import logging
from collections.abc import Sequence

from rsm.db.work import Tx
from rsm.instruments import retired
from rsm.instruments import service as instruments
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.words import Pin
from rsm.schedules import library
from rsm.schedules.checks import check_plan
from rsm.schedules.plans import SITE, Plan
from rsm.schedules.tables import PlanVersion
from rsm.security.shelf import Shelf

_LOG = logging.getLogger(__name__)
_SHELF: Shelf[Plan] = Shelf("plan", PlanVersion, library.parse_plan)


def publish(tx: Tx, plan: Plan, body: str) -> Pin:
    """Keep this version for ever (`Shelf.publish`); `body` is the plan's TOML.

    Raises `Invalid` for a plan that may not be used, or that asks what is not published.
    """
    if problems := [*check_plan(plan), *_unknown_instruments(tx, plan)]:
        raise Invalid(problems)
    return _SHELF.publish(tx, plan, body)


def publish_shipped(tx: Tx, key: str) -> Pin:
    """Publish the present plan of that key from our library. Raises as `publish`."""
    return publish(tx, library.plan_named(key), library.plan_text(key))


def load(tx: Tx, pin: Pin) -> Plan:
    """The plan of this exact content; `NotFound` when it was never published."""
    return library.shipped_as(pin) or _SHELF.load(tx, pin)


def require_current(tx: Tx, pin: Pin) -> None:
    """Raises `Invalid` when the plan asks what was retired: whoever follows it goes on, nobody
    gets it anew."""
    asked = {ask.ref for ask in load(tx, pin).asks} - {SITE}
    pins = [instruments.find(tx, *ref.split("@", maxsplit=1)) for ref in sorted(asked)]
    if problems := retired.problems(tx, pins, "plan"):
        raise Invalid(problems)


def instrument_of(tx: Tx, ref: str, own: Pin) -> Pin:
    """What an ask of a window names (`key@version`, or the site's `own`), with its content."""
    if ref == SITE:
        return own
    key, _, version = ref.partition("@")
    return instruments.find(tx, key, version)


def survey_of(tx: Tx, asks: Sequence[Pin]) -> Pin:
    """One instrument that asks all of these. Those that cannot be one are left to a person (P6):
    the first is asked, and the survey says what was to be asked besides."""
    try:
        return instruments.publish_merged(tx, asks)
    except (Invalid, Conflict) as error:
        _LOG.error("%s", type(error).__name__, extra={"action": "plan.not_merged"})
        return asks[0]


def _unknown_instruments(tx: Tx, plan: Plan) -> list[Problem]:
    problems = []
    for ref in sorted({ask.ref for ask in plan.asks} - {SITE}):
        key, _, version = ref.partition("@")
        try:
            pin = instruments.find(tx, key, version)
        except NotFound:
            what = f"`{ref}` is not published"
            problems.append(Problem(f"plan {plan.key}", what, "publish the instrument first"))
        else:
            problems += retired.problems(tx, [pin], f"plan {plan.key}")
    return problems
