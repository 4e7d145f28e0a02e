"""What our sites share, worked out from their roll-ups by the worker: cells, stages, lessons.

Only here does one transaction see more than one site; what it leaves for the others to read are
cells that are large enough, under a code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from rsm.collaborative import shared_store, store
from rsm.collaborative.decide import Cells, ends, finished, suppressed
from rsm.collaborative.shared import MEASURES, definition_hash
from rsm.collaborative.tables import CollaborativeSite, SharedFigure
from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.improvement import service as improvement
from rsm.metrics import figures as metrics
from rsm.metrics.model import Days

_TOLD = ("title", "words", "strategy", "barrier")
_PERIODS = 4  # that late answers and corrections may still change


@dataclass(frozen=True)
class _Shared:
    """What stands, or is to stand, of a measure: `part` None is withheld."""

    definition: str
    part: int | None
    whole: int | None


def share_due(db: Database) -> int:
    """Bring what is shared up to date; returns for how many sites something changed.

    Where a site's figures cannot be had the others go on, and the first error is raised at the end.
    """
    with db.begin(EVERYWHERE) as tx:
        agreed = store.collaborative(tx)
        if agreed is None:
            return 0
        periods = finished(tx.now.date(), agreed.months, _PERIODS)
        gone = shared_store.drop_gone(tx)
        places = shared_store.all_own_sites(tx)
    changed, failed = gone, None
    for place in places:
        try:
            with db.begin(EVERYWHERE) as tx:
                changed += _share(tx, place, periods, agreed.months)
        except Exception as error:  # noqa: BLE001  # one site does not keep the others back
            failed = failed or error
    if failed is not None:
        raise failed
    return changed


def _share(tx: Tx, place: CollaborativeSite, periods: Iterable[date], months: int) -> bool:
    parts = [_figures(tx, place, period, months) for period in periods]
    return any([*parts, _stage(tx, place), _lessons(tx, place)])


def _figures(tx: Tx, place: CollaborativeSite, period: date, months: int) -> bool:
    days = Days(period, ends(period, months))
    cells = cells_of(metrics.figures(tx, place.site_id, days)[""])
    there = {row.measure: _of(row) for row in shared_store.figures_of(tx, place.code, period)}
    wanted = _wanted(cells)
    if not there and not any(whole for _, whole in cells.values()):
        return False  # a site that was not there yet
    changed = [name for name in sorted({*there, *wanted}) if there.get(name) != wanted.get(name)]
    shared_store.replace_figures(tx, place.code, period, changed)
    shared_store.add_figures(
        tx,
        [
            {"code": place.code, "period": period, "measure": name, **vars(wanted[name])}
            for name in changed
            if name in wanted
        ],
    )
    return bool(changed)


def cells_of(found: Mapping[str, metrics.Figure]) -> Cells:
    """Part and whole of everything that is shared and could be told."""
    cells: dict[str, tuple[int, int]] = {}
    for measure in MEASURES:
        figure = found.get(measure)
        if figure is not None and figure.part is not None and figure.whole is not None:
            cells[measure] = (round(figure.part), figure.whole)
    return cells


def _wanted(cells: Cells) -> dict[str, _Shared]:
    withheld = suppressed(cells)
    return {
        measure: _Shared(
            definition_hash(measure), *((None, None) if measure in withheld else cells[measure])
        )
        for measure in cells
    }


def _of(row: SharedFigure) -> _Shared:
    return _Shared(row.definition, row.part, row.whole)


def _stage(tx: Tx, place: CollaborativeSite) -> bool:
    stage = improvement.stage(tx, place.site_id).value
    if stage == place.stage:
        return False
    shared_store.change_site(tx, place.site_id, {"stage": stage})
    return True


def _lessons(tx: Tx, place: CollaborativeSite) -> bool:
    """A copy of what the site's journal shares now."""
    wanted = [
        {"id": entry.id, "on_day": entry.on, **{name: getattr(entry, name) for name in _TOLD}}
        for entry in improvement.shared(tx, place.site_id)
    ]
    there = [
        {name: getattr(row, name) for name in ("id", "on_day", *_TOLD)}
        for row in shared_store.lessons_of(tx, place.code)
    ]
    if sorted(wanted, key=_by_id) == sorted(there, key=_by_id):
        return False
    shared_store.set_lessons(tx, place.code, wanted)
    return True


def _by_id(row: Mapping[str, object]) -> str:
    return str(row["id"])
