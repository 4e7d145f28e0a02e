"""The door to published instruments: a version, once published, never changes (P11)."""

from rsm.db.work import Tx
from rsm.instruments import decide, library
from rsm.instruments.load import reload_published
from rsm.instruments.model import Instrument
from rsm.instruments.tables import InstrumentVersion
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


def load(tx: Tx, pin: Pin) -> Instrument:
    """The published instrument; `NotFound` when this exact content was never published."""
    return _SHELF.load(tx, pin)
