"""The door to published instruments: a version, once published, never changes (P11)."""

from collections.abc import Sequence

from rsm.db.work import Tx
from rsm.instruments import decide, library
from rsm.instruments.checks import check
from rsm.instruments.load import reload_published
from rsm.instruments.merge import merge
from rsm.instruments.model import Instrument
from rsm.instruments.tables import InstrumentVersion
from rsm.kernel.documents import Source
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Pin
from rsm.security.shelf import Shelf

_SHELF: Shelf[Instrument] = Shelf("instrument", InstrumentVersion, reload_published)


def publish(tx: Tx, instrument: Instrument, body: str) -> Pin:
    """Keep this version for ever (`Shelf.publish`).

    Raises `Invalid` when it may not be shown to patients.
    """
    if problems := decide.publish_problems(instrument):
        raise Invalid(problems)
    return _SHELF.publish(tx, instrument, body)


def publish_shipped(tx: Tx, key: str) -> Pin:
    """Publish the instrument of that key from our library. Raises as `publish`."""
    return publish(tx, library.find(key), library.body(key))


def publish_merged(tx: Tx, pins: Sequence[Pin]) -> Pin:
    """The instrument that asks all of these, published; the one itself where there is only one.

    Raises `Invalid` when they cannot be asked in one survey (`merge`).
    """
    if len(pins) == 1:
        return pins[0]
    merged = merge([load(tx, pin) for pin in pins])
    if problems := [finding.problem(Source("asks")) for finding in check(merged)]:
        raise Invalid(problems)
    return publish(tx, merged, merged.canonical_json)


def find(tx: Tx, key: str, version: str) -> Pin:
    """The published version of that name; `NotFound` when there is none."""
    return _SHELF.find(tx, key, version)


def load(tx: Tx, pin: Pin) -> Instrument:
    """The published instrument; `NotFound` when this exact content was never published."""
    return _SHELF.load(tx, pin)
