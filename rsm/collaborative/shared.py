"""Which measures are shared, and which of their counts add up to one another. Pure data.

What is shared is a selection of `rsm.metrics.definitions`, the one that matters most first: where
cells have to be withheld so that another cannot be had by subtraction, the last ones go first.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache

from rsm.metrics import definitions
from rsm.metrics.measure import Measure

MEASURES = (
    "completed",
    "by_self",
    "assisted",
    "not_sent",
    "activation",
    "weekly_adherence",
    "closed_under_48h",
    "acted",
    "alerting_weeks",
    "baseline_completed",
    "follow_up",
    "alerting",
    "no_action",
    "completed_delivered",
    "never_sent",
)


@dataclass(frozen=True)
class Sum:
    """One count is all of the others together; those are apart from one another."""

    total: str
    parts: tuple[str, ...]


# Counts are named as in the definitions' `part` and `whole`; some of these nobody shares, and they
# could be worked out all the same.
SUMS = (
    Sum("completed", ("by_self", "assisted")),
    Sum("due", ("completed", "partial", "not_answered", "not_sent")),
    Sum("completed+partial", ("completed", "partial")),
    Sum("completed", ("completed_delivered", "completed otherwise")),
    Sum("due", ("delivered", "not delivered")),
    Sum("due", ("baseline_due", "due later")),
    Sum("completed", ("baseline_completed", "completed later")),
    Sum("due later", ("completed later", "later and not completed")),
    Sum("not delivered", ("completed otherwise", "not_sent", "asked otherwise, in vain")),
    Sum("not delivered, nor completed", ("not_sent", "asked otherwise, in vain")),
    Sum("opened", ("acted", "not_actionable+expected", "closed otherwise")),
    Sum("enrolled", ("ever_due", "never due")),
    Sum("enrolled", ("with_baseline", "without baseline")),
    Sum("activation", ("with_baseline", "active without baseline")),
    Sum("enrolled", ("activation", "never_sent", "asked in vain, or nothing due")),
    Sum("ever_due", ("with_baseline", "never_sent", "asked, without baseline")),
)


@cache
def counts_of(measure_id: str) -> tuple[str, str]:
    """The names of a measure's numerator and denominator in `SUMS`."""
    measure = definitions.measure(measure_id)
    return "+".join(measure.part), "+".join(measure.whole)


@cache
def definition_hash(measure_id: str) -> str:
    """Sixteen hex digits that change with what the measure means; not with its title."""
    return _hash(definitions.measure(measure_id))


def _hash(measure: Measure) -> str:
    means = [measure.id, measure.numerator, measure.denominator, measure.basis.value]
    content = json.dumps([*means, list(measure.excluded)], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
