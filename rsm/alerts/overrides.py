"""The door to overrides: written, agreed to by a second person, ended, read; all audited.

What an override may change is `rsm.alerts.tiers`; whether it fits what else holds, and whom it
concerns, is `rsm.flow.overrides`, which callers use to write. A patient's holds at once; every
other waits until somebody else has agreed (a CHECK of the table keeps it as well).
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from rsm.alerts import overrides_store as store
from rsm.alerts.override_words import (
    Asked,
    OverrideState,
    OverrideView,
    Stored,
    Target,
    toml_of,
)
from rsm.alerts.states import Tier
from rsm.alerts.tiers import Override, parse_override
from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from rsm.kernel.words import ActorKind, Pin
from rsm.security import patient_keys, staff
from rsm.security.audit import Subject, record

_BODY = "rule_override.body"


# --- written, agreed to, ended -------------------------------------------------------------


def add(tx: Tx, asked: Asked, base: Pin) -> OverrideView:
    """Write it in the name of whoever acts. Raises `Invalid` for what no override may be."""
    author = _person(tx)
    body = toml_of(asked, base, staff.get(tx, author).name, tx.now)
    override = parse_override(body, "override")[0]
    row = _new(tx, asked, base, body, author)
    store.add(tx, row)
    rules = sorted({change.rule for change in asked.changes})
    of_all = {} if asked.target.patient_id else {"rules": rules}  # hers would tell a symptom
    _audit(tx, "override.written", row, **of_all, until=asked.until.isoformat())
    return OverrideView(row, override)


def _new(tx: Tx, asked: Asked, base: Pin, body: str, author: UUID) -> Stored:
    override_id, sealed = tx.new_id(), None
    if asked.target.patient_id is not None:
        box = patient_keys.box(tx, asked.target.patient_id)
        sealed = box.seal(body, f"{_BODY}:{override_id}")
    return Stored(
        id=override_id,
        target=asked.target,
        base=base,
        body=None if sealed else body,
        body_sealed=sealed,
        since=tx.now,
        until=asked.until,
        author_id=author,
        written_at=tx.now,
        decided_by=None,
        decided_at=None,
        ended_at=None,
        ended_by=None,
    )


def agree(tx: Tx, override_id: UUID) -> Stored:
    """A second person agrees: it holds from now on.

    Raises `NotAllowed` for whoever wrote it, `Conflict` when it does not wait any more.
    """
    row, who = locked(tx, override_id), _person(tx)
    if who == row.author_id:
        raise NotAllowed("somebody else has to agree to it")
    if row.state(tx.now) is not OverrideState.WAITS:
        raise Conflict("it does not wait for anybody any more: look again")
    store.change(tx, row.id, decided_by=who, decided_at=tx.now)
    _audit(tx, "override.agreed", row)
    return row


def end(tx: Tx, override_id: UUID) -> Stored:
    """It does not hold from now on: ended before its time, refused, or withdrawn by its author.

    Raises `Conflict` when it is over already.
    """
    row, who = locked(tx, override_id), _person(tx)
    was = row.state(tx.now)
    if was in {OverrideState.OVER, OverrideState.REFUSED}:
        raise Conflict("it has ended already")
    store.change(tx, row.id, ended_at=tx.now, ended_by=who)
    refused = was is OverrideState.WAITS
    _audit(tx, "override.refused" if refused else "override.ended", row)
    return row


def locked(tx: Tx, override_id: UUID) -> Stored:
    """The override, held; `NotFound` when it is not in scope."""
    found = store.one(tx, override_id, lock=True)
    if found is None:
        raise NotFound("no such change of the rules")
    return found


def one_writer(tx: Tx, organisation_id: UUID) -> None:
    """Hold whatever would be written at the same time in this organisation."""
    store.one_writer(tx, organisation_id)


# --- read ----------------------------------------------------------------------------------


def in_force(tx: Tx, whom: Target, at: datetime) -> list[Stored]:
    """What holds for the patient of `whom` at `at`, of every tier, unopened: one statement."""
    return store.in_force(tx, whom, at)


def of_site(tx: Tx, whom: Target) -> list[OverrideView]:
    """The organisation's, the site's and its teams', the newest first."""
    found = [_read(row, row.body) for row in store.of_site(tx, whom)]
    return found[::-1]


def standing(tx: Tx, whom: Target) -> list[OverrideView]:
    """What holds or waits at the site, its patients' among them: to check what else it meets."""
    return opened(tx, store.standing(tx, whom, tx.now))


def standing_rows(tx: Tx, whom: Target) -> list[Stored]:
    """As `standing`, unopened."""
    return store.standing(tx, whom, tx.now)


def any_standing(tx: Tx) -> bool:
    """Whether anything holds or waits at any site in scope."""
    return store.any_standing(tx, tx.now)


def of_patient(tx: Tx, patient_id: UUID) -> list[OverrideView]:
    """Her own, opened, the newest first."""
    return opened(tx, store.of_patient(tx, patient_id))[::-1]


def count_patients(tx: Tx, site_id: UUID) -> int:
    """How many patients of the site have a change of their own: a number, never who."""
    return store.count_patients(tx, site_id, tx.now)


def opened(tx: Tx, rows: Iterable[Stored]) -> list[OverrideView]:
    """Read them; the keys of all patients among them are fetched at once."""
    rows = list(rows)
    boxes = _boxes(tx, rows)
    found = []
    for row in rows:
        box = boxes.get(row.target.patient_id) if row.target.patient_id else None
        text = row.body
        if row.body_sealed is not None:
            text = box.open(row.body_sealed, f"{_BODY}:{row.id}") if box else None
        found.append(_read(row, text))
    return found


def _boxes(tx: Tx, rows: Iterable[Stored]) -> dict[UUID, patient_keys.PatientBox]:
    whose = {row.target.patient_id for row in rows if row.target.patient_id}
    return dict(patient_keys.boxes(tx, whose)) if whose else {}


def _read(row: Stored, text: str | None) -> OverrideView:
    """`override` is None for a text that cannot be read: the caller lets a person look (P6)."""
    try:
        read: Override | None = parse_override(text, f"override {row.id}")[0] if text else None
    except Invalid:
        read = None
    return OverrideView(row, read)


def _person(tx: Tx) -> UUID:
    if tx.actor.kind is not ActorKind.STAFF or tx.actor.id is None:
        raise NotAllowed("only a member of staff changes rules")
    return tx.actor.id


def _audit(tx: Tx, action: str, row: Stored, **facts: object) -> None:
    target = row.target
    subject = Subject("rule_override", row.id, target.patient_id)
    site = target.site_id or next(iter(sorted(tx.scope.sites)), None)
    whose = {} if target.tier is Tier.PATIENT else {"of": target.of}
    record(tx, action, subject, site, tier=target.tier, **whose, **facts)
