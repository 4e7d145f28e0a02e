"""One view of each kind of staff page, with invented people and 555-01xx numbers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.pages import View
from rsm.web.views.alert_page import AlertActions, AlertClock, AlertView, ClockState, Phrase
from rsm.web.views.alert_quiet import Held, Similar
from rsm.web.views.alerts import (
    Change,
    Finding,
    OtherReport,
    Outcome,
    PatientHead,
    Quiet,
    Quote,
    RowKind,
    TimelineEntry,
    Undo,
    Watch,
    WorklistView,
    WorkRow,
)
from rsm.web.views.common import Choice, FilterLink, Link
from rsm.web.views.frame import NavLink, StaffFrame, main_navigation
from rsm.web.views.symptoms import (
    NO_REPORT,
    NOT_ANSWERED,
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


NAVIGATION = (
    NavLink("Worklist", "/alerts", count=6),
    NavLink("Patients", "/patients"),
    NavLink("Tasks", "/tasks"),
    NavLink("Duties", "/duties"),
    NavLink("Site", "/sites/3f2a"),
    NavLink("Staff", "/admin/staff"),
    NavLink("API keys", "/admin/keys"),
    NavLink("Audit", "/admin/audit"),
)


def staff_frame(current: str = "/alerts", flash: str = "") -> StaffFrame:
    return StaffFrame(
        site_name="Lakeside Cancer Clinic",
        now=NOW,
        zone="America/Chicago",
        csrf="c5rf",
        user_name="D. Reyes, RN",
        user_note="on duty to 18:00",
        nav=main_navigation(current, NAVIGATION),
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
        replace(lindqvist, owner="A. Whitfield", next_step="until 9:55", take_action=""),
        replace(
            pruitt,
            kind=RowKind.REVIEW,
            headline="Review: could not be judged",
            changes=(),
            note="A rule failed; answers are stored",
        ),
        replace(
            nowak,
            mine=True,
            take_action="",
            back_action="/alerts/M3VD/give-back",
            changes=(Change("Rash", 0, None),),
        ),
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
        quiet=Quiet(
            17, NOW - timedelta(minutes=18), "A. Whitfield", 31, 6, "/patients?show=silent"
        ),
        version=41,
        version_url="/sites/3f2a/version",
        fragment_url="/alerts?part=list",
        on_duty=("Dana Reyes, RN, to 18:00. Then Bela Novak, on call to 8:00.",),
        promised=("14:00 tomorrow: call back about the cream.",),
        handover_url="/sites/3f2a/handover",
    )


def heat() -> HeatTable:
    labels = "10 Aug,17 Aug,24 Aug,31 Aug,7 Sep,14 Sep,21 Sep,28 Sep,5 Oct,12 Oct,19 Oct"
    columns = tuple(
        HeatColumn(label, role)
        for label, role in zip(labels.split(","), column_roles(11), strict=True)
    )

    def cells(values: str) -> tuple[HeatCell, ...]:
        special = {
            "-": NO_REPORT,
            "?": REFUSED,
            ".": SKIPPED,
            "x": NOT_ANSWERED,
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


def clock() -> AlertClock:
    at = NOW - timedelta(minutes=82)
    here = "/alerts/K7QM"
    return AlertClock(
        frame=staff_frame(flash="Note saved."),
        code="K7QM",
        level=Level.URGENT,
        state=ClockState.OPEN,
        opened_at=at,
        target=timedelta(hours=1),
        actions=AlertActions(
            "7",
            f"{here}/take",
            f"{here}/up",
            f"{here}/do",
            CODES,
            call_back_action=f"{here}/call-back",
            call_backs=(Choice("30", "In 30 min"), Choice("tomorrow", "Tomorrow at 9:00")),
            phrases=(Phrase("", "Called. "), Phrase("phone_advice", "Advice given by phone: ")),
            assign_action=f"{here}/assign",
            colleagues=(Choice("5", "A. Whitfield"),),
            snooze_action=f"{here}/snooze",
            put_offs=(Choice("60", "In 1 hour"),),
            step_action=f"{here}/escalate-to",
            steps=(Choice("2", "number 2 on duty (A. Whitfield)"),),
        ),
        next_step="Next, 9:50: safety contact, Dr. Imani Cole.",
        timeline=(
            TimelineEntry(NOW, "You opened this alert."),
            TimelineEntry(at, "Alert opened.", Level.URGENT, "/answers/77", "Answers"),
        ),
        promised=("Call-back promised: 14:00, Dana Reyes",),
        moment="81",
    )


def alert() -> AlertView:
    at = NOW - timedelta(minutes=82)
    return AlertView(
        frame=staff_frame(flash="Note saved."),
        patient=HEAD,
        heading="Pain rose from 2 to 4 in a week, and vomiting began.",
        clock=clock(),
        findings=(
            Finding(
                Level.URGENT,
                "Severity is 4 of 4; the rule asks at 3 or more.",
                "pain-severe",
                symptom="Pain",
                values=("2", None, "4"),
                rules=(Link("pain-severe", "/sites/3f2a/rules/explain#rule-1a2b3c4d"),),
                notes=("Expected level ended: worse was reported on Monday 19 October.",),
                expect_url="/sites/3f2a/patients/77/expected?alert=K7QM&line=0",
                at=NOW,
                more=("Interference is 3 of 4.",),
                others=(OtherReport(at, Level.SOON, "Severity is 3 of 4."),),
            ),
            Finding(Level.SOON, "Vomiting rose by 2 within 28 days.", "vomit-rise", "own wording"),
        ),
        heat=heat(),
        pack="first-pack 1.2",
        quotes=(Quote("El dolor no me deja dormir desde el sábado.", "es", flagged=True),),
        advice_shown=("Llame a la clínica ahora.",),
        advice_language="es",
        helped_before=(Similar("/alerts/B2", at, Level.SOON, "Nausea 3", "Phone advice"),),
        similar=(Similar("/alerts/H4TN", at, Level.SOON, "Pain", "Phone advice", "One more."),),
        held=(
            Held(
                Level.SOON,
                "Nausea is 2 again.",
                "Added to this alert.",
                NOW,
                (OtherReport(at, Level.SOON, "Nausea is 2."),),
            ),
            Held(Level.SOON, "Rash is 1.", "Expected.", NOW),
        ),
        version_url="/alerts/K7QM/version",
        live_url="/alerts/K7QM/live",
    )


def alert_pages() -> Iterator[tuple[str, str, View]]:
    page, one, open_ = "staff/alert.html", alert(), clock()
    yield "alert", page, one
    taken = replace(open_, state=ClockState.TAKEN, mine=True, loan_ends_at=NOW, taken_at=NOW)
    bare = replace(one, heat=None, quotes=())
    back = replace(open_.actions, take_action="", give_back_action="/alerts/K7QM/give-back")
    mine = replace(taken, target=timedelta(hours=3), level=Level.EMERGENCY, actions=back)
    yield "alert-taken", page, replace(bare, clock=mine)
    theirs = replace(open_.actions, take_action="", take_over_action="/alerts/K7QM/take-over")
    other = replace(taken, mine=False, owner="A. Whitfield", news=True, actions=theirs)
    yield "alert-other", page, replace(bare, clock=other, review=True)
    problem = (Problem("code", "Say what was done", "Choose one."),)
    wrong = replace(open_, actions=replace(open_.actions, problems=problem, show="mine"))
    yield "alert-problem", page, replace(one, clock=wrong)
    many = tuple(Choice(str(number), f"Nurse {number}") for number in range(9))
    crowd = replace(open_, actions=replace(open_.actions, colleagues=many))
    yield "alert-crowd", page, replace(one, clock=crowd)
    closed = replace(
        open_,
        state=ClockState.CLOSED,
        actions=AlertActions("8", reopen_action="/alerts/K7QM/reopen"),
        outcome=Outcome(NOW, "D. Reyes", "Phone advice", "Took a second dose."),
        level=Level.SOON,
    )
    yield "alert-closed", page, replace(one, clock=closed, advice_shown=())
    for name, each in (("open", open_), ("taken", mine), ("other", other), ("closed", closed)):
        yield f"alert-live-{name}", "staff/alert_live.html", each


def work_pages() -> Iterator[tuple[str, str, View]]:
    page, rows = "staff/worklist.html", work_rows()
    yield "worklist", page, worklist(rows)
    yield "worklist-empty", page, worklist(())
    undo = Undo("K7QM", "/alerts/K7QM/reopen")
    yield "worklist-undo", page, replace(worklist(()), filtered=True, undo=undo)
    silent = replace(worklist(()), quiet=Quiet(), on_duty=(), promised=())
    yield "worklist-first-day", page, silent
    yield (
        "worklist-watch-down",
        page,
        replace(silent, watch=Watch(NOW - timedelta(hours=1), well=False), nobody_on_duty=True),
    )
    yield "worklist-watch-unknown", page, replace(silent, watch=Watch(None, well=False))
    yield "worklist-fragment", "staff/worklist_fragment.html", worklist(rows)
