"""One patient's reports as they became known: what was judged when, and with which history. Pure.

The order of knowing is not the order of answering: a late report, a correction or a survey that
was closed in part comes to be known after others that were answered later, and judges them again
(decision 11); what was set aside ("not me") leaves the history from then on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from operator import itemgetter
from uuid import UUID

from rsm.alerts.model import Report
from rsm.kernel.answers import Answers
from rsm.kernel.words import Reporter
from rsm.metrics.replay_model import Version


@dataclass(frozen=True, slots=True)
class Judging:
    """One time that a report was judged. `drafted`: on the way, by the emergency rules alone."""

    version: Version
    at: datetime
    history: Sequence[Report]
    drafted: bool = False


# What later reports compare themselves with, made of a stored one.
ToReport = Callable[[Version], Report]


def as_it_is(version: Version) -> Report:
    """A report of an instrument that asks for no number."""
    return Report(version.at, version.answers, version.reporter)


class _Kind(IntEnum):
    """What happens; at the same instant in this order."""

    SAVED = 0
    KNOWN = 1
    GONE = 2


class _Voice:
    """The reports of one voice that count just now, the oldest answers first."""

    __slots__ = ("_keys", "_report_of", "_reports", "_versions")

    def __init__(self, report_of: ToReport) -> None:
        self._report_of = report_of
        self._keys: list[tuple[datetime, UUID]] = []
        self._reports: list[Report] = []
        self._versions: list[Version] = []

    def before(self, at: datetime) -> list[Report]:
        return self._reports[: bisect_left(self._keys, at, key=itemgetter(0))]

    def after(self, at: datetime) -> list[Version]:
        return self._versions[bisect_right(self._keys, at, key=itemgetter(0)) :]

    def add(self, version: Version) -> None:
        place = bisect_left(self._keys, (version.at, version.id))
        report = self._report_of(version)
        self._keys.insert(place, (version.at, version.id))
        self._reports.insert(place, report)
        self._versions.insert(place, version)

    def drop(self, occurrence_id: UUID) -> None:
        """Take out the revision that stood for this survey."""
        for place, version in enumerate(self._versions):
            if version.occurrence_id == occurrence_id:
                del self._keys[place], self._reports[place], self._versions[place]
                return


def judgings(versions: Sequence[Version], report_of: ToReport = as_it_is) -> Iterator[Judging]:
    """Every judging of the reports that count, in the order in which it happened."""
    voices = {True: _Voice(report_of), False: _Voice(report_of)}
    for at, kind, version, answers in _events(versions):
        voice = voices[version.reporter is Reporter.PROXY]
        if kind is _Kind.SAVED:
            draft = replace(version, answers=answers, at=at)
            yield Judging(draft, at, voice.before(at), drafted=True)
            continue
        if kind is _Kind.GONE:
            voice.drop(version.occurrence_id)
            continue
        if version.revision > 1:
            voice.drop(version.occurrence_id)
        if version.counted:
            yield Judging(version, at, voice.before(version.at))
        voice.add(version)
        for later in voice.after(version.at):
            if later.counted:
                yield Judging(later, at, voice.before(later.at))


_Event = tuple[datetime, _Kind, Version, Answers]


def _events(versions: Sequence[Version]) -> list[_Event]:
    events: list[_Event] = []
    for version in versions:
        if version.is_sent:
            events.append((version.known_at, _Kind.KNOWN, version, version.answers))
        if version.set_aside_at is not None and version.is_sent:
            events.append((version.set_aside_at, _Kind.GONE, version, version.answers))
        if version.saved and version.counted:
            events += _saved(version)
    events.sort(key=_order)
    return events


def _order(event: _Event) -> tuple[datetime, int, datetime, UUID]:
    at, kind, version, _ = event
    return at, kind, version.at, version.id


def _saved(version: Version) -> Iterator[_Event]:
    """The draft after each answer with a value that was saved before the report was sent."""
    answers: Answers = {}
    for one in version.saved:
        if version.is_sent and one.at >= version.known_at:
            break  # saved with the sending, as when a nurse takes a whole report down
        answers = {**answers, one.item: one.answer}
        if one.answer.value is not None:
            yield one.at, _Kind.SAVED, version, answers
