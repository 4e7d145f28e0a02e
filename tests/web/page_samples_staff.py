"""One view of each kind of staff page, with invented people and 555-01xx numbers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.charts import RunPoint
from rsm.web.pages import View
from rsm.web.views.access import (
    DoneStep,
    EnrolFactorView,
    LockView,
    LoginView,
    RecoveryCodesView,
    SecondFactorView,
    SetPasswordView,
    StaffErrorView,
)
from rsm.web.views.alerts import (
    AlertActions,
    AlertView,
    Change,
    ClockState,
    Finding,
    Outcome,
    PatientHead,
    Quiet,
    Quote,
    RowKind,
    TimelineEntry,
    Watch,
    WorklistView,
    WorkRow,
)
from rsm.web.views.common import Choice, Field, FilterLink, Link, PostButton
from rsm.web.views.demo import Phone, PhoneMessage, PhonesView, link_pieces
from rsm.web.views.frame import StaffFrame, main_navigation
from rsm.web.views.patients import (
    ColumnHelp,
    ContactLine,
    ImportRow,
    ImportView,
    PatientChoices,
    PatientFormView,
    PatientRow,
    PatientsView,
    PatientValues,
    PatientView,
    TimelineWeek,
    Verdict,
)
from rsm.web.views.site import (
    BucketRow,
    BucketTable,
    Fact,
    FunnelStep,
    LevelCounts,
    SiteView,
)
from rsm.web.views.symptoms import (
    NO_REPORT,
    NOT_ASKED,
    REFUSED,
    SKIPPED,
    CellKind,
    HeatCell,
    HeatColumn,
    HeatRow,
    HeatTable,
    column_roles,
    graded,
)

NOW = datetime(2026, 10, 19, 14, 44, tzinfo=UTC)
CODES = tuple(
    Choice(value, label)
    for value, label in (
        ("phone_advice", "Phone advice"),
        ("medicine_change", "Medicine change"),
        ("visit_today", "Visit today"),
        ("emergency_department", "Emergency dept."),
        ("admission", "Admission"),
        ("expected", "No action: expected"),
        ("known", "No action: known"),
        ("wrong_threshold", "Wrong threshold"),
    )
)


def staff_frame(current: str = "/alerts", flash: str = "") -> StaffFrame:
    return StaffFrame(
        site_name="Lakeside Cancer Clinic",
        now=NOW,
        zone="America/Chicago",
        csrf="c5rf",
        user_name="D. Reyes, RN",
        user_note="on duty to 18:00",
        nav=main_navigation(current, "/sites/3f2a", 6, administrator=True),
        search_action="/patients/search",
        lock_action="/lock",
        sign_out_action="/sign-out",
        idle_seconds=600,
        flash=flash,
    )


def gate_frame() -> StaffFrame:
    return StaffFrame(
        site_name="Lakeside Cancer Clinic",
        now=NOW,
        zone="America/Chicago",
        csrf="c5rf",
        clinic_phone="+12025550140",
        emergency_number="911",
    )


def _row(code: str, name: str, level: Level, minutes: int, target: int) -> WorkRow:
    return WorkRow(
        kind=RowKind.ALERT,
        url=f"/alerts/{code}",
        level=level,
        code=code,
        patient_name=name,
        opened_at=NOW - timedelta(minutes=minutes),
        target=timedelta(minutes=target),
        patient_note="64 · Colon · FOLFOX, C5 D3",
        changes=(Change("Pain", 2, 4), Change("Vomiting", None, 2)),
        next_step="next: charge nurse 9:49",
        take_action=f"/alerts/{code}/take",
    )


def work_rows() -> tuple[WorkRow, ...]:
    urgent = Level.URGENT
    okafor = _row("R2HD", "Ruth Okafor", Level.EMERGENCY, 6, 15)
    santos = _row("K7QM", "Miguel Santos", urgent, 82, 60)
    lindqvist = _row("H4TN", "Harriet Lindqvist", urgent, 68, 60)
    pruitt = _row("P9XC", "Samuel Pruitt", urgent, 12, 60)
    nowak = _row("M3VD", "Patricia Nowak", Level.SOON, 1200, 1440)
    webb = _row("W6RT", "Clarence Webb", Level.INFO, 190, 2880)
    return (
        okafor,
        replace(santos, language_note="Spanish, interpreter"),
        replace(lindqvist, owner="A. Whitfield", next_step="loan ends 9:55", take_action=""),
        replace(
            pruitt,
            kind=RowKind.REVIEW,
            headline="Review: could not be judged",
            changes=(),
            note="A rule failed; answers are stored",
        ),
        replace(nowak, mine=True, take_action="", changes=(Change("Rash", 0, None),)),
        replace(
            webb,
            kind=RowKind.TASK,
            headline="Reach another way: texted STOP",
            changes=(),
            note="Phone, letter or next visit",
            test_patient=True,
        ),
    )


def worklist(rows: tuple[WorkRow, ...]) -> WorklistView:
    return WorklistView(
        frame=staff_frame(),
        rows=rows,
        filters=(
            FilterLink("All", "/alerts", len(rows), current=True),
            FilterLink("Unowned", "/alerts?show=unowned", 4),
            FilterLink("Mine", "/alerts?show=mine", 1),
        ),
        watch=Watch(NOW - timedelta(minutes=1), well=True),
        quiet=Quiet(17, NOW - timedelta(minutes=18), "A. Whitfield", 31, 6, "/patients?show=silent"),
        version=41,
        version_url="/sites/3f2a/version",
        fragment_url="/alerts?part=list",
        on_duty=("Dana Reyes, RN, to 18:00. Then Bela Novak, on call to 8:00.",),
        promised=("14:00 tomorrow: call back about the cream.",),
    )


def heat() -> HeatTable:
    labels = "10 Aug,17 Aug,24 Aug,31 Aug,7 Sep,14 Sep,21 Sep,28 Sep,5 Oct,12 Oct,19 Oct".split(",")
    columns = tuple(
        HeatColumn(label, role)
        for label, role in zip(labels, column_roles(len(labels)), strict=True)
    )

    def cells(values: str) -> tuple[HeatCell, ...]:
        special = {
            "-": NO_REPORT,
            "?": REFUSED,
            ".": SKIPPED,
            "x": NOT_ASKED,
            "z": HeatCell(CellKind.STRUCTURAL_ZERO, 0),
        }
        return tuple(special.get(v) or graded(int(v), proxy=i == 2) for i, v in enumerate(values))

    rows = (
        HeatRow("Pain, worst", cells("111111-2-24"), True, "up to 2, now above"),
        HeatRow("Pain, in the way", cells("z11zz1-1-13")),
        HeatRow("Vomiting", cells("001000-1-02"), True, "none set, up by 2"),
        HeatRow("Nausea", cells("013111-1-12"), False, "up to 2", True),
        HeatRow("Constipation", cells("10.0x0-0-0?")),
    )
    return HeatTable(columns, rows, "21 Sep paused, 5 Oct missed")


HEAD = PatientHead(
    name="Miguel Santos",
    url="/patients/9c1e",
    age=64,
    record_number="004417",
    treatment="Colon, FOLFOX, cycle 5 day 3",
    next_visit="Thu 22 Oct",
    language="Spanish",
    interpreter=True,
    helper="Lucía (wife)",
    phone="+12025550112",
    interpreter_phone="+12025550190",
    facts=(("Answers", "9 of 11 weeks"),),
)


def alert() -> AlertView:
    at = NOW - timedelta(minutes=82)
    return AlertView(
        frame=staff_frame(flash="Note saved."),
        code="K7QM",
        level=Level.URGENT,
        patient=HEAD,
        heading="Pain rose from 2 to 4 in a week, and vomiting began.",
        state=ClockState.OPEN,
        opened_at=at,
        target=timedelta(hours=1),
        findings=(
            Finding(Level.URGENT, "Pain is 4; the rule asks at 3 or more.", "pain-severe"),
            Finding(Level.SOON, "Vomiting rose by 2 within 28 days.", "vomit-rise", "own wording"),
        ),
        actions=AlertActions("7", "/alerts/K7QM/take", "/alerts/K7QM/up", "/alerts/K7QM/do", CODES),
        heat=heat(),
        next_step="Next, 9:50: safety contact, Dr. Imani Cole.",
        pack="first-pack 1.2",
        quotes=(Quote("El dolor no me deja dormir desde el sábado.", "es", flagged=True),),
        advice_shown=("Llame a la clínica ahora.",),
        advice_language="es",
        helped_before=("24 August, nausea 3: ondansetron by phone advice; down to 1 in a week.",),
        timeline=(
            TimelineEntry(NOW, "You opened this alert."),
            TimelineEntry(at, "Alert opened.", Level.URGENT, "/answers/77", "Answers"),
        ),
    )


def _alert_pages() -> Iterator[tuple[str, str, View]]:
    page, one = "staff/alert.html", alert()
    yield "alert", page, one
    taken = replace(one, state=ClockState.TAKEN, mine=True, loan_ends_at=NOW, heat=None, quotes=())
    yield "alert-taken", page, replace(taken, target=timedelta(hours=3), level=Level.EMERGENCY)
    yield "alert-other", page, replace(taken, mine=False, owner="A. Whitfield", review=True)
    yield (
        "alert-problem",
        page,
        replace(
            one,
            actions=replace(
                one.actions, problems=(Problem("code", "Say what was done", "Choose one."),)
            ),
        ),
    )
    yield (
        "alert-closed",
        page,
        replace(
            one,
            state=ClockState.CLOSED,
            actions=AlertActions("8"),
            outcome=Outcome(NOW, "D. Reyes", "Phone advice", "Took a second dose."),
            advice_shown=(),
            level=Level.SOON,
        ),
    )


def _work_pages() -> Iterator[tuple[str, str, View]]:
    page, rows = "staff/worklist.html", work_rows()
    yield "worklist", page, worklist(rows)
    yield "worklist-empty", page, worklist(())
    silent = replace(worklist(()), quiet=Quiet(), on_duty=(), promised=())
    yield "worklist-first-day", page, silent
    yield (
        "worklist-watch-down",
        page,
        replace(silent, watch=Watch(NOW - timedelta(hours=1), well=False), nobody_on_duty=True),
    )
    yield "worklist-watch-unknown", page, replace(silent, watch=Watch(None, well=False))
    yield "worklist-fragment", "staff/worklist_fragment.html", worklist(rows)


def _patient_pages() -> Iterator[tuple[str, str, View]]:
    frame = staff_frame("/patients")
    rows = (
        PatientRow("/patients/9c1e", "Miguel Santos", "004417", "Enrolled", "Text, Mondays 8:00",
                   NOW - timedelta(hours=2), Level.URGENT),
        PatientRow("/patients/9c1f", "Clarence Webb", "004420", "Enrolled", note="texted STOP",
                   test_patient=True),
    )  # fmt: skip
    listing = PatientsView(
        frame,
        rows,
        (FilterLink("All", "/patients", 2, current=True), FilterLink("Eligible", "/patients?s=e")),
        "/patients/search",
        total=186,
        add_url="/patients/new",
        import_url="/patients/import",
        next_url="/patients?after=9c1f",
    )
    yield "patients", "staff/patients.html", listing
    yield "patients-none", "staff/patients.html", replace(listing, rows=(), query="Zzyzx")
    yield (
        "patient",
        "staff/patient.html",
        PatientView(
            frame=frame,
            patient=HEAD,
            heading="Pain has been rising since the pause in September",
            status="Enrolled since 10 August",
            reach=("Text with a link, Mondays at 8:00, Central time.",),
            contacts=(ContactLine("+12025550112", "", "Reached today. Failed once on 6 October."),),
            consent=("Given 10 August 2026, on paper, by D. Reyes.",),
            weeks=(
                TimelineWeek(
                    "Week of 19 October",
                    (
                        TimelineEntry(NOW, "Pain 2→4.", Level.URGENT, "/alerts/K7QM", "Open alert"),
                        TimelineEntry(NOW, "Survey complete: web, Spanish, by himself."),
                    ),
                ),
                TimelineWeek("Week of 12 October", (TimelineEntry(NOW, "Reminder: delivered."),)),
            ),
            heat=heat(),
            expected=("Pain to 2, nausea to 2. Until 28 October.",),
            cycles=("FOLFOX: 17 August, 31 August, 14 September",),
            filters=(FilterLink("All", "/patients/9c1e", current=True),),
            links=(Link("Change", "/patients/9c1e/change"),),
            buttons=(PostButton("Pause", "/patients/9c1e/pause", (Field("days", "7"),)),),
            earlier_url="/patients/9c1e?before=8",
        ),
    )
    yield from _form_pages(frame)


def _form_pages(frame: StaffFrame) -> Iterator[tuple[str, str, View]]:
    few = (Choice("a", "First"), Choice("b", "Second"))
    form = PatientFormView(
        frame, "/patients", "/patients", PatientChoices(*(few,) * 11), version="3"
    )
    yield "patient-new", "staff/patient_form.html", form
    yield (
        "patient-change",
        "staff/patient_form.html",
        replace(
            form,
            new=False,
            values=PatientValues(name="Miguel Santos", status="a", race_ethnicity=("b",)),
            problems=tuple(
                Problem(where, "This is not right.", "Write it as shown.")
                for where in ("phone", "birth_date", "status", "cycle_starts", "race_ethnicity")
            ),
        ),
    )
    upload = ImportView(
        frame,
        "/patients/import",
        (ColumnHelp("name", True, "As on the record"), ColumnHelp("zone", False, "IANA name")),
    )
    page = "staff/import.html"
    yield "import", page, upload
    good = ImportRow(2, "Ann Ayer", Verdict.ADD)
    bad = ImportRow(3, "", Verdict.REFUSED, (Problem("phone", "not a number", "202-555-0112"),))
    yield "import-refused", page, replace(upload, report_rows=(good, bad), confirm_action="/c")
    yield (
        "import-ready",
        page,
        replace(upload, report_rows=(good,), confirm_action="/patients/import/go", token="t1"),
    )
    yield "import-done", page, replace(upload, imported=12)
    yield "import-unread", page, replace(upload, problems=(Problem("", "This is not UTF-8."),))


def _site_pages() -> Iterator[tuple[str, str, View]]:
    weeks = [(f"{day} Sep", 80 + day, 110) for day in range(1, 13)]
    points = (
        *(RunPoint(*week) for week in weeks),
        RunPoint("28 Sep", 0, 0),
        RunPoint("5 Oct", 72, 100),
        RunPoint("12 Oct", 70, 100),
    )
    levels = tuple(Level)[::-1]
    site = SiteView(
        frame=staff_frame("/sites/3f2a"),
        heading="Fewer surveys are finished than in September.",
        period="21 September to 18 October 2026",
        periods=(FilterLink("4 weeks", "/sites/3f2a", current=True),),
        facts=(
            Fact("Completed, of due", "72 %", "68 to 75; was 82 %", warn=True),
            Fact("Patients reached, of eligible", "77 %", "143 of 186"),
            Fact("Urgent closed within 48 h", "86 %", "38 of 44"),
            Fact("Nobody on duty", "0", "hours in service time"),
        ),
        completion=points,
        completion_caption="Completion fell to 70 %",
        funnel=tuple(
            FunnelStep(label, count, "7 lost: paused 4, no channel 3")
            for label, count in zip(
                ("Due", "Sent", "Delivered", "Started", "Completed", "Missed"),
                (538, 531, 507, 432, 386, 152),
                strict=True,
            )
        ),
        funnel_caption="Most is lost before the first question",
        levels=tuple(LevelCounts(level, 44, 43, 40, 4) for level in levels),
        levels_caption="Four urgent alerts are open",
        acknowledge=BucketTable(
            "Half are taken within a quarter of an hour",
            ("≤ 15 min", "15–60 min", "1–4 h", "> 4 h"),
            tuple(BucketRow(level, (20, 10, 8, 6)) for level in levels),
        ),
        close=BucketTable(
            "Severe alerts are closed faster than others",
            ("< 48 h", "48–72 h", "3–7 d", "> 7 d"),
            (*(BucketRow(level, (38, 3, 2, 1)) for level in levels[:3]),
             BucketRow(Level.INFO, (0, 0, 0, 0))),
        ),
        lists=(Link("13 numbers cannot be reached", "/patients?show=unreachable"),),
    )  # fmt: skip
    yield "site", "staff/site.html", site
    yield (
        "site-new",
        "staff/site.html",
        replace(site, completion=(), funnel=(FunnelStep("Due", 0),), lists=()),
    )


def _gate_pages() -> Iterator[tuple[str, str, View]]:
    gate, mail = gate_frame(), "d.reyes@lakeside.example.org"
    yield "login", "staff/login.html", LoginView(gate, "/login")
    yield "login-failed", "staff/login.html", LoginView(gate, "/login", mail, failed=True)
    yield (
        "login-locked",
        "staff/login.html",
        LoginView(gate, "/login", locked_minutes=15, notice="You were signed out."),
    )
    second = SecondFactorView(gate, "/login/code", other_url="/login/recovery")
    yield "second-factor", "staff/second_factor.html", second
    yield (
        "second-factor-recovery",
        "staff/second_factor.html",
        replace(second, recovery=True, failed=True),
    )
    uri = "otpauth://totp/RSM:d.reyes?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=RSM"
    yield (
        "enrol-factor",
        "staff/enrol_factor.html",
        EnrolFactorView(gate, "/enrol", uri, "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP", True),
    )
    yield (
        "recovery-codes",
        "staff/recovery_codes.html",
        RecoveryCodesView(gate, "/enrol/done", tuple(f"K7QM-H4T{n}" for n in range(8))),
    )
    yield (
        "set-password",
        "staff/set_password.html",
        SetPasswordView(gate, "/password", mail, problems=(Problem("password", "Too short."),)),
    )
    yield "lock", "staff/lock.html", LockView(gate, "/unlock", mail, True, "/sign-out")
    yield "done-step", "staff/done.html", DoneStep(gate, "Saved", "Sign in now.", "Go", "/login")
    yield (
        "staff-error",
        "staff/error.html",
        StaffErrorView(
            staff_frame(), 409, "Somebody was faster", "Load it again.", (Problem("a", "b"),), "X1"
        ),
    )


def _phone_pages() -> Iterator[tuple[str, str, View]]:
    invitation = "Lakeside: your check-in is ready. https://demo.example.org/s/Qm4x. STOP to end."
    messages = (
        PhoneMessage(link_pieces(invitation), NOW, state="delivered", new_day="Monday"),
        PhoneMessage(link_pieces("3 lots since friday"), NOW, mine=True),
    )
    one = Phone("Miguel Santos", "+12025550112", "Spanish", messages, "/demo/phones/text")
    nurse = Phone("Dana Reyes, RN", "+12025550150", "on duty", messages[:1], "/demo/phones/text",
                  2, True, "Lakeside is calling", (PostButton("Answer", "/demo/phones/answer"),))  # fmt: skip
    yield (
        "phones",
        "staff/phones.html",
        PhonesView(
            frame=staff_frame(),
            patients=(one, replace(one, owner="Earl Thibodeaux", number="+12025550121")),
            nurses=(nurse, replace(one, owner="Dr. Imani Cole", messages=())),
            version=5,
            version_url="/demo/phones/version",
            fragment_url="/demo/phones?part=list",
            buttons=(PostButton("Clock +15 min", "/demo/clock", (Field("minutes", "15"),)),),
            moods=(Choice("ok", "behaves"), Choice("500", "answers 500")),
            mood="ok",
            mood_action="/demo/mood",
        ),
    )


def staff_pages() -> Iterator[tuple[str, str, View]]:
    """(name, template, view) of every staff page and variant."""
    from tests.web.page_samples_admin import admin_pages

    yield from _gate_pages()
    yield from _work_pages()
    yield from _alert_pages()
    yield from _patient_pages()
    yield from _site_pages()
    yield from _phone_pages()
    yield from admin_pages()
