"""What the patient pages show: view models from a visit, in the patient's language and zone."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from rsm.flow.outcome import Outcome, advice
from rsm.instruments import burden
from rsm.instruments.decide import next_item, progress
from rsm.instruments.model import Item
from rsm.kernel.answers import Answer, AnswerStatus
from rsm.kernel.words import Channel, Level
from rsm.patients import service as patients
from rsm.responses.decide import WORDS_AT_MOST
from rsm.schedules import service as schedules
from rsm.sites.model import WEEKDAYS
from rsm.web import item_words, when
from rsm.web.item_words import worded
from rsm.web.patient_advice import of_symptoms
from rsm.web.patient_history import histories
from rsm.web.patient_visit import Visit
from rsm.web.views.patient import (
    DoneKind,
    DoneView,
    Reported,
    ReviewRow,
    ReviewView,
    StartView,
)
from rsm.web.views.patient_aside import BirthDateView, ExpiredView, FinishedView

_TO = {"en": "to", "es": "a", "ar": "إلى"}
_MARKS = {"ar": ("، ", "؛ ")}  # between a day and its hours, and between days


def start(visit: Visit) -> StartView:
    """What this is and who reads it; one button."""
    answers = visit.answers
    number, total = progress(visit.instrument, answers)
    return StartView(
        frame=visit.frame,
        action=visit.url("/start"),
        question_count=total,
        minutes=burden.minutes(total, ()).minutes,
        read_hours=read_hours(visit),
        closes_at=visit.survey.closes_at,
        continue_at=number if answers else None,
        call_me_action=visit.url("/call-me"),
        not_me_url=visit.url("/not-me"),
    )


def review(visit: Visit, words: str = "", *, too_long: bool = False) -> ReviewView:
    """The answers that this browser may see, and room for own words."""
    shown = visit.shown()
    return ReviewView(
        frame=visit.frame,
        action=visit.url("/review"),
        rows=tuple(
            _row(visit, item, shown[item.code]) for item in visit.asked() if item.code in shown
        ),
        words=words,
        words_max=WORDS_AT_MOST,
        words_too_long=too_long,
        read_hours=read_hours(visit),
        has_hidden=visit.hides_answers(),
    )


def _row(visit: Visit, item: Item, answer: Answer) -> ReviewRow:
    return ReviewRow(
        label=name_of(visit, item),
        answer=item_words.shown(item, answer, visit.language),
        change=str(visit.number_of(item)),
        refused=answer.status is AnswerStatus.REFUSED,
    )


def done(visit: Visit, outcome: Outcome) -> DoneView:
    """Thanks, and what happens now: the route that the answers really took."""
    known = visit.may_see is not None and visit.may_see.known
    return DoneView(
        frame=visit.frame,
        kind=_kind(outcome),
        stored_at=outcome.response.submitted_at or visit.tx.now,
        again_action=visit.url("/again"),
        looker=outcome.looker,
        look_by=outcome.look_by,
        nobody_on_duty=outcome.nobody,
        held_until=outcome.held_until,
        reported=_reported(visit, outcome),
        advice=advice(visit.tx, outcome, visit.language),
        call_ending=_call_ending(visit, outcome),
        seen_at=outcome.seen_at,
        seen_by=outcome.seen_by,
        read_hours=read_hours(visit),
        histories=histories(visit, outcome) if known else (),
        history_url="" if known else birth_date_url(visit, "done"),
        symptoms=of_symptoms(visit, outcome),
    )


def birth_date_url(visit: Visit, then: str) -> str:
    """Where the birth date is asked, and which page comes after it."""
    url = visit.url("/birth-date")
    return f"{url}{'&' if '?' in url else '?'}to={then}"


def _kind(outcome: Outcome) -> DoneKind:
    if outcome.review and outcome.level is not Level.EMERGENCY:
        return DoneKind.REVIEW
    if outcome.level is None or outcome.level is Level.INFO:
        return DoneKind.NORMAL
    return DoneKind.EXPECTED if outcome.expected else DoneKind(outcome.level.value)


def _reported(visit: Visit, outcome: Outcome) -> tuple[Reported, ...]:
    """The answers that raised the alert, as far as this browser may see them."""
    if not outcome.items:
        return ()
    answers, items = visit.shown(), visit.instrument.item_by_code
    return tuple(
        Reported(
            name_of(visit, items[code]),
            item_words.shown(items[code], answers[code], visit.language) or "",
        )
        for code in outcome.items
        if code in answers and code in items
    )


def _call_ending(visit: Visit, outcome: Outcome) -> str:
    if outcome.level is None or visit.may_see is None:
        return ""
    number = patients.address(visit.tx, visit.survey.patient_id, Channel.SMS)
    return number[-2:] if number else ""


def finished(visit: Visit, outcome: Outcome) -> FinishedView:
    """The survey was sent already; nothing of its answers is shown."""
    return FinishedView(
        frame=visit.frame,
        sent_at=outcome.response.submitted_at or visit.tx.now,
        again_action=visit.url("/again"),
        status_url=visit.url("/done"),
        seen_at=outcome.seen_at,
        next_at=next_at(visit),
    )


def expired(visit: Visit) -> ExpiredView:
    """The link is closed; a new one may be texted to the phone on file."""
    return ExpiredView(
        frame=visit.frame,
        action=visit.url("/new-link") if visit.patient.is_active else "",
        was_for=visit.survey.local_date if visit.survey.scheduled else None,
        closed_at=min(visit.survey.closes_at, visit.survey.closed_at or visit.survey.closes_at),
        next_at=next_at(visit),
    )


# Where to for whoever does not say it, by the page that she wanted.
_INSTEAD = {"done": "/done", "me": ""}


def birth_date(visit: Visit, then: str, **failure: bool) -> BirthDateView:
    """Asked before earlier answers are shown; never before help or new answers."""
    left = visit.link.tries_left(visit.tx.now)
    given = visit.given
    return BirthDateView(
        frame=visit.frame,
        action=birth_date_url(visit, then),
        skip_url=visit.url(_INSTEAD.get(then, "/q")),
        tries_left=left if failure.get("wrong") else None,
        locked=left <= 0,
        day=given.get("day", "")[:2],
        month=given.get("month", "")[:2],
        year=given.get("year", "")[:4],
        **failure,
    )


def date_of(given: Mapping[str, str]) -> date | None:
    """The date in the form's three fields, or None when it is none."""
    try:
        return date(*(int(given.get(name, "").strip()) for name in ("year", "month", "day")))
    except ValueError:
        return None


def is_complete(visit: Visit) -> bool:
    """Whether every question that is asked has an answer."""
    return next_item(visit.instrument, visit.answers) is None


def next_at(visit: Visit) -> datetime | None:
    """When the next planned survey opens."""
    plan = schedules.assignment(visit.tx, visit.survey.patient_id)
    return plan.opens_next if plan and visit.patient.is_active else None


def name_of(visit: Visit, item: Item) -> str:
    """What an item is called where its answer stands."""
    return worded(item.short, visit.language) or worded(item.text, visit.language)


def read_hours(visit: Visit) -> str:
    """When somebody reads: "Monday to Friday, 8 am to 6 pm"."""
    hours = visit.site.service_hours
    runs: list[tuple[int, int, tuple[time, time]]] = []
    for day, name in enumerate(WEEKDAYS):
        if name not in hours:
            continue
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == hours[name]:
            runs[-1] = (runs[-1][0], day, hours[name])
        else:
            runs.append((day, day, hours[name]))
    between = _MARKS.get(visit.language, (", ", "; "))[1]
    return between.join(_run(run, visit.language) for run in runs)


def _run(run: tuple[int, int, tuple[time, time]], language: str) -> str:
    first, last, (opens, closes) = run
    to, days = _TO.get(language, "-"), when.words_of(language).weekdays
    named = days[first] if first == last else f"{days[first]} {to} {days[last]}"
    comma = _MARKS.get(language, (", ", ""))[0]
    return f"{named}{comma}{_clock(opens, language)} {to} {_clock(closes, language)}"


def _clock(at: time, language: str) -> str:
    halves: Sequence[str] = when.words_of(language).halves
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{(at.hour - 1) % 12 + 1}{minutes} {halves[at.hour >= 12]}"
