"""From baseline to follow-up: what each score and item was at first and at last, of the same
people.

Read from the reports and their scores, one statement for all of a site's questionnaires; what comes
back is sums: nobody's value leaves the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text

from rsm.db.work import Tx
from rsm.kernel.words import Pin
from rsm.metrics.statistics.change import FEWEST, Paired


@dataclass(frozen=True)
class Cohort:
    """Whose change is looked at: enrolled in this span, with what they reported until its end."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Changed:
    """One score, or one item, by name. `pairs` is None for fewer than three people."""

    name: str
    baseline: int  # people with a value at all
    followed: int  # of whom a later one is known
    days: float | None  # between the two, the median
    pairs: Paired | None


# A patient's own reports alone: what a relative says of her is another measure. Looked into are her
# first and last two to each questionnaire, in case a value is missing in one: not those between,
# which are by far the most. A follow-up is the last value at least a week after the first, so that
# a correction on the same day is none. Time and value as one array have a least and a greatest.
_OWN = """
      FROM response r JOIN patient p ON p.id = r.patient_id
      WHERE r.site_id = :site AND r.state = 'final' AND r.quarantined_at IS NULL
        AND NOT r.is_test AND r.reporter = 'self'
        AND r.submitted_at >= :since AND r.submitted_at < :until
        AND p.enrolled_at >= :since AND p.enrolled_at < :until AND NOT p.is_test
"""
_CHANGES = """
    WITH own AS (
      SELECT r.id, r.patient_id, r.submitted_at,
        row_number() OVER earliest AS nth, row_number() OVER latest AS nth_last
      {own}
      WINDOW earliest AS (PARTITION BY r.patient_id, r.instrument ->> 'key'
          ORDER BY r.submitted_at),
        latest AS (PARTITION BY r.patient_id, r.instrument ->> 'key'
          ORDER BY r.submitted_at DESC)),
    given AS (
      SELECT o.patient_id, e.key AS name, ARRAY[
        extract(epoch FROM o.submitted_at), (e.value ->> 'value')::float]::float[] AS value
      FROM own o {source} e
      WHERE (o.nth <= 2 OR o.nth_last <= 2) AND jsonb_typeof(e.value -> 'value') = 'number'),
    ends AS (
      SELECT name, min(value) AS first, max(value) AS last FROM given GROUP BY patient_id, name),
    pairs AS (
      SELECT name, CASE WHEN apart >= 7 THEN last[2] END AS after,
        CASE WHEN apart >= 7 THEN first[2] END AS before, apart
      FROM (SELECT *, (last[1] - first[1]) / 86400 AS apart FROM ends) AS timed)
    SELECT name, count(*), count(after),
      percentile_cont(0.5) WITHIN GROUP (ORDER BY apart) FILTER (WHERE after IS NOT NULL),
      avg(before), avg(after), stddev_samp(before), stddev_samp(after),
      coalesce(corr(after, before), 0)
    FROM pairs GROUP BY name ORDER BY name
"""
_SCORES = "JOIN score_set s ON s.response_id = o.id, jsonb_each(s.scores)"
_ITEMS = "JOIN response x ON x.id = o.id, jsonb_each(x.answers)"
_OF_SCORES = text(_CHANGES.format(own=_OWN, source=_SCORES))
_OF_ITEMS = text(_CHANGES.format(own=_OWN, source=_ITEMS))
_ASKED = text("SELECT DISTINCT r.instrument " + _OWN)
_ENROLLED = text(
    """
    SELECT count(*) FROM patient WHERE site_id = :site AND NOT is_test
      AND enrolled_at >= :since AND enrolled_at < :until
    """
)


def enrolled(tx: Tx, site_id: UUID, cohort: Cohort) -> int:
    """How many people the cohort has."""
    return int(tx.session.execute(_ENROLLED, _values(site_id, cohort)).scalar_one())


def of_scores(tx: Tx, site_id: UUID, cohort: Cohort) -> Sequence[Changed]:
    """Every score that anybody of the cohort has, by name."""
    return _read(tx, _OF_SCORES, site_id, cohort)


def of_items(tx: Tx, site_id: UUID, cohort: Cohort) -> Sequence[Changed]:
    """Every item with a number, by code. A structural zero is 0; a skipped item has no number."""
    return _read(tx, _OF_ITEMS, site_id, cohort)


def asked(tx: Tx, site_id: UUID, cohort: Cohort) -> Sequence[Pin]:
    """The questionnaires that these reports answered, the newest version of each last."""
    found = tx.session.scalars(_ASKED, _values(site_id, cohort))
    return sorted((Pin.of(pin) for pin in found), key=lambda pin: (pin.key, pin.version))


def _read(tx: Tx, query: TextClause, site_id: UUID, cohort: Cohort) -> list[Changed]:
    rows = tx.session.execute(query, _values(site_id, cohort))
    return [
        Changed(name, count, followed, days, _pairs(followed, sums))
        for name, count, followed, days, *sums in rows
    ]


def _pairs(followed: int, sums: Sequence[float]) -> Paired | None:
    return Paired(followed, *map(float, sums)) if followed >= FEWEST else None


def _values(site_id: UUID, cohort: Cohort) -> dict[str, object]:
    return {"site": site_id, "since": cohort.since, "until": cohort.until}
