"""P2, P3 and P10 as people outside see them: what the provider took, and who was thanked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, Uuid, column, text

from rsm.db.ready import Ready
from rsm.db.work import Tx
from rsm.simulate.post import Taken
from rsm.simulate.promises.model import Broken

_LINK = re.compile(r"/s/[a-z2-7]{32}")
_SOON_AGAIN = timedelta(hours=12)
# What a text, or the subject of an e-mail, may not say unless she chose to answer by text.
_HEALTH = re.compile(
    r"\b(pain|nausea|vomit\w*|fatigue|diarrh\w*|breath\w*|sores|numbness|anxi\w*"
    r"|dolor|n[aá]usea|v[oó]mit\w*|fatiga|diarrea)\b",
    re.IGNORECASE,
)
_ILLNESS = re.compile(r"\b(cancer|chemo\w*|oncolog\w*|c[aá]ncer|quimio\w*)\b", re.IGNORECASE)
_BY_TEXT = ("survey_ask", "advice_")  # to those who chose to answer by replying
_ROWS = Ready(
    text(
        """
    SELECT w.id, w.site_id, w.patient_id, w.purpose, w.state, w.occurrence_id FROM message w
    WHERE w.id = ANY(CAST(:ids AS uuid[]))
    """
    ).columns(
        column("id", Uuid),
        column("site_id", Uuid),
        column("patient_id", Uuid),
        column("purpose", Text),
        column("state", Text),
        column("occurrence_id", Uuid),
    ),
    frozenset({"ids"}),
)
_NOT_GONE = {"queued", "cancelled", "suppressed"}
_THANKED = Ready(
    text(
        """
    SELECT t.id FROM unnest(CAST(:ids AS uuid[])) AS t(id)
    WHERE NOT EXISTS (SELECT FROM response r WHERE r.occurrence_id = t.id
      AND r.state IN ('final', 'superseded'))
    """
    ).columns(column("id", Uuid)),
    frozenset({"ids"}),
)


@dataclass(frozen=True)
class _Row:
    """What the outbox says of it."""

    id: UUID
    site_id: UUID
    patient_id: UUID | None
    purpose: str
    state: str
    occurrence_id: UUID | None


@dataclass
class Reader:
    """Reads on where it stopped."""

    _taken: dict[UUID, Taken] = field(default_factory=dict)
    _links: dict[tuple[str, str], datetime] = field(default_factory=dict)
    read: int = 0

    def check(self, tx: Tx, taken: Sequence[Taken], site_id: UUID) -> list[Broken]:
        """What is wrong with what the provider took since the last look."""
        fresh, self.read = taken[self.read :], len(taken)
        if not fresh:
            return []
        ids = [one.message_id for one in fresh]
        rows = {row.id: _Row(*row) for row in _ROWS.ask(tx.session, {"ids": ids})}
        found = []
        for one in fresh:
            row = rows.get(one.message_id)
            whose = row.patient_id if row is not None else None
            subjects = (one.message_id, *([row.occurrence_id] if row and row.occurrence_id else []))
            for promise, what in self._wrong(one, row):
                found.append(Broken(promise, what, site_id, whose, subjects, tx.now))
        return found

    def _wrong(self, one: Taken, row: _Row | None) -> Sequence[tuple[str, str]]:
        wrong = []
        to_patient = row is not None and row.patient_id is not None
        if row is None:
            wrong.append(("P2", "the provider took what is not in the outbox"))
        elif to_patient and row.state in _NOT_GONE:  # staff are told again when in doubt
            wrong.append(("P2", "the provider took what the outbox never sent"))
        before = self._taken.setdefault(one.message_id, one)
        if before is not one and to_patient:
            wrong.append(("P2", "a message left twice"))
        elif to_patient and self._is_repeated(one):
            wrong.append(("P2", "she was sent the same words with the same link twice"))
        return wrong + self._telling(one, row)

    def _is_repeated(self, one: Taken) -> bool:
        if not _LINK.search(one.body):
            return False
        before = self._links.get((one.to, one.body))
        self._links[one.to, one.body] = one.at
        return before is not None and one.at - before < _SOON_AGAIN

    def _telling(self, one: Taken, row: _Row | None) -> list[tuple[str, str]]:
        asked = row is not None and row.purpose.startswith(_BY_TEXT)
        to_her = row is not None and row.patient_id is not None  # staff know where they work
        telling = _HEALTH.search(one.body) or (to_her and _ILLNESS.search(one.body))
        if asked or "@" in one.to or not telling:
            return []
        return [("P10", "a text tells of somebody's health")]


def unkept_thanks(tx: Tx, thanked: Sequence[UUID]) -> Sequence[UUID]:
    """Surveys whose senders were thanked, and of which no report is stored (P3)."""
    if not thanked:
        return ()
    return [row.id for row in _THANKED.ask(tx.session, {"ids": list(thanked)})]
