"""What happened to one patient, day by day: surveys, messages, alerts, pauses, calls."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from types import MappingProxyType
from uuid import UUID

from rsm.alerts import handling
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Level
from rsm.patients.model import PatientFacts
from rsm.security import staff, trail
from rsm.security.model import AuditEntry
from rsm.web import patient_words as words
from rsm.web import when
from rsm.web.auth import Desk
from rsm.web.staff_words import word
from rsm.web.views.alerts import TimelineEntry
from rsm.web.views.common import FilterLink
from rsm.web.views.patients import StoryDay

_EVENTS = 60
# Which events a filter shows, by how their names begin; what none names stands in the record.
_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "surveys": ("survey.", "response.", "answers.", "conversation."),
        "messages": ("message.", "text.", "texts.", "stop."),
        "alerts": ("alert.", "findings.", "expected.", "override."),
        "pauses": ("pause.", "patient.paused", "patient.resumed"),
        "calls": ("call.", "task."),
    }
)
_RECORD = "record"
_ARRIVED = frozenset({"message.accepted", "message.sent", "message.delivered"})
_QUESTIONS = frozenset({"survey_ask", "survey_ask_again", "survey_words"})


def actions_of(show: str) -> tuple[str, ...]:
    """The events that the filter shows; all of them for one that we do not know."""
    if show == _RECORD:
        named = {one for kind in _KINDS for one in actions_of(kind)}
        return tuple(one for one in words.STORY_ACTIONS if one not in named)
    begins = _KINDS.get(show)
    if begins is None:
        return words.STORY_ACTIONS
    return tuple(one for one in words.STORY_ACTIONS if one.startswith(begins))


def filters(here: str, show: str) -> tuple[FilterLink, ...]:
    """All, and each kind of event."""
    known = ("", *_KINDS, _RECORD)
    chosen = show if show in known else ""
    return tuple(
        FilterLink(
            word("story", one or "all"),
            f"{here}?story={one}#tl" if one else f"{here}#tl",
            current=one == chosen,
        )
        for one in known
    )


def days(
    desk: Desk, facts: PatientFacts, show: str, before: int | None
) -> tuple[tuple[StoryDay, ...], int | None]:
    """The days, the newest first, and the event from which earlier ones are to be asked for."""
    actions = actions_of(show)
    events = trail.of_patient(desk.tx, facts.id, actions, before=before, limit=_EVENTS + 1)
    shown = events[:_EVENTS]
    more = shown[-1].seq if len(events) > _EVENTS else None
    return tuple(_days(desk, facts, shown)), more


def _days(desk: Desk, facts: PatientFacts, events: Sequence[AuditEntry]) -> Iterator[StoryDay]:
    actors = {event.actor_id for event in events if event.actor_id is not None}
    names = {who: view.name for who, view in staff.many(desk.tx, actors).items()}
    levels = {alert.id: alert.level for alert in handling.of_patient(desk.tx, facts.id)}
    zone = zone_named(facts.zone)
    told = [event for event in events if not _is_talk(event)]
    for day, inside in groupby(told, key=lambda event: local_of(event.at, zone).date()):
        entries = [_leading(_entry(event, names, levels), event, facts) for event in inside]
        yield StoryDay(when.local_date(day, facts.zone), tuple(_folded(entries)))


def _is_talk(event: AuditEntry) -> bool:
    """One question of many in a survey by text, that came to pass as it should."""
    return event.action in _ARRIVED and event.facts.get("purpose") in _QUESTIONS


def _folded(entries: Sequence[TimelineEntry]) -> Iterator[TimelineEntry]:
    """The same thing said again in the same minute is said once, with how often."""

    def same(one: TimelineEntry) -> tuple[str, str, str]:
        return f"{one.at:%H:%M}", one.text, one.url

    for _, alike in groupby(entries, key=same):
        found = list(alike)
        first = found[0]
        if len(found) == 1:
            yield first
        else:
            text = word("story", "times").format(text=first.text, count=len(found))
            yield TimelineEntry(first.at, text, first.level, first.url, first.url_label)


_REPORTED = frozenset({"survey.completed", "survey.partial", "answers.corrected"})


def _leading(entry: TimelineEntry, event: AuditEntry, facts: PatientFacts) -> TimelineEntry:
    """The same, with the way to the report where it tells of one."""
    if event.action not in _REPORTED or event.subject_id is None:
        return entry
    url = f"/sites/{facts.site_id}/patients/{facts.id}/reports/{event.subject_id}"
    return replace(entry, url=url, url_label=word("story", "report"))


def _entry(
    event: AuditEntry, names: Mapping[UUID, str], levels: Mapping[UUID, Level]
) -> TimelineEntry:
    is_alert = event.subject_kind == "alert" and event.subject_id in levels
    level = levels[event.subject_id] if is_alert and event.subject_id is not None else None
    return TimelineEntry(
        at=event.at,
        text=words.story_line(event, names),
        level=level,
        url=f"/alerts/{event.subject_id}" if is_alert else "",
        url_label="Open the alert" if is_alert else "",
    )
