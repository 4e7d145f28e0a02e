"""The door to what stands before going live: who was trained, what was read, who signed.

What the checklist says is worked out in `rsm.flow.going_live`, which sees all rooms.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.improvement import signing_store as store
from rsm.improvement.live_model import Check, CheckKind, Extent, Signature, Training
from rsm.kernel.errors import Invalid, Problem
from rsm.security.audit import Subject, record

NAME_AT_MOST, WORDS_AT_MOST = 120, 1000
_LONG_AGO = timedelta(days=3660)


def trained(tx: Tx, site_id: UUID, who: str, topic: str, on: date) -> UUID:
    """Somebody was trained on that day. Raises `Invalid` with every problem."""
    name, topic = who.replace("\0", "").strip(), topic.replace("\0", "").strip()
    problems = []
    for field, text in (("name", name), ("topic", topic)):
        if not text:
            problems.append(Problem(field, "is missing"))
        if len(text) > NAME_AT_MOST:
            problems.append(Problem(field, f"is longer than {NAME_AT_MOST} characters"))
    if not (tx.now - _LONG_AGO).date() <= on <= (tx.now + timedelta(days=1)).date():
        problems.append(Problem("on", "is no day on which it can have been"))
    if problems:
        raise Invalid(problems)
    row_id = store.add_training(tx, site_id, {"on_day": on, "name": name, "topic": topic})
    record(tx, "training.recorded", Subject("training", row_id), site_id)
    return row_id


def trainings(tx: Tx, site_id: UUID) -> list[Training]:
    """Everybody who was trained, the latest first."""
    return store.trainings(tx, site_id)


def note(tx: Tx, site_id: UUID, kind: CheckKind, about: tuple[str, str, str]) -> None:
    """Whoever acts has read or tried this. `about`: subject, hash of what it was, its label."""
    subject, seen, label = about
    values: dict[str, object] = {"subject": subject, "seen": seen, "label": label}
    row_id = store.add_check(tx, site_id, kind, values)
    facts = {"kind": kind.value, "of": subject, "hash": seen[:16]}
    record(tx, "go_live.checked", Subject("go_live_check", row_id), site_id, **facts)


def checks(tx: Tx, site_id: UUID) -> dict[tuple[CheckKind, str], Check]:
    """The latest reading of each."""
    return {(each.kind, each.subject): each for each in store.checks(tx, site_id)}


def sign(
    tx: Tx, site_id: UUID, extent: Extent, by: tuple[UUID, str], about: Mapping[str, object]
) -> UUID:
    """Keep a signature. `by`: who, and as she is called; `about`: `words`, and what is frozen.

    For `rsm.flow.going_live` alone, which has looked whether everything holds.
    """
    words = str(about.get("words", "")).replace("\0", "").strip()
    if len(words) > WORDS_AT_MOST:
        raise Invalid(Problem("words", f"is longer than {WORDS_AT_MOST} characters"))
    frozen = {name: value for name, value in about.items() if name != "words"}
    values = {"signed_by": by[0], "name": by[1], "words": words, "frozen": frozen}
    row_id = store.add_signature(tx, site_id, extent, values)
    subject = Subject("go_live_signature", row_id)
    record(tx, "go_live.signed", subject, site_id, extent=extent.value)
    return row_id


def signatures(tx: Tx, site_id: UUID) -> list[Signature]:
    """The newest first."""
    return store.signatures(tx, site_id)


def is_signed_for(tx: Tx, site_id: UUID, extent: Extent) -> bool:
    """Whether somebody has signed for the pilot group, or for everybody."""
    return store.is_signed(tx, site_id, extent)
