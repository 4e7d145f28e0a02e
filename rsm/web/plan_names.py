"""What plans ask, by the titles of the questionnaires: `Safety questions`, not their reference."""

from collections.abc import Iterable, Mapping

from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument
from rsm.kernel.errors import NotFound
from rsm.schedules.plans import SITE, Plan

# Reference of an ask → title; one that is not here is shown as it is.
Titles = Mapping[str, str]


def titles_of(tx: Tx, plans: Iterable[Plan]) -> Titles:
    """The titles of everything that these plans ask and that is published."""
    found = {}
    for ref in {ask.ref for plan in plans for ask in plan.asks} - {SITE}:
        key, _, version = ref.partition("@")
        try:
            title = _title(instruments.load(tx, instruments.find(tx, key, version)))
        except NotFound:
            continue
        found[ref] = f"{title} {version}"
    return found


def _title(instrument: Instrument) -> str:
    spoken = instrument.languages
    language = spoken.get("en") or next(iter(spoken.values()), None)
    return language.title if language else instrument.key
