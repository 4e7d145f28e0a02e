"""The door to published instruments: a version, once published, never changes (P11)."""

from rsm.db.work import Tx
from rsm.instruments import decide, library, store
from rsm.instruments.load import reload_published
from rsm.instruments.model import Instrument
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.words import ActorKind, Pin
from rsm.security.audit import Subject, record

_KEPT_AT_MOST = 64
# Content hash → the instrument: what has a hash cannot change, so it is never out of date.
_kept: dict[str, Instrument] = {}


def publish(tx: Tx, instrument: Instrument, body: str) -> Pin:
    """Keep this version for ever; the same content again changes nothing.

    Raises `Invalid` when it may not be shown to patients or `body` (its TOML) says something else,
    `Conflict` when key and version stand for another content.
    """
    problems = decide.publish_problems(instrument)
    if problems:
        raise Invalid(problems)
    pin = instrument.pin
    if reload_published(body, instrument.key).pin != pin:
        raise Invalid(Problem("body", "is not the text of this instrument"))
    by = tx.actor.id if tx.actor.kind is ActorKind.STAFF else None
    if store.add(tx, pin, body, by):
        record(tx, "instrument.published", Subject("instrument"), None, **pin.document)
        return pin
    known = store.version(tx, pin.key, pin.version)
    if known is None or known.hash != pin.hash:
        raise Conflict(f"{pin.key} {pin.version} is published with another content: raise version")
    return pin


def publish_shipped(tx: Tx, key: str) -> Pin:
    """Publish the instrument of that key from our library. Raises as `publish`."""
    return publish(tx, library.find(key), library.body(key))


def load(tx: Tx, pin: Pin) -> Instrument:
    """The published instrument; `NotFound` when this exact content was never published."""
    kept = _kept.get(pin.hash)
    if kept is not None:
        return kept
    row = store.version(tx, pin.key, pin.version)
    if row is None or row.hash != pin.hash:
        raise NotFound(f"instrument {pin.key} {pin.version} is not published")
    instrument = reload_published(row.body, f"{pin.key} {pin.version}")
    if len(_kept) >= _KEPT_AT_MOST:
        _kept.clear()
    _kept[pin.hash] = instrument
    return instrument
