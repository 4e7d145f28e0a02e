"""Published policies: a version, once published, never changes; the built-in one needs no row."""

from rsm.db.work import Tx
from rsm.escalation import safety, store
from rsm.escalation.model import Policy
from rsm.escalation.policies import load_policy, parse_policy
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.words import ActorKind, Pin
from rsm.security.audit import Subject, record

_KEPT_AT_MOST = 64
# Content hash → the policy: what has a hash cannot change, so it is never out of date.
_kept: dict[str, Policy] = {}


def publish(tx: Tx, policy: Policy, body: str) -> Pin:
    """Keep this version for ever; the same content again changes nothing.

    Raises `Invalid` when `body` (its TOML) says something else or cannot do what its levels need,
    `Conflict` when key and version stand for another content.
    """
    pin = policy.pin
    if load_policy(body, policy.key).pin != pin:
        raise Invalid(Problem("body", "is not the text of this policy"))
    if safety.is_built_in(pin):
        raise Conflict(f"`{pin.key}` is built in: choose another key")
    by = tx.actor.id if tx.actor.kind is ActorKind.STAFF else None
    if store.add_policy(tx, pin, body, by):
        record(tx, "policy.published", Subject("policy"), None, **pin.document)
        return pin
    known = store.policy(tx, pin.key, pin.version)
    if known is None or known.hash != pin.hash:
        raise Conflict(f"{pin.key} {pin.version} is published with another content: raise version")
    return pin


def load(tx: Tx, pin: Pin) -> Policy:
    """The published policy; `NotFound` when this exact content was never published."""
    if safety.is_built_in(pin):
        return safety.policy()
    kept = _kept.get(pin.hash)
    if kept is not None:
        return kept
    row = store.policy(tx, pin.key, pin.version)
    if row is None or row.hash != pin.hash:
        raise NotFound(f"policy {pin.key} {pin.version} is not published")
    policy, _ = parse_policy(row.body, f"{pin.key} {pin.version}")
    if policy.pin != pin:
        raise Invalid(Problem(f"{pin.key} {pin.version}", "is not what was published"))
    if len(_kept) >= _KEPT_AT_MOST:
        _kept.clear()
    _kept[pin.hash] = policy
    return policy
