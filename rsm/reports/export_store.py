"""All SQL of exports on record. Rows are only ever added."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.metrics.model import Days
from rsm.reports.export_model import Export, Run
from rsm.reports.export_tables import ExportRun

_REASON = "export.reason"
_SAME = ("id", "made_at", "made_by", "way", "project", "format", "shape", "dates", "identified")


def add(tx: Tx, run_id: UUID, site_id: UUID, made: Export) -> None:
    """Keep that this left the house; the reason is sealed, since it may name somebody."""
    wanted = made.request
    reason = wanted.reason.strip()
    tx.session.execute(
        insert(table_of(ExportRun)).values(
            id=run_id,
            site_id=site_id,
            made_at=made.made_at,
            made_by=tx.actor.id,
            way=wanted.way,
            project=wanted.project,
            first_day=wanted.days.first,
            last_day=wanted.days.last,
            format=wanted.format,
            shape=wanted.shape,
            dates=wanted.dates,
            identified=wanted.identified,
            with_tests=wanted.with_tests,
            reason_sealed=tx.vault.seal(reason.encode(), _context(run_id)) if reason else None,
            counts=dict(made.counts),
            hash=made.hash,
        )
    )


def latest(tx: Tx, site_id: UUID, limit: int) -> Sequence[Run]:
    """What was exported, the newest first."""
    query = (
        select(ExportRun)
        .where(ExportRun.site_id == site_id)
        .order_by(ExportRun.made_at.desc(), ExportRun.id.desc())
    )
    return [_run(row) for row in tx.session.scalars(query.limit(limit))]


def reason(tx: Tx, run_id: UUID) -> str:
    """Why it was exported with names; empty where no reason was needed."""
    sealed = tx.session.scalar(select(ExportRun.reason_sealed).where(ExportRun.id == run_id))
    return tx.vault.open(sealed, _context(run_id)).decode() if sealed is not None else ""


def _context(run_id: UUID) -> str:
    return f"{_REASON}:{run_id}"


def _run(row: ExportRun) -> Run:
    return Run(
        **{name: getattr(row, name) for name in _SAME},
        days=Days(row.first_day, row.last_day),
        with_tests=row.with_tests,
        counts={name: int(str(count)) for name, count in row.counts.items()},
        hash=row.hash,
    )
