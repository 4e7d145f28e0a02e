"""One view of each kind of patient page, with invented people and 555-01xx numbers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from rsm.web.charts import WeekBar, WeekState
from rsm.web.pages import View
from rsm.web.views.common import Field
from rsm.web.views.mail import MailStopView
from rsm.web.views.patient import (
    DoneKind,
    DoneView,
    HistoryView,
    LanguageLink,
    Option,
    PatientFrame,
    QuestionView,
    Reported,
    ReviewRow,
    ReviewView,
    StartView,
)
from rsm.web.views.patient_aside import (
    BirthDateView,
    ExpiredView,
    FinishedView,
    NoticeKind,
    NoticeView,
    NotMeView,
    NotSentView,
    PatientErrorKind,
    PatientErrorView,
)

NOW = datetime(2026, 10, 19, 14, 3, tzinfo=UTC)
ZONE = "America/Chicago"
LINK = "/s/Qm4xT7k2"
WORDS = {
    "en": {
        "site": "Lakeside Cancer Clinic",
        "hours": "Monday to Friday, 8 to 6",
        "pain": "Pain, at its worst",
        "question": "How bad was your pain at its worst?",
        "recall": "In the last 7 days",
        "scale": "None|Mild|Moderate|Severe|Very severe",
        "detail": "No pain at all|There, but easy to ignore|Hard to ignore|It stops me|The worst",
        "advice": "Take your pain medicine as it was prescribed. Take no more than that.",
        "today": "Today",
    },
    "es": {
        "site": "Clínica Lakeside",
        "hours": "de lunes a viernes, de 8 a 6",
        "pain": "Dolor, en su peor momento",
        "question": "¿Qué tan fuerte fue su dolor en el peor momento?",
        "recall": "En los últimos 7 días",
        "scale": "Ninguno|Leve|Moderado|Fuerte|Muy fuerte",
        "detail": "No tuve dolor|Lo noto|Cuesta no pensar en él|No me deja hacer cosas|El peor",
        "advice": "Tome su medicina para el dolor como se la recetaron. No tome más que eso.",
        "today": "Hoy",
    },
}


def patient_frame(language: str = "en") -> PatientFrame:
    other = "es" if language == "en" else "en"
    name = {"en": "English", "es": "Español"}[other]
    return PatientFrame(
        site_name=WORDS[language]["site"],
        clinic_phone="+12025550140",
        emergency_number="911",
        now=NOW,
        zone=ZONE,
        languages=(LanguageLink(other, name, f"?lang={other}"),),
    )


def question(language: str) -> QuestionView:
    words = WORDS[language]
    labels, details = words["scale"].split("|"), words["detail"].split("|")
    return QuestionView(
        frame=patient_frame(language),
        action=f"{LINK}/q/3",
        number=3,
        total=12,
        item="pain.severity",
        text=words["question"],
        recall=words["recall"],
        options=tuple(
            Option(str(code), label, details[code], checked=code == 3)
            for code, label in enumerate(labels)
        ),
    )


def history(language: str) -> HistoryView:
    words = WORDS[language]
    weeks = (
        WeekBar("31 Aug", 1),
        WeekBar("7 Sep", 1),
        WeekBar("14 Sep", 0),
        WeekBar("21 Sep", 2),
        WeekBar("28 Sep", None, WeekState.NO_REPORT),
        WeekBar("5 Oct", None, WeekState.REFUSED),
        WeekBar("12 Oct", 2),
        WeekBar(words["today"], 4),
    )
    return HistoryView(words["pain"], tuple(words["scale"].split("|")), weeks)


def done(kind: DoneKind, language: str) -> DoneView:
    words = WORDS[language]
    return DoneView(
        frame=patient_frame(language),
        kind=kind,
        stored_at=NOW,
        again_action=f"{LINK}/again",
        looker="Dana Reyes",
        look_by=NOW + timedelta(hours=1),
        call_ending="31",
        read_hours=words["hours"],
        history_url=f"{LINK}/birth-date",
    )


def _done_pages(language: str) -> Iterator[tuple[str, str, View]]:
    words = WORDS[language]
    reported = (Reported(words["pain"], words["scale"].split("|")[4]),)
    for kind in DoneKind:
        yield f"done-{kind}", "patient/done.html", done(kind, language)
    severe = replace(
        done(DoneKind.EMERGENCY, language), reported=reported, advice=(words["advice"],)
    )
    urgent = done(DoneKind.URGENT, language)
    soon = replace(done(DoneKind.SOON, language), looker="", look_by=None, advice=("Drink often.",))
    page = "patient/done.html"
    yield "done-severe", page, severe
    yield (
        "done-history",
        page,
        replace(urgent, histories=(history(language),), history_url="", advice=(words["advice"],)),
    )
    yield (
        "done-nobody",
        page,
        replace(urgent, nobody_on_duty=True, next_duty_at=NOW + timedelta(hours=16)),
    )
    yield (
        "done-severe-nobody",
        page,
        replace(severe, nobody_on_duty=True, next_duty_at=NOW + timedelta(hours=16)),
    )
    yield (
        "done-seen",
        page,
        replace(urgent, seen_at=NOW + timedelta(minutes=9), seen_by="Dana Reyes"),
    )
    yield "done-seen-team", page, replace(severe, seen_at=NOW + timedelta(minutes=9))
    yield "done-unnamed", page, soon


def _birth_pages(language: str) -> Iterator[tuple[str, str, View]]:
    ask = BirthDateView(patient_frame(language), f"{LINK}/birth-date", f"{LINK}/done")
    page = "patient/birth_date.html"
    yield "birth", page, ask
    yield (
        "birth-wrong",
        page,
        replace(ask, wrong=True, tries_left=1, day="30", month="4", year="1962"),
    )
    yield "birth-incomplete", page, replace(ask, incomplete=True, tries_left=3, day="30")
    yield "birth-locked", page, replace(ask, locked=True)


def patient_pages(language: str) -> Iterator[tuple[str, str, View]]:
    """(name, template, view) of every patient page and variant in `language`."""
    frame, words = patient_frame(language), WORDS[language]
    start = StartView(
        frame=frame,
        action=f"{LINK}/start",
        question_count=12,
        minutes=3,
        read_hours=words["hours"],
        closes_at=NOW + timedelta(days=2, hours=13),
        call_me_action=f"{LINK}/call-me",
        not_me_url=f"{LINK}/not-me",
    )
    yield "start", "patient/start.html", start
    yield (
        "start-continue",
        "patient/start.html",
        replace(start, continue_at=5, call_me_action="", not_me_url="", helper_may_answer=False),
    )
    yield "start-one", "patient/start.html", replace(start, question_count=1)
    ask = question(language)
    yield "question", "patient/question.html", ask
    yield (
        "question-error",
        "patient/question.html",
        replace(ask, error=True, options=tuple(replace(o, checked=False) for o in ask.options)),
    )
    yield (
        "question-required",
        "patient/question.html",
        replace(ask, error=True, refusable=False, bars=False, has_back=False, notice="Own words."),
    )
    labels = words["scale"].split("|")
    rows = tuple(
        ReviewRow(f"{words['pain']} {n}", labels[n % 5], f"{LINK}/q/{n}?from=review")
        for n in range(1, 10)
    )
    review = ReviewView(
        frame=frame,
        action=f"{LINK}/send",
        rows=(
            *rows,
            ReviewRow("Item 10", None, f"{LINK}/q/10", refused=True),
            ReviewRow("Item 11", None, f"{LINK}/q/11"),
        ),
    )
    yield "review", "patient/review.html", review
    yield (
        "review-long",
        "patient/review.html",
        replace(review, words="x" * 1200, words_too_long=True, read_hours=words["hours"]),
    )
    yield from _done_pages(language)
    yield from _birth_pages(language)
    yield from _other_pages(language)


def _other_pages(language: str) -> Iterator[tuple[str, str, View]]:
    frame = patient_frame(language)
    soon = NOW + timedelta(days=7)
    expired = ExpiredView(frame, f"{LINK}/new-link", date(2026, 10, 12), NOW, soon)
    yield "expired", "patient/expired.html", expired
    yield "expired-plain", "patient/expired.html", ExpiredView(frame, "")
    yield (
        "finished",
        "patient/finished.html",
        FinishedView(frame, NOW, f"{LINK}/again", f"{LINK}/done", NOW, soon),
    )
    yield (
        "not-sent",
        "patient/not_sent.html",
        NotSentView(frame, f"{LINK}/q/12", (Field("nausea.frequency", "2"),), 11, soon),
    )
    yield "not-sent-plain", "patient/not_sent.html", NotSentView(frame, f"{LINK}/send", ())
    yield "not-me", "patient/not_me.html", NotMeView(frame, f"{LINK}/not-me", LINK)
    yield "mail-stop", "patient/mail_stop.html", MailStopView(frame, "/mail/stop/x", stopped=False)
    ended = MailStopView(frame, "/mail/stop/x/start", stopped=True)
    yield "mail-stopped", "patient/mail_stop.html", ended
    for notice in NoticeKind:
        yield f"notice-{notice}", "patient/notice.html", NoticeView(frame, notice)
    for error in PatientErrorKind:
        yield f"error-{error}", "patient/error.html", PatientErrorView(frame, error, "K7QM")
    nowhere = replace(frame, site_name="RSM", clinic_phone="", clinic_open_always=False)
    yield "error-no-site", "patient/error.html", PatientErrorView(nowhere)
    session = replace(frame, csrf="tok", fields=(Field("once", "7F"),))
    yield "question-session", "patient/question.html", replace(question(language), frame=session)
    due = replace(frame, crisis=("Call or text 988 now, at any hour.",))
    yield "question-crisis", "patient/question.html", replace(question(language), frame=due)
