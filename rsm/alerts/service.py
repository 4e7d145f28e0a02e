"""The door to alerts: rule packs published and loaded; alerts opened, added to, made worse.

Who is told, and when, is `rsm.escalation`; what people do with an alert is `rsm.alerts.handling`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from rsm.alerts import store
from rsm.alerts.events import note
from rsm.alerts.model import AlertView, Change, Finding, Opened, Opening
from rsm.alerts.packs import parse_pack
from rsm.alerts.schema import RulePack
from rsm.alerts.tables import RulePackVersion
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, NotFound
from rsm.kernel.ids import new_code
from rsm.kernel.words import AlertEventKind, AlertKind, AlertState, Level, Pin
from rsm.patients.model import PatientFacts
from rsm.security.audit import Subject, record
from rsm.security.shelf import Shelf

_SHELF: Shelf[RulePack] = Shelf(
    "rule_pack", RulePackVersion, lambda body, name: parse_pack(body, name)[0]
)
_CODE_TRIES = 12
_LONGER_AFTER = 6  # tries with four signs; then the site has used up many, and five are drawn


# --- published packs -----------------------------------------------------------------------


def publish(tx: Tx, pack: RulePack, body: str) -> Pin:
    """Keep this version for ever (`Shelf.publish`); whether a site may use it: `flow.publish`."""
    return _SHELF.publish(tx, pack, body)


def load(tx: Tx, pin: Pin) -> RulePack:
    """The published pack; `NotFound` when this exact content was never published."""
    return _SHELF.load(tx, pin)


def load_base(tx: Tx, pin: Pin) -> RulePack:
    """As `load`; what overrides made of a pack was never published: then the pack under it."""
    try:
        return load(tx, pin)
    except NotFound:
        return load(tx, find(tx, pin.key, pin.version))


def find(tx: Tx, key: str, version: str) -> Pin:
    """The pin of a published version; `NotFound` when there is none of that name."""
    return _SHELF.find(tx, key, version)


def body(tx: Tx, pin: Pin) -> str:
    """The TOML of a published pack; `NotFound` as for `load`."""
    return _SHELF.body(tx, pin)


# --- opening -------------------------------------------------------------------------------


def open_alert(tx: Tx, opening: Opening) -> Opened:
    """Open the alert, or add to the one that stands under the same business key (P15).

    A higher level, a value that was raised, or anything new on one that is closed, re-opens it in
    a new epoch; so does a change since it was closed of what it is about (`changed_at`). Findings
    of the same level are only added. `rsm.escalation` must then start, or
    worsen.
    """
    alert = _create(tx, opening)
    if alert is None:
        return _add_to(tx, opening)
    if opening.response_id is not None:
        store.add_findings(tx, alert, opening.response_id, opening.findings)
    note(tx, alert, NewEvent(AlertEventKind.OPENED, code=alert.level))
    audit(tx, "alert.opened", alert, level=alert.level, kind=alert.kind)
    return Opened(alert, Change.OPENED, alert.level)


def _create(tx: Tx, opening: Opening) -> AlertView | None:
    """A new alert under a code that is free at the site; None when its business key stands."""
    for attempt in range(_CODE_TRIES):
        code = new_code(tx.ids, 4 if attempt < _LONGER_AFTER else 5)
        alert = store.add(tx, opening, code)
        if alert is not None:
            return alert
        if store.by_key(tx, opening.business_key) is not None:
            return None
    raise Conflict("no free code at this site")


def _add_to(tx: Tx, opening: Opening) -> Opened:
    standing = store.by_key(tx, opening.business_key)
    alert = store.lock(tx, standing) if standing else None
    if alert is None:
        raise NotFound("no such alert")
    new: list[Finding] = []
    if opening.response_id is not None:
        new = store.add_findings(tx, alert, opening.response_id, opening.findings)
    worse = opening.level.rank > alert.level.rank or bool(opening.raised)
    news = [each for each in new if each not in opening.known]
    if worse or (news and not alert.is_open):
        return Opened(_worsen(tx, alert, opening), Change.WORSENED, alert.level)
    if _is_outdated(alert, opening):
        again = reopen(tx, alert, NewEvent(AlertEventKind.REOPENED))
        return Opened(again, Change.WORSENED, alert.level)
    if not new:
        return Opened(alert, Change.NOTHING, alert.level)
    note(tx, alert, NewEvent(AlertEventKind.ADDED, code=opening.level))
    audit(tx, "alert.added", alert, findings=len(new))
    return Opened(get(tx, alert.id), Change.ADDED, alert.level)


def _is_outdated(alert: AlertView, opening: Opening) -> bool:
    """Whether whoever closed it cannot have seen what it is about as that is now."""
    closed, changed = alert.closed_at, opening.changed_at
    return closed is not None and changed is not None and closed < changed


def _worsen(tx: Tx, alert: AlertView, opening: Opening) -> AlertView:
    """Open again at the higher of the two levels, in a new epoch: whoever had it is told anew."""
    worse = opening.level.rank > alert.level.rank
    level = opening.level if worse else alert.level
    values = {"reason": opening.reason} if worse else {}
    store.change(tx, alert.id, **_OPEN_AGAIN, level=level, epoch=alert.epoch + 1, **values)
    note(tx, alert, NewEvent(AlertEventKind.WORSENED, code=level))
    audit(tx, "alert.worsened", alert, level=level)
    return get(tx, alert.id)


_OPEN_AGAIN: dict[str, object] = {
    "state": AlertState.OPEN,
    "owner_id": None,
    "loan_until": None,
    "closed_at": None,
    "closed_by": None,
    "outcome": None,
}


def reopen(tx: Tx, alert: AlertView, event: NewEvent) -> AlertView:
    """Nobody has it any more: open, in a new epoch. The caller holds the row."""
    store.change(tx, alert.id, **_OPEN_AGAIN, epoch=alert.epoch + 1)
    note(tx, alert, event)
    audit(tx, "alert.reopened", alert, because=event.kind, epoch=alert.epoch + 1)
    return get(tx, alert.id)


def repeat(
    tx: Tx, alert: AlertView, response_id: UUID, findings: Sequence[Finding]
) -> list[Finding]:
    """A later report says again what this alert holds: added; returns what was not there before.

    The caller holds the row, and tells whoever has the alert (`rsm.escalation.repeats`).
    """
    new = store.add_findings(tx, alert, response_id, findings)
    if new:
        note(tx, alert, NewEvent(AlertEventKind.REPEATED, code=alert.level))
        audit(tx, "alert.repeated", alert, response=response_id, findings=len(new))
    return new


def raise_text_alert(
    tx: Tx, inbound_id: UUID, patient: PatientFacts, level: Level, reason: str
) -> AlertView:
    """Words that came in and are not an answer: an alert, one per text and patient.

    `reason` is a sentence of ours, never the patient's words. Use `rsm.flow.judge.text_alert`,
    which also routes it and starts the ladder.
    """
    opening = Opening(
        business_key=_text_key(tx, inbound_id, patient.id),
        site_id=patient.site_id,
        kind=AlertKind.TEXT,
        level=level,
        reason=reason,
        is_test=patient.is_test,
        patient_id=patient.id,
    )
    return open_alert(tx, opening).alert


def _text_key(tx: Tx, inbound_id: UUID, patient_id: UUID) -> str:
    """Of a phone that patients share the text may be an alert of each of them."""
    key = f"text:{inbound_id}"
    standing = store.by_key(tx, key)
    is_anothers = standing is not None and get(tx, standing).patient_id != patient_id
    return f"{key}:{patient_id}" if is_anothers else key


# --- one alert -----------------------------------------------------------------------------


def stands(tx: Tx, business_key: str) -> bool:
    """Whether an alert was opened under this key: a peek that holds nothing."""
    return store.by_key(tx, business_key) is not None


def under(tx: Tx, business_key: str) -> AlertView | None:
    """The alert that was opened under this key, as it stands; a peek that holds nothing."""
    standing = store.by_key(tx, business_key)
    return get(tx, standing) if standing is not None else None


def get(tx: Tx, alert_id: UUID) -> AlertView:
    """The alert; `NotFound` when it is not in scope."""
    found = store.one(tx, alert_id)
    if found is None:
        raise NotFound("no such alert")
    return found


def lock(tx: Tx, alert_id: UUID, *, skip_locked: bool = False) -> AlertView | None:
    """Hold the alert (before its escalation and its messages); None when another has it."""
    return store.lock(tx, alert_id, skip_locked=skip_locked)


def lock_standing(tx: Tx, patient_id: UUID, occurrence_ids: Collection[UUID]) -> list[AlertView]:
    """Hold a patient's symptom alerts that are not closed, and all of these surveys, in the order
    of their ids: before a report is added to any of them."""
    return store.lock_standing(tx, patient_id, occurrence_ids)


def lock_many(tx: Tx, alert_ids: Collection[UUID]) -> dict[UUID, AlertView]:
    """Hold several, in the order of their ids; waits for those that another holds."""
    return {each.id: each for each in store.lock_many(tx, alert_ids)} if alert_ids else {}


def locked(tx: Tx, alert_id: UUID) -> AlertView:
    """As `lock`, waiting; `NotFound` when it is not in scope."""
    found = store.lock(tx, alert_id)
    if found is None:
        raise NotFound("no such alert")
    return found


def set_route(tx: Tx, alert_id: UUID, team_id: UUID | None, reason: str) -> AlertView:
    """Which team it goes to, and by which branches of the tree."""
    alert = store.changed(tx, alert_id, team_id=team_id, route_reason=reason)
    if alert is None:
        raise NotFound("no such alert")
    audit(tx, "alert.routed", alert, team=team_id)
    return alert


def set_target(tx: Tx, alert_id: UUID, target_at: datetime) -> None:
    """By when somebody must have it, as the policy says."""
    store.change(tx, alert_id, target_at=target_at)


def audit(tx: Tx, action: str, alert: AlertView, **facts: object) -> None:
    """An event about this alert in the trail."""
    record(tx, action, Subject("alert", alert.id, alert.patient_id), alert.site_id, **facts)
