"""One view of each page of the site, of signing in, and of the demo's phones."""

from collections.abc import Iterator
from dataclasses import replace

from markupsafe import Markup

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.metrics.statistics.intervals import wilson
from rsm.metrics.statistics.survival import Seen, kaplan_meier
from rsm.web import run_words
from rsm.web.charts import RunPoint
from rsm.web.charts_run import Good, Mark, Run, spc_chart
from rsm.web.charts_steps import step_chart
from rsm.web.charts_whisker import Whisker, whisker_chart
from rsm.web.pages import View
from rsm.web.site_words import Words
from rsm.web.views.access import (
    DoneStep,
    EnrolFactorView,
    LockView,
    LoginView,
    ProveEmailView,
    RecoveryCodesView,
    SecondFactorView,
    SetPasswordView,
    StaffErrorView,
)
from rsm.web.views.common import Choice, Field, FilterLink, Link, PostButton
from rsm.web.views.demo import Phone, PhoneMessage, PhonesView, link_pieces
from rsm.web.views.pictures import Panel
from rsm.web.views.site import (
    Alerts,
    BucketRow,
    BucketTable,
    Fact,
    Funnel,
    FunnelStep,
    LevelCounts,
    Listed,
    SiteView,
    Times,
)
from rsm.web.views.site_equity import EquityView
from rsm.web.views.site_lost import LostRow, LostView
from tests.web.page_samples_staff import NOW, gate_frame, staff_frame


def site_pages() -> Iterator[tuple[str, str, View]]:
    weeks = [(f"{day} Sep", 80 + day, 110) for day in range(1, 13)]
    points = (
        *(RunPoint(*week) for week in weeks),
        RunPoint("28 Sep", 0, 0),
        RunPoint("5 Oct", 72, 100),
        RunPoint("12 Oct", 40, 100),
    )
    run = Run.of(points, Good.HIGHER, [Mark(3, 1)])
    words = Words("site", "en")
    completion = Panel(
        name="completed",
        caption=run_words.finding(run, words, "Completed, of due"),
        counted="Surveys completed, of surveys due, by week",
        svg=spc_chart(run, "c-completed", "centre 72 %"),
        head=("From", "Count", "Of", "Rate", "Limits", "Rule"),
        rows=(("12 Oct", "40", "100", "40 %", "60 to 92 %", "outside the limits"),),
        notes=run_words.sentences(run, words, by_month=False),
        marks=((1, "4 September 2026: Training of the front desk"),),
        picture_url="/sites/3f2a?weeks=4&picture=completed",
        table_url="/sites/3f2a?weeks=4&table=completed",
    )
    steps = kaplan_meier([Seen(week, ended=week < 20) for week in range(1, 30)])
    retention = replace(
        completion, name="retention", caption="48 % still report at week 24", notes=(), marks=(),
        svg=step_chart(steps, "c-retention", "weeks since enrolment", 29),
        head=("Week", "Rate", "Limits", "Still seen"), rows=(("4", "86 %", "71 to 96 %", "24"),),
    )  # fmt: skip
    funnel = Funnel(
        "Most is lost before the first question",
        tuple(
            FunnelStep(label, count, (Link("7 not answered", "/sites/3f2a/lost/not_answered"),))
            for label, count in (("Due", 538), ("Sent", 531), ("Delivered", 507), ("Started", 432))
        ),
    )
    site = SiteView(
        frame=staff_frame("/sites/3f2a"),
        heading="Fewer surveys are finished than before: 72 % of those due, 82 % before.",
        here="/sites/3f2a?weeks=4",
        period="21 September to 18 October 2026",
        periods=(FilterLink("4 weeks", "/sites/3f2a", current=True),),
        facts=(
            Fact("Completed, of due", "72 %", "68 to 75 %; was 82 %", warn=True),
            Fact("Patients reached, of eligible", "77 %", "143 of 186"),
            Fact("Closed within 48 h", "86 %", "38 of 44"),
            Fact("Nobody on duty", "0", "times there was nobody to tell"),
        ),
        findings=("Two alerts are open past their target.",),
        changed=Listed("One thing changed", ("Completed: 72 %, was 82 %.",), "Four whole weeks."),
        forecast=Listed("About 60 alerts, 10 nurse hours", ("Between 45 and 77.",), "If all …"),
        reach=replace(funnel, caption="77 % of eligible patients are enrolled"),
        surveys=funnel,
        never_asked="Of the surveys due, 18 (3 %) were never sent.",
        runs=(completion,),
        alerts=_alerts(),
        retention=retention,
        adherence=Listed("62 % of weeks, 83 % of months", ("Weekly: 62 %.",), "Not the same."),
        equity=(Link("Language", "/sites/3f2a/equity?by=language"),),
        amiss=(Link("Nobody on duty on Friday", "/sites/3f2a/roster"),),
        lists=(Link("13 numbers cannot be reached", "/patients?show=unreachable"),),
    )
    yield "site", "staff/site.html", site
    empty = Panel("completed", "Nothing to show yet", "By week", Markup())
    none = Funnel("Nothing was due", (FunnelStep("Due", 0),))
    quiet = replace(site.alerts, kept_quiet=None, buckets=(), outcomes=("No alert",))
    yield (
        "site-new",
        "staff/site.html",
        replace(
            site, runs=(empty,), retention=replace(empty, name="retention"), surveys=none,
            reach=none, lists=(), amiss=(), alerts=quiet, adherence=Listed("No week", ()),
            findings=(),
        ),
    )  # fmt: skip
    yield from _site_lists()


def _alerts() -> Alerts:
    levels = tuple(Level)[::-1]
    rows = tuple(BucketRow(level, (20, 10, 8, 6)) for level in levels[:3])
    return Alerts(
        caption="Four of them are open.",
        levels=tuple(LevelCounts(level, 44, 43, 40, 4) for level in levels),
        outcomes=("Acted upon: 59 % (26 of 44).",),
        kept_quiet=(("within an expected level", 3), ("left to the digest", 2)),
        times=Times(
            "Half are taken within a quarter of an hour",
            ("From opening to …", "half within", "9 of 10 within"),
            (("closing", "2 h", "not yet"),),
            ("The graver are closed first.", "Half and nine of ten."),
        ),
        buckets=tuple(
            BucketTable(
                name, "38 of 44 were closed within 48 hours", ("< 48 h", "48 to 72 h", "3 to 7 d",
                "> 7 d"), (*rows, BucketRow(Level.INFO, (0, 0, 0, 0))), "Clock hours.",
            )
            for name in ("acknowledge", "close", "close_service")
        ),
    )  # fmt: skip


def _site_lists() -> Iterator[tuple[str, str, View]]:
    lost = LostView(
        frame=staff_frame("/sites/3f2a"),
        heading="3 surveys were not answered",
        lead="Asked, and no answer came before the window closed.",
        period="21 September to 18 October 2026",
        periods=(FilterLink("4 weeks", "/sites/3f2a/lost/not_answered", current=True),),
        steps=(FilterLink("Not answered", "/sites/3f2a/lost/not_answered", current=True),),
        rows=(LostRow("/sites/3f2a/patients/7c", "Miguel Santos", "004417", 3, "12 October 2026"),),
        may_see=True,
        of_patients=False,
        back_url="/sites/3f2a?weeks=4",
        more_url="/sites/3f2a/lost/not_answered?weeks=4&after=1_7c",
    )
    yield "site-lost", "staff/site_lost.html", lost
    yield "site-lost-nobody", "staff/site_lost.html", replace(lost, rows=(), of_patients=True)
    yield "site-lost-count", "staff/site_lost.html", replace(lost, rows=(), may_see=False)
    rows = [Whisker("English", 0.8, wilson(80, 100)), Whisker("Not recorded", None, wilson(0, 0))]
    panel = Panel(
        name="equity",
        caption="Rate and 95 % interval: Language",
        counted="Dashes: everybody together, 80 % of 100",
        svg=whisker_chart(rows, 0.8, "c-equity"),
        head=("Group", "Count", "Of", "Rate", "95 % interval", "Beside all others"),
        rows=(("English", "80", "100", "80 %", "71 to 87 %", "no more than chance"),),
        picture_url="/sites/3f2a/equity?by=language&picture=svg",
        table_url="/sites/3f2a/equity?by=language&picture=csv",
    )
    groups = (FilterLink("Language", "/sites/3f2a/equity?by=language", current=True),)
    yield (
        "site-equity",
        "staff/site_equity.html",
        EquityView(
            frame=staff_frame("/sites/3f2a"),
            heading="Only one group has figures: there is nobody to compare with",
            title="Completed, of due",
            period="21 September to 18 October 2026",
            counted="surveys finished; of surveys due.",
            panel=panel,
            groups=groups,
            measures=groups,
            periods=groups,
            back_url="/sites/3f2a",
        ),
    )


def gate_pages() -> Iterator[tuple[str, str, View]]:
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
    yield "prove-email", "staff/prove_email.html", ProveEmailView(gate, "/login/email/x", mail)
    yield "lock", "staff/lock.html", LockView(gate, "/unlock", mail, True, "/sign-out")
    yield "done-step", "staff/done.html", DoneStep(gate, "Saved", "Sign in now.", "Go", "/login")
    yield (
        "staff-error",
        "staff/error.html",
        StaffErrorView(
            staff_frame(),
            409,
            "Somebody was faster",
            "Load it again.",
            (Problem("a", "b"),),
            reference="X1",
        ),
    )


def phone_pages() -> Iterator[tuple[str, str, View]]:
    invitation = "Lakeside: your check-in is ready. https://demo.example.org/s/Qm4x. STOP to end."
    messages = (
        PhoneMessage(link_pieces(invitation), NOW, state="delivered", new_day="Monday"),
        PhoneMessage(link_pieces("3 lots since friday"), NOW, mine=True),
    )
    one = Phone("Miguel Santos", "+12025550112", "Spanish", messages, "/demo/phones/text")
    nurse = Phone(
        owner="Dana Reyes, RN",
        number="+12025550150",
        note="on duty",
        messages=messages[:1],
        reply_action="/demo/phones/text",
        unread=2,
        ringing=True,
        ringing_words="Lakeside is calling",
        call_buttons=(PostButton("Answer", "/demo/phones/answer"),),
    )
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
