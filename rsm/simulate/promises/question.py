"""A question to the rows: a SELECT of what breaks a promise.

Each names in this order: the site, the patient (or null), and the ids of the rows concerned, as an
array. It may use `:now`, `:since` (what happened earlier was looked at before), `:first` (the least
id of then), `fresh` (reports since then), `trail` (audit events since then) and what is handed in
besides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import ARRAY, Integer, Uuid, column, text

from rsm.db.ready import Ready
from rsm.db.work import Tx
from rsm.metrics.decide import first_id
from rsm.simulate.promises.model import Broken

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
_DRAFT = timedelta(days=15)  # a report's id is as old as its first answer


@dataclass(frozen=True)
class Question:
    """`rows` counts what the promise was held against, for the report."""

    promise: str
    what: str
    broken: str
    rows: str = ""


def ask(
    tx: Tx, questions: Sequence[Question], since: datetime, facts: Mapping[str, object]
) -> list[Broken]:
    """What is broken, all questions in one statement."""
    (_FROM_TABLES if since == ALWAYS else _FROM_INDEXES).ask(tx.session, {})
    old = first_id(max(ALWAYS, since - _DRAFT))
    values = {"now": tx.now, "since": since, "first": first_id(since), "old": old, **facts}
    found = _joined(tuple(questions), frozenset(values)).ask(tx.session, values)
    return [
        Broken(
            promise=questions[row.question].promise,
            what=questions[row.question].what,
            site_id=row.site_id,
            patient_id=row.patient_id,
            subjects=tuple(row.subjects),
            at=tx.now,
        )
        for row in found
    ]


def count(tx: Tx, questions: Sequence[Question]) -> dict[str, int]:
    """How many rows each promise was held against: of its questions the one with the most."""
    counted = [each for each in questions if each.rows]
    parts = (f"SELECT {place} AS question, ({one.rows}) AS n" for place, one in enumerate(counted))
    most: dict[str, int] = {}
    for row in tx.session.execute(text("\nUNION ALL\n".join(parts))):
        promise = counted[row.question].promise
        most[promise] = max(most.get(promise, 0), row.n)
    return most


# What is new is little, and what it is held against grows: each row is looked up, no table is read.
_FROM_INDEXES = Ready(
    text(
        "SELECT set_config('enable_hashjoin', 'off', true),"
        " set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true)"
    ),
    frozenset(),
)

# All there is, and no plan that was made for an hour.
_FROM_TABLES = Ready(
    text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"), frozenset()
)

# Reports and audit events since then, found once for all questions.
_FRESH = """
WITH fresh AS MATERIALIZED (
  SELECT * FROM response r WHERE r.id >= :old AND r.submitted_at >= :since
    AND r.state = 'final' AND r.quarantined_at IS NULL
), trail AS MATERIALIZED (
  SELECT e.subject_id, e.action FROM audit_event e WHERE e.id >= :first
)
"""
_COLUMNS = (
    column("question", Integer),
    column("site_id", Uuid),
    column("patient_id", Uuid),
    column("subjects", ARRAY(Uuid)),
)


@cache
def _joined(questions: tuple[Question, ...], given: frozenset[str]) -> Ready:
    """Put together once: it is asked each virtual hour."""
    parts = (
        f"SELECT {place} AS question, found.* FROM ({each.broken}) AS"  # noqa: S608 - our own
        " found(site_id, patient_id, subjects)"
        for place, each in enumerate(questions)
    )
    return Ready(text(_FRESH + "\nUNION ALL\n".join(parts)).columns(*_COLUMNS), given)
