"""One view of each kind of patient page, with invented people and 555-01xx numbers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from rsm.instruments.body import outlines
from rsm.web.charts import WeekBar, WeekState
from rsm.web.pages import View
from rsm.web.views.common import Field
from rsm.web.views.mail import MailStopView
from rsm.web.views.patient import (
    DoneKind,
    DoneView,
    HistoryView,
    LanguageLink,
    PatientFrame,
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
from rsm.web.views.question import (
    FieldView,
    Kind,
    NoteView,
    Option,
    PictureView,
    Question,
    QuestionView,
    Shape,
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
    "ar": {
        "site": "عيادة ليكسايد",
        "hours": "الاثنين إلى الجمعة، 8 ص إلى 6 م",
        "pain": "الألم في أشدّه",
        "question": "كم كانت شدة الألم في أسوأ حالاته؟",
        "recall": "في آخر 7 أيام",
        "scale": "لا شيء|خفيف|متوسط|شديد|شديد جدًا",
        "detail": "لا ألم إطلاقًا|يمكن تجاهله|يصعب تجاهله|يمنع من القيام بأشياء|الأسوأ",
        "advice": "تناولوا دواء الألم كما وُصف لكم. اتصلوا بالرقم 202-555-0140.",
        "today": "اليوم",
    },
}
SUN = PictureView('<svg viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>', "A sun")
NAMES = {"en": "English", "es": "Español", "ar": "العربية"}


def patient_frame(language: str = "en") -> PatientFrame:
    others = [code for code in NAMES if code != language]
    return PatientFrame(
        site_name=WORDS[language]["site"],
        clinic_phone="+12025550140",
        emergency_number="911",
        now=NOW,
        zone=ZONE,
        languages=tuple(LanguageLink(other, NAMES[other], f"?lang={other}") for other in others),
    )


def asked(language: str, *, checked: str = "3") -> Question:
    words = WORDS[language]
    labels, details = words["scale"].split("|"), words["detail"].split("|")
    return Question(
        id="first",
        code="pain.severity",
        kind=Kind.ONE,
        text=words["question"],
        bars=True,
        options=tuple(
            Option("pain.severity", str(code), label, details[code], checked=str(code) == checked)
            for code, label in enumerate(labels)
        ),
        instead=(Option("pain.severity", "refused", words["hours"]),),
    )


def question(language: str, *questions: Question) -> QuestionView:
    return QuestionView(
        frame=patient_frame(language),
        action=f"{LINK}/q/3",
        number=3,
        total=12,
        questions=questions or (asked(language),),
        recall=WORDS[language]["recall"],
    )


def typed(language: str, kind: Kind, field: FieldView) -> Question:
    """A question that is answered by typing; what says why there is no answer stands below."""
    instead = (Option("it:why", "refused", WORDS[language]["hours"]),)
    return Question("first", "it", kind, WORDS[language]["question"], instead=instead, field=field)


def _some(language: str, kind: Kind = Kind.SOME) -> Question:
    labels = WORDS[language]["scale"].split("|")
    options = (
        *(Option(f"it:{n}", str(n), label, picture=SUN) for n, label in enumerate(labels)),
        Option("it:9", "9", labels[0], alone=True),
    )
    why = (Option("it:why", "refused", WORDS[language]["hours"]),)
    text = WORDS[language]["question"]
    return Question("first", "it", kind, text, options=options, instead=why)


def _kinds(language: str) -> Iterator[tuple[str, str, View]]:
    """A question of each kind; several on one page, one of them to be mended."""
    words, page = WORDS[language], "patient/question.html"
    body = replace(
        _some(language, Kind.BODY),
        front=tuple(Shape(path, "it:0", on=True) for _, path in outlines("front")),
        back=tuple(Shape(path) for _, path in outlines("back")),
    )
    scale = FieldView(words["pain"], "40", low="0", high=words["detail"], minimum="0", step=5)
    fields = {
        Kind.NUMBER: FieldView(words["pain"], "38,2", words["recall"], unit="°C"),
        Kind.SCALE: replace(scale, maximum="100"),
        Kind.DATE: FieldView(words["pain"], maximum="2026-10-19", day="4", month="3", year="2026"),
        Kind.TEXT: FieldView(words["pain"], words["advice"], longest=200, long=True),
    }
    asked_so = {kind: typed(language, kind, field) for kind, field in fields.items()}
    asked_so |= {Kind.SOME: _some(language), Kind.BODY: body}
    for kind, one in asked_so.items():
        yield f"question-{kind}", page, question(language, one)
        mended = replace(question(language, replace(one, wrong="Mend it.")), may_leave=True)
        yield f"question-{kind}-wrong", page, mended
    note = NoteView(words["advice"], SUN)
    several = tuple(
        replace(one, id=f"f{n}", code=f"it{n}", wrong="Mend it." if n == 1 else "", notes=(note,))
        for n, one in enumerate(asked_so.values())
    )
    whole = question(language, *several)
    whole = replace(
        whole, by_part=True, is_section=True, title=words["pain"], texts=(words["advice"],)
    )
    yield "question-section", page, replace(whole, closing=(note,), more="f2")


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
    missing = replace(asked(language, checked=""), wrong="Choose.")
    wrong = replace(question(language, missing), is_empty=True, may_leave=True)
    yield "question-error", "patient/question.html", wrong
    plain = replace(missing, bars=False, instead=())
    required = replace(question(language, plain), has_back=False, notice="Own words.")
    yield "question-required", "patient/question.html", required
    yield from _kinds(language)
    labels = words["scale"].split("|")
    rows = tuple(ReviewRow(f"{words['pain']} {n}", labels[n % 5], str(n)) for n in range(1, 10))
    review = ReviewView(
        frame=frame,
        action=f"{LINK}/send",
        rows=(
            *rows,
            ReviewRow("Item 10", None, "10", refused=True),
            ReviewRow("Item 11", None, "11"),
        ),
    )
    yield "review", "patient/review.html", review
    hidden = replace(review, rows=(), has_hidden=True)
    yield "review-hidden", "patient/review.html", hidden
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
