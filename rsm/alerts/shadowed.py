"""What a pack in shadow makes of reports: kept once for each, told to nobody."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.alerts import releases_store as store
from rsm.alerts.model import Judgement
from rsm.db.work import Tx


@dataclass(frozen=True)
class Shadowed:
    """One report as a pack in shadow judged it; no `judgement`: it could not be judged."""

    release_id: UUID
    site_id: UUID
    patient_id: UUID
    response_id: UUID
    occurrence_id: UUID
    at: datetime
    is_test: bool
    judgement: Judgement | None


def keep(tx: Tx, shadowed: Shadowed) -> bool:
    """Keep what it made of the report, once; told to nobody. False when that is kept already."""
    judgement = shadowed.judgement or Judgement()
    values = {name: getattr(shadowed, name) for name in _PLAIN} | {
        "level": judgement.level,
        "findings": _findings(judgement),
        "in_doubt": shadowed.judgement is None or bool(judgement.review),
    }
    return store.add_judgement(tx, values)


_PLAIN = (
    "release_id", "site_id", "patient_id", "response_id", "occurrence_id", "at", "is_test",
)  # fmt: skip


def _findings(judgement: Judgement) -> list[object]:
    """Codes only. `own`: it has an alert of its own; `covered`: the symptom has a worse one."""
    return [
        {
            "rule": found.rule,
            "item": found.item,
            "level": found.level.value,
            "own": found.own_alert,
            "covered": covered,
        }
        for covered, some in ((False, judgement.findings), (True, judgement.covered))
        for found in some
    ]
