"""Asks all questions about the promises, with counts of what was looked at.

Not asked here are P9 (GET changes nothing: no rows tell how they came to be), P10 (what stands in
texts: `texts.py` looks at the post itself) and P17 (a switch outside).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.metrics import judged
from rsm.metrics import promises as facts
from rsm.schedules import planning
from rsm.security import audit
from rsm.simulate.promises import post, record, reports, surveys
from rsm.simulate.promises.model import Broken
from rsm.simulate.promises.pack import Named
from rsm.simulate.promises.question import ALWAYS, ask, count

QUESTIONS = (*surveys.QUESTIONS, *post.QUESTIONS, *reports.QUESTIONS, *record.QUESTIONS)
CHECKED = tuple(sorted({each.promise for each in (*QUESTIONS, *record.ACROSS)} | {"P4", "P10"}))
_STEP_LATE = timedelta(minutes=2)
_OVERLAP = timedelta(minutes=90)  # some promises may be kept a while later
_NOWHERE = UUID(int=0)
_ANY_DAY = date(2000, 1, 1)


@dataclass(frozen=True)
class Verdict:
    """What is broken; after a look at everything, how many rows each promise was held against."""

    broken: tuple[Broken, ...]
    checked: Mapping[str, int] = field(default_factory=dict)


def check_since(tx: Tx, since: datetime, named: Named) -> Verdict:
    """What can have broken since then, in the rows that this transaction sees. `named` is what the
    site's documents say."""
    return Verdict((*_ask(tx, since - _OVERLAP, named), *_alerts(tx)))


def check_all(tx: Tx, named: Named) -> Verdict:
    """Everything, whenever it was written."""
    broken = (*_ask(tx, ALWAYS, named), *_alerts(tx), *_swallowed(tx), *_windows(tx))
    counted = count(tx, QUESTIONS)
    counted["P4"] = counted.get("P5", 0)
    return Verdict(broken, counted)


def check_across(tx: Tx) -> Verdict:
    """What only somebody sees who looks at all sites, once the trail is sealed."""
    trail = audit.verify(tx)
    faults = [
        Broken("P12", f"the trail is not sound: {fault}", _NOWHERE, None, (), tx.now)
        for fault in trail.faults
    ]
    broken = (*ask(tx, record.ACROSS, ALWAYS, {}), *faults)
    return Verdict(broken, {**count(tx, record.ACROSS), "P12": trail.sealed})


def _ask(tx: Tx, since: datetime, named: Named) -> list[Broken]:
    return ask(tx, QUESTIONS, since, named.values)


def _alerts(tx: Tx) -> list[Broken]:
    what = {True: "the next step of an alert is overdue", False: "an alert has no next step"}
    return [
        Broken("P4", what[each.has_step], each.site_id, each.patient_id, (each.id,), tx.now)
        for each in facts.bad_alerts(tx, tx.now - _STEP_LATE)
    ]


def _swallowed(tx: Tx) -> list[Broken]:
    what = "a finding was kept quiet that must be told"
    return [
        Broken("P15", what, each.site_id, each.patient_id, (each.id,), tx.now)
        for each in judged.swallowed(tx)
    ]


def _windows(tx: Tx) -> list[Broken]:
    """Windows that a plan names and nobody opened, as the plan is read today."""
    return [
        Broken("P1", f"the window of {key} was never opened", where.site_id, where.patient_id,
               (where.id,), tx.now)
        for plan in facts.plans(tx, _ANY_DAY)
        if (where := plan.following) and plan.keys
        for key in sorted(
            planning.passed(tx, where, date.fromisoformat(min(plan.keys))) - plan.keys
        )
    ]  # fmt: skip
