"""The door to the journal and to how far a site has come.

What was written stays: a correction is a further row that names the one that it replaces.
"""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from rsm.db.work import Tx
from rsm.improvement import noted, store, trials
from rsm.improvement.live_model import Stage
from rsm.improvement.model import Entry, NewEntry
from rsm.improvement.tables import JournalEntry
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.metrics.model import Days
from rsm.security.audit import Subject, record
from rsm.sites import service as sites

TITLE_AT_MOST, WORDS_AT_MOST, TAG_AT_MOST = 120, 2000, 120
_AHEAD = timedelta(days=366)  # a change may be announced
_EARLIEST = date(2000, 1, 1)


def entries(tx: Tx, site_id: UUID, days: Days, language: str = "en") -> tuple[Entry, ...]:
    """What was changed on these local days, the first one first: what people wrote, and what the
    system saw come into use, unless somebody put that into her own words, or took it out."""
    known = store.sources(tx, site_id)
    seen = noted.entries(tx, site_id, days, language)
    rest = [entry for entry in seen if entry.source not in known]
    both = [*store.between(tx, site_id, days), *rest]
    return tuple(sorted(both, key=lambda entry: (entry.on, entry.id)))


def shared(tx: Tx, site_id: UUID) -> tuple[Entry, ...]:
    """What the site has consented to share with its collaborative: people's own entries only."""
    return tuple(store.shared(tx, site_id))


def get(tx: Tx, site_id: UUID, entry_id: UUID, language: str = "en") -> Entry:
    """One entry as it counts now, also one that only the system noted. Raises `NotFound`."""
    row = store.latest(tx, site_id, entry_id)
    if row is not None and not row.withdrawn:
        return store.entry(row)
    always = Days(date.min, date.max)
    for entry in noted.entries(tx, site_id, always, language) if row is None else ():
        if entry.id == entry_id:
            return entry
    raise NotFound("no such entry")


def history(tx: Tx, site_id: UUID, entry_id: UUID) -> tuple[Entry, ...]:
    """Every wording of an entry, the first one first."""
    return tuple(store.entry(row) for row in store.history(tx, site_id, entry_id))


def write(tx: Tx, site_id: UUID, new: NewEntry) -> UUID:
    """A new entry; gives its id. Raises `Invalid` with every problem, `Conflict` where somebody
    put the same note of the system into words already."""
    new = _checked(tx, site_id, new)
    entry_id = _add(tx, site_id, new, None)
    _note(tx, "journal.written", site_id, entry_id, new)
    return entry_id


def correct(tx: Tx, site_id: UUID, entry_id: UUID, new: NewEntry, seen: int) -> None:
    """Another wording; the former one stays readable. `seen`: the revision that was corrected.

    Raises `Conflict` when somebody was faster.
    """
    row = _current(tx, site_id, entry_id, seen)
    new = _checked(tx, site_id, replace(new, source=row.source or ""))
    _add(tx, site_id, new, row)
    _note(tx, "journal.corrected", site_id, entry_id, new)


def withdraw(tx: Tx, site_id: UUID, entry_id: UUID, seen: int) -> None:
    """It was written by mistake: it counts no more, and stays readable."""
    row = _current(tx, site_id, entry_id, seen)
    entry = store.entry(row)
    same = NewEntry(
        entry.on, entry.kind, entry.title, entry.words, entry.strategy, entry.barrier,
        source=entry.source,
    )  # fmt: skip
    _add(tx, site_id, same, row, withdrawn=True)
    record(tx, "journal.withdrawn", Subject("journal_entry", entry_id), site_id)


def stage(tx: Tx, site_id: UUID) -> Stage:
    """How far the site has come."""
    if sites.get(tx, site_id).is_live:
        return Stage.LIVE
    return Stage.PREPARING if trials.standing(tx, site_id) is None else Stage.TRIAL


# -------------------------------------------------------------------------------------------


def _current(tx: Tx, site_id: UUID, entry_id: UUID, seen: int) -> JournalEntry:
    row = store.latest(tx, site_id, entry_id)
    if row is None or row.withdrawn:
        raise NotFound("no such entry")
    if row.revision != seen:
        raise _faster()
    return row


def _add(
    tx: Tx, site_id: UUID, new: NewEntry, former: JournalEntry | None, *, withdrawn: bool = False
) -> UUID:
    try:
        with tx.savepoint():
            return store.add(tx, site_id, new, former, withdrawn=withdrawn)
    except IntegrityError:
        raise _faster() from None


def _faster() -> Conflict:
    return Conflict("somebody else changed the entry meanwhile: look again, then repeat")


def _checked(tx: Tx, site_id: UUID, new: NewEntry) -> NewEntry:
    tidy = replace(
        new,
        title=_plain(new.title),
        words=_plain(new.words),
        strategy=_plain(new.strategy),
        barrier=_plain(new.barrier),
    )
    problems = [] if tidy.title else [Problem("title", "is missing")]
    for name, most in (
        ("title", TITLE_AT_MOST),
        ("words", WORDS_AT_MOST),
        ("strategy", TAG_AT_MOST),
        ("barrier", TAG_AT_MOST),
    ):
        if len(getattr(tidy, name)) > most:
            problems.append(Problem(name, f"is longer than {most} characters"))
    today = local_of(tx.now, zone_named(sites.get(tx, site_id).zone)).date()
    if not _EARLIEST <= tidy.on <= today + _AHEAD:
        problems.append(Problem("on", "is too far from today"))
    if problems:
        raise Invalid(problems)
    return tidy


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()  # the database cannot hold that character


def _note(tx: Tx, action: str, site_id: UUID, entry_id: UUID, new: NewEntry) -> None:
    facts = {"kind": new.kind.value, "shared": new.shared}
    record(tx, action, Subject("journal_entry", entry_id), site_id, **facts)
