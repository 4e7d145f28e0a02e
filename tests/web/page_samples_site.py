"""One view of each page of the site, of signing in, and of the demo's phones."""

from collections.abc import Iterator
from dataclasses import replace

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.charts import RunPoint
from rsm.web.pages import View
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
from rsm.web.views.site import (
    BucketRow,
    BucketTable,
    Fact,
    FunnelStep,
    LevelCounts,
    SiteView,
)
from tests.web.page_samples_staff import NOW, gate_frame, staff_frame


def site_pages() -> Iterator[tuple[str, str, View]]:
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
            ("≤ 15 min", "15 to 60 min", "1 to 4 h", "> 4 h"),
            tuple(BucketRow(level, (20, 10, 8, 6)) for level in levels),
        ),
        close=BucketTable(
            "Severe alerts are closed faster than others",
            ("< 48 h", "48 to 72 h", "3 to 7 d", "> 7 d"),
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
            staff_frame(), 409, "Somebody was faster", "Load it again.", (Problem("a", "b"),), "X1"
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
