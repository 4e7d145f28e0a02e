"""The figures of a drawn year, worked out from its facts alone: plain sums that share no code."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import ceil

from tests.bulk_people import AlertFact, PatientFact, SurveyFact

Pair = tuple[float | None, int | None]
_REPORT = ("completed", "partial")


def expected(people: Sequence[PatientFact]) -> dict[str, Pair]:
    """Measure → part and whole; a count or a duration has no whole."""
    counted: Counter[str] = Counter()
    for one in people:
        counted.update(_of_patient(one))
        for place, survey in enumerate(one.surveys):
            counted.update(_of_survey(survey, first=place == 0))
        counted.update(_of_spans(one))
    alerts = [survey.alert for one in people for survey in one.surveys if survey.alert]
    return {
        **{name: (counted[part], counted[whole]) for name, part, whole in _RATES},
        **{name: (counted[name], None) for name in _COUNTS},
        **_durations(alerts),
    }


_RATES = (
    *(("reach", "enrolled", "eligible"), ("declined", "declined", "approached")),
    *(("never_asked", "never_asked", "not_declined"), ("never_sent", "never_sent", "ever_due")),
    *(("activation", "active", "enrolled"), ("follow_up", "followed", "with_baseline")),
    *((name, name, "due") for name in ("sent", "delivered", "started", "completed", "partial")),
    *((name, name, "due") for name in ("not_sent", "not_answered", "by_self", "by_proxy")),
    *((name, name, "due") for name in ("by_staff", "assisted")),
    ("completed_delivered", "completed_delivered", "delivered"),
    *(("alerting", "alerting", "reports"), ("items_alerting", "alerting", "items_answered")),
    ("baseline_completed", "baseline_completed", "baseline_due"),
    ("weekly_adherence", "weeks_answered", "patient_weeks"),
    ("alerting_weeks", "weeks_alerting", "weeks_answered"),
    ("monthly_adherence", "months_answered", "months_due"),
    ("alerting_months", "months_alerting", "months_answered"),
    *(("repeats", "repeats", "opened"), ("acted", "acted", "opened")),
    *(("no_action", "no_action", "opened"), ("unanswered", "unanswered", "opened")),
    *(("closed_under_48h", "under_48h", "opened"), ("closed_over_7d", "over_7d", "opened")),
    *(("pressing", "pressing", "opened"), ("texts_failed", "texts_failed", "texts")),
    ("alerting_patients", "alerting_patients", "active"),
)
_COUNTS = ("due", "patient_weeks", "opened", "texts", "segments", "items_answered", "open_now")


def _of_patient(one: PatientFact) -> Iterable[str]:
    asked = any(survey.texts or survey.state in _REPORT for survey in one.surveys)
    reported = [survey for survey in one.surveys if survey.state in _REPORT]
    yield "eligible"
    yield from ["approached"] * (one.declined or one.enrolled is not None)
    yield "declined" if one.declined else "not_declined"
    yield from ["never_asked"] * (not one.declined and not asked)
    yield from ["enrolled"] * (one.enrolled is not None)
    yield from ["ever_due"] * bool(one.surveys)
    yield from ["never_sent"] * (bool(one.surveys) and not asked)
    yield from ["active"] * bool(reported)
    yield from ["alerting_patients"] * any(survey.alert for survey in one.surveys)
    later = one.surveys[1:]
    if later and one.surveys[0].state == "completed":
        yield "with_baseline"
        yield from ["followed"] * any(survey.state == "completed" for survey in later)


def _of_survey(survey: SurveyFact, first: bool) -> Counter[str]:
    states = [state for state, _ in survey.texts]
    completed, delivered = survey.state == "completed", "delivered" in states
    helped = survey.by_staff or survey.reporter == "proxy"
    missed = survey.state == "missed"
    holds = {
        "due": True,
        "sent": bool(states),
        "delivered": delivered,
        "started": not missed,
        "reports": not missed,
        survey.state: True,
        "not_sent": missed and survey.never_asked,
        "not_answered": missed and not survey.never_asked,
        "completed_delivered": completed and delivered,
        "by_self": completed and not helped,
        "assisted": completed and helped,
        "by_proxy": completed and survey.reporter == "proxy",
        "by_staff": completed and survey.by_staff and survey.reporter != "proxy",
        "alerting": survey.alert is not None,
        "baseline_due": first,
        "baseline_completed": first and completed,
    }
    found = Counter(name for name, held in holds.items() if held)
    found["items_answered"] += survey.items
    found["texts"] += len(states)
    found["texts_failed"] += states.count("undelivered")
    found["segments"] += sum(segments for _, segments in survey.texts)
    return found


def _of_spans(one: PatientFact) -> Counter[str]:
    """Each week and month of a patient once; and her alerts, with what came before each."""
    found: Counter[str] = Counter()
    weeks = [(survey.on - timedelta(days=survey.on.weekday()), survey) for survey in one.surveys]
    months = [((survey.on.year, survey.on.month), survey) for survey in one.surveys]
    for name, due, spans in (("weeks", "patient_weeks", weeks), ("months", "months_due", months)):
        found[due] += len({begins for begins, _ in spans})
        answered = {begins for begins, survey in spans if survey.state in _REPORT}
        found[f"{name}_answered"] += len(answered)
        found[f"{name}_alerting"] += len({begins for begins, survey in spans if survey.alert})
    alerts = [survey.alert for survey in one.surveys if survey.alert]
    for place, alert in enumerate(alerts):
        found.update(_of_alert(alert, alerts[:place]))
    return found


def _of_alert(alert: AlertFact, before: Sequence[AlertFact]) -> Iterable[str]:
    fortnight = timedelta(days=14)
    closed = alert.closed
    again = (
        other.symptom == alert.symptom and alert.opened_at - other.opened_at < fortnight
        for other in before
    )
    taken = alert.acknowledged if alert.acknowledged is not None else closed
    yield "opened"
    yield from ["pressing"] * (alert.level != "soon")
    yield from ["repeats"] * any(again)
    yield from ["acted"] * (alert.code in {"phone_advice", "admission"})
    yield from ["no_action"] * (alert.code in {"expected", "wrong_threshold"})
    yield from ["unanswered"] * (taken is None or taken > 60)
    yield from ["open_now"] * (closed is None)
    yield from ["under_48h"] * (closed is not None and closed < 2 * 24 * 60)
    yield from ["over_7d"] * (closed is None or closed >= 7 * 24 * 60)


def _durations(alerts: Sequence[AlertFact]) -> dict[str, Pair]:
    never = float("inf")
    taken = sorted(
        never if minutes is None else float(minutes)
        for minutes in (
            one.closed if one.acknowledged is None else one.acknowledged for one in alerts
        )
    )
    closed = sorted(never if one.closed is None else float(one.closed) for one in alerts)
    return {
        "acknowledge_time": (_rank(taken, 0.5), None),
        "acknowledge_time_p90": (_rank(taken, 0.9), None),
        "close_time": (_rank(closed, 0.5), None),
        "close_time_p90": (_rank(closed, 0.9), None),
    }


def _rank(minutes: Sequence[float], share: float) -> float | None:
    """The nearest rank; nothing where that one is not over."""
    if not minutes:
        return None
    found = minutes[ceil(share * len(minutes)) - 1]
    return None if found == float("inf") else found
