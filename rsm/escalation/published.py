"""Published policies: a version, once published, never changes; the built-in one needs no row."""

from rsm.db.work import Tx
from rsm.escalation import safety
from rsm.escalation.model import Policy
from rsm.escalation.policies import check, parse_policy
from rsm.escalation.tables import PolicyVersion
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import Pin
from rsm.security.shelf import Shelf

_SHELF: Shelf[Policy] = Shelf(
    "policy", PolicyVersion, lambda body, name: parse_policy(body, name)[0]
)


def publish(tx: Tx, policy: Policy, body: str) -> Pin:
    """Keep this version for ever (`Shelf.publish`).

    Raises `Invalid` when it cannot do what its levels need, `Conflict` for the built-in key.
    """
    if problems := check(policy):
        raise Invalid(problems)
    if safety.is_built_in(policy.pin):
        raise Conflict(f"`{policy.key}` is built in: choose another key")
    return _SHELF.publish(tx, policy, body)


def load(tx: Tx, pin: Pin) -> Policy:
    """The published policy; `NotFound` when this exact content was never published."""
    return safety.policy() if safety.is_built_in(pin) else _SHELF.load(tx, pin)


def find(tx: Tx, key: str, version: str) -> Pin:
    """The pin of a published version; `NotFound` when there is none of that name."""
    return _SHELF.find(tx, key, version)
