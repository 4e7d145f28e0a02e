"""The plans that a site may choose from: what we ship now, and every version that was published."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from rsm.db.work import Tx
from rsm.kernel.errors import NotFound
from rsm.kernel.words import Pin
from rsm.schedules import library
from rsm.schedules.plans import Plan
from rsm.schedules.tables import PlanVersion


@dataclass(frozen=True)
class Entry:
    """One plan with its TOML; `published_at` is None for one that we ship."""

    plan: Plan
    body: str
    published_at: datetime | None = None

    @property
    def pin(self) -> Pin:
        return self.plan.pin


def entries(tx: Tx) -> list[Entry]:
    """By key, the newest version of each first; what we ship once, published or not."""
    found: dict[tuple[str, str], Entry] = {}
    for each in (*_published(tx), *_shipped()):
        found.setdefault((each.plan.key, each.plan.version), each)
    return sorted(found.values(), key=lambda each: each.plan.key)


def entry(tx: Tx, key: str, version: str) -> Entry:
    """The plan of that key and version; `NotFound` when there is none."""
    for each in entries(tx):
        if (each.plan.key, each.plan.version) == (key, version):
            return each
    raise NotFound("no such plan")


def _shipped() -> Iterator[Entry]:
    for key in library.shipped():
        yield Entry(library.plan_named(key), library.plan_text(key))


def _published(tx: Tx) -> Iterator[Entry]:
    for row in tx.session.scalars(select(PlanVersion).order_by(PlanVersion.published_at.desc())):
        yield Entry(library.parse_plan(row.body, row.key), row.body, row.published_at)
