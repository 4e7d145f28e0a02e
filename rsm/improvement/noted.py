"""What the system itself knows of changes: nobody has to write down what it saw happen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rsm.alerts import releases
from rsm.db.work import Tx
from rsm.improvement import lists, signing, trials
from rsm.improvement.model import Entry, EntryKind
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Pin
from rsm.messaging import site_texts
from rsm.metrics.model import Days
from rsm.sites import service as sites
from rsm.sites import uses
from rsm.sites.settings import Setting, Use

_MOST_USES = 500


@dataclass(frozen=True)
class _Seen:
    """Something that came into use: `code` is its title's, `what` is filled into that."""

    code: str
    id: UUID
    at: datetime
    kind: EntryKind = EntryKind.OTHER
    what: str = ""
    words: str = ""


def entries(tx: Tx, site_id: UUID, days: Days, language: str) -> list[Entry]:
    """What came into use at the site on these of its days, in no order."""
    zone = zone_named(sites.get(tx, site_id).zone)
    found = []
    for seen in _all(tx, site_id):
        on = local_of(seen.at, zone).date()
        if days.first <= on <= days.last:
            title = lists.title(seen.code, language, seen.what)
            source = f"{seen.code}:{seen.id}"
            found.append(Entry(seen.id, on, seen.kind, title, seen.words, source=source))
    return found


def _all(tx: Tx, site_id: UUID) -> Iterator[_Seen]:
    yield from _releases(tx, site_id)
    yield from _uses(tx, site_id)
    yield from _texts(tx, site_id)
    for trial in trials.of_site(tx, site_id):
        yield _Seen("trial", trial.id, trial.begun_at, words=trial.aim)
    for signed in signing.signatures(tx, site_id):
        yield _Seen(f"signed_{signed.extent}", signed.id, signed.at, words=signed.words)


def _releases(tx: Tx, site_id: UUID) -> Iterator[_Seen]:
    for one in releases.of_site(tx, site_id):
        if one.decided_at is not None:
            what = f"{one.pin.key} {one.pin.version}"
            kind = EntryKind.THRESHOLD
            yield _Seen("release", one.id, one.decided_at, kind, what, one.reason or "")


def _uses(tx: Tx, site_id: UUID) -> Iterator[_Seen]:
    for setting in Setting:
        for use in uses.of_site(tx, site_id, setting, _MOST_USES):
            if use.id is not None:
                what, why = _version(use), use.exchange.reason
                yield _Seen(setting.value, use.id, use.at, EntryKind.STAFFING, what, why)


def _version(use: Use) -> str:
    if use.exchange.setting is not Setting.POLICY:
        return ""
    pin = Pin.of(dict(use.exchange.content))
    return f"{pin.key} {pin.version}"


def _texts(tx: Tx, site_id: UUID) -> Iterator[_Seen]:
    for text in site_texts.ever_published(tx, site_id):
        if text.published_at is not None:
            what = f"{text.key.purpose} ({text.key.language})"
            yield _Seen("text", text.id, text.published_at, EntryKind.TEXT, what)
