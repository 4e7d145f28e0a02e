"""What each figure means: numerator, denominator, who is left out, in words and as data.

Pages, exports, reports and the manual take their measures from here, so that a rate never changes
its meaning between two of them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from rsm.metrics.measure import Measure
from rsm.metrics.measures_alerts import ALERTS
from rsm.metrics.measures_patients import COURSES, MESSAGES
from rsm.metrics.measures_surveys import SPANS, SURVEYS

MEASURES: tuple[Measure, ...] = (*COURSES, *SURVEYS, *SPANS, *ALERTS, *MESSAGES)
BY_ID: Mapping[str, Measure] = MappingProxyType({measure.id: measure for measure in MEASURES})


def measure(id_: str) -> Measure:
    """The measure of that id. Raises KeyError: nothing shows a figure that is not defined."""
    return BY_ID[id_]
