"""What the patient pages show: view models from a visit, in the patient's language and zone."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from rsm.flow.outcome import Outcome, advice
from rsm.instruments.decide import next_item, progress
from rsm.instruments.model import Item, NumberItem
from rsm.instruments.numbers import shown_in_all
from rsm.kernel.answers import Answer, AnswerStatus
from rsm.kernel.words import Channel, Level
from rsm.patients import service as patients
from rsm.responses.decide import WORDS_AT_MOST
from rsm.schedules import service as schedules
from rsm.sites.model import WEEKDAYS
from rsm.web import when
from rsm.web.number_field import field_view, not_applicable, typed_of
from rsm.web.patient_history import histories
from rsm.web.patient_visit import Visit
from rsm.web.views.number import NumberView
from rsm.web.views.patient import (
    DoneKind,
    DoneView,
    Option,
    QuestionView,
    Reported,
    ReviewRow,
    ReviewView,
    StartView,
)
from rsm.web.views.patient_aside import BirthDateView, ExpiredView, FinishedView

_SECONDS_A_QUESTION = 12
_BARS = frozenset({"severity", "frequency", "amount", "interference"})
_TO = {"en": "to", "es": "a"}


def start(visit: Visit) -> StartView:
    """What this is and who reads it; one button."""
    answers = visit.answers
    number, total = progress(visit.instrument, answers)
    return StartView(
        frame=visit.frame,
        action=visit.url("/start"),
        question_count=total,
        minutes=max(1, round(total * _SECONDS_A_QUESTION / 60)),
        read_hours=read_hours(visit),
        closes_at=visit.survey.closes_at,
        continue_at=number if answers else None,
        call_me_action=visit.url("/call-me"),
        not_me_url=visit.url("/not-me"),
    )


def question(
    visit: Visit, item: Item, *, error: bool = False, field: NumberView | None = None
) -> QuestionView:
    """One question; its present answer only where this browser may see it."""
    number, total = progress(visit.instrument, visit.answers, item)
    shown = visit.shown().get(item.code)
    if field is None and isinstance(item, NumberItem):
        field = field_view(item, visit.language, typed_of(item, shown, visit.language))
    offered = visit.instrument.languages
    language = offered.get(visit.language) or next(iter(offered.values()))
    return QuestionView(
        frame=visit.frame,
        action=visit.url(f"/q/{visit.number_of(item)}"),
        number=number,
        total=total,
        item=item.code,
        text=worded(visit, item.text),
        options=_options(visit, item, shown),
        recall=worded(visit, item.recall) or language.recall,
        bars=item.type == "graded" and (item.attribute or "severity") in _BARS,
        refused=shown is not None and shown.status is AnswerStatus.REFUSED,
        error=error,
        notice=language.notice,
        number_field=field,
    )


def _options(visit: Visit, item: Item, shown: Answer | None) -> tuple[Option, ...]:
    """The answers that can be chosen; of a number those that say why there is none."""
    if not isinstance(item, NumberItem):
        value = shown.value if shown else None
        return tuple(
            Option(
                str(option.value),
                worded(visit, option.label),
                worded(visit, option.hint),
                option.value == value,
            )
            for option in item.options
        )
    if not item.may_not_apply:
        return ()
    status = AnswerStatus.NOT_APPLICABLE
    chosen = shown is not None and shown.status is status
    return (Option(status.value, not_applicable(item, visit.language), checked=chosen),)


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
    )


def _row(visit: Visit, item: Item, answer: Answer) -> ReviewRow:
    return ReviewRow(
        label=worded(visit, item.short) or worded(visit, item.text),
        answer=label_of(visit, item, answer),
        change_url=visit.url(f"/q/{visit.number_of(item)}"),
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
        history_url="" if known else _asking(visit, "done"),
    )


def _asking(visit: Visit, then: str) -> str:
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
    shown, items = visit.shown(), visit.instrument.item_by_code
    return tuple(
        Reported(
            worded(visit, items[code].short) or worded(visit, items[code].text),
            label_of(visit, items[code], shown[code]) or "",
        )
        for code in outcome.items
        if code in shown and code in items
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


def birth_date(visit: Visit, then: str, **failure: bool) -> BirthDateView:
    """Asked before earlier answers are shown; never before help or new answers."""
    left = visit.link.tries_left(visit.tx.now)
    given = visit.given
    return BirthDateView(
        frame=visit.frame,
        action=_asking(visit, then),
        skip_url=visit.url("/done" if then == "done" else "/q"),
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


def worded(visit: Visit, texts: Mapping[str, str]) -> str:
    """The text in the page's language, else in whichever there is."""
    return texts.get(visit.language) or next(iter(texts.values()), "")


def label_of(visit: Visit, item: Item, answer: Answer) -> str | None:
    """The words of the answer that was chosen; None when there is no value."""
    if answer.status is AnswerStatus.NOT_APPLICABLE:
        return not_applicable(item, visit.language)
    if answer.value is None:
        return None
    if isinstance(item, NumberItem):
        return shown_in_all(item, answer.value, visit.language)
    labels = {option.value: worded(visit, option.label) for option in item.options}
    return labels.get(answer.value)


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
    return "; ".join(_run(run, visit.language) for run in runs)


def _run(run: tuple[int, int, tuple[time, time]], language: str) -> str:
    first, last, (opens, closes) = run
    to, days = _TO.get(language, "-"), when.words_of(language).weekdays
    named = days[first] if first == last else f"{days[first]} {to} {days[last]}"
    return f"{named}, {_clock(opens, language)} {to} {_clock(closes, language)}"


def _clock(at: time, language: str) -> str:
    halves: Sequence[str] = when.words_of(language).halves
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{(at.hour - 1) % 12 + 1}{minutes} {halves[at.hour >= 12]}"
