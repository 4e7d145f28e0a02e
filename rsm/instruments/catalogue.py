"""The questionnaires that there are: what was published here, and what we ship."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from rsm.db.work import Tx
from rsm.instruments import library, proctcae, retired, service
from rsm.instruments.model import Instrument
from rsm.instruments.retired import Retired
from rsm.instruments.tables import InstrumentVersion
from rsm.kernel.errors import NotFound
from rsm.kernel.words import Pin


@dataclass(frozen=True)
class Entry:
    """One version. `published_at` is None for what we only ship; it has no `body` where it is
    structure without wording."""

    instrument: Instrument
    body: str
    published_at: datetime | None = None
    retired: Retired | None = None

    @property
    def pin(self) -> Pin:
        return self.instrument.pin

    @property
    def is_current(self) -> bool:
        """Whether it may be given to somebody, as far as this list knows."""
        return self.published_at is not None and self.retired is None


def entries(tx: Tx) -> list[Entry]:
    """By key, the version published last first; what we ship once, published or not.

    What was only merged of others for a survey is left out.
    """
    found: dict[tuple[str, str], Entry] = {}
    for each in (*_published(tx), *_shipped()):
        found.setdefault((each.pin.key, each.pin.version), each)
    return sorted(found.values(), key=lambda each: each.pin.key)


def entry(tx: Tx, key: str, version: str) -> Entry:
    """The version of that name; `NotFound` when there is none."""
    for each in entries(tx):
        if (each.pin.key, each.pin.version) == (key, version):
            return each
    raise NotFound("no such questionnaire")


def _published(tx: Tx) -> Iterator[Entry]:
    gone = retired.all_retired(tx)
    newest = InstrumentVersion.published_at.desc()
    written = InstrumentVersion.body.not_like("{%")  # what we merged ourselves is kept as JSON
    for row in tx.session.scalars(select(InstrumentVersion).where(written).order_by(newest)):
        instrument = service.load(tx, row.pin)
        yield Entry(instrument, row.body, row.published_at, gone.get(row.pin))


def _shipped() -> Iterator[Entry]:
    for key, instrument in library.shipped().items():
        yield Entry(instrument, "" if key == proctcae.KEY else library.body(key))
