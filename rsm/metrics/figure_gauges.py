"""What Prometheus sees of the measures: each site's figures of the last 28 days, by measure.

The same figures as on the pages (`rsm.metrics.figures`), so that a board never shows another rate.
Only closed words are labels: the site's, and the measure's id.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from rsm.db.work import Tx
from rsm.kernel.localtime import local_of, zone_named
from rsm.metrics.figures import figures
from rsm.metrics.gauges import site_labels
from rsm.metrics.model import Days
from rsm.sites import service as sites

DAYS = 28  # whole ones on the site's clock, up to yesterday
Labelled = dict[tuple[str, ...], float]


@dataclass(frozen=True)
class Measured:
    """By site and measure: the part (counts and minutes are part alone), and of rates the whole."""

    part: Labelled = field(default_factory=dict)
    whole: Labelled = field(default_factory=dict)


def read(tx: Tx) -> Measured:
    """Of every site. What cannot be told has no series; nor has a rate of nothing a zero."""
    measured = Measured()
    for site_id, label in site_labels(sites.names(tx)).items():
        zone = zone_named(sites.get(tx, site_id).zone)
        last = local_of(tx.now, zone).date() - timedelta(days=1)
        days = Days(last - timedelta(days=DAYS - 1), last)
        for measure, figure in figures(tx, site_id, days).get("", {}).items():
            if figure.part is not None:
                measured.part[label, measure] = figure.part
            if figure.whole is not None:
                measured.whole[label, measure] = figure.whole
    return measured
