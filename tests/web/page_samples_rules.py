"""One view of the page of a site's rules, and of a replay."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from markupsafe import Markup

from rsm.alerts.explain import page
from rsm.alerts.packs import folder, read_pack
from rsm.alerts.page import fragment
from rsm.alerts.specs import find_shipped
from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.pages import View
from rsm.web.replay_charts import hour_bars, pair_lines
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, FilterLink, Link
from rsm.web.views.site import Fact
from rsm.web.views.site_rules import (
    ExplainView,
    LostRow,
    PairRow,
    ReplayValues,
    ReplayView,
    RuleLine,
    RulesView,
)
from tests.web.page_samples_staff import NOW, staff_frame

SITE = UUID("3f2a0000-0000-4000-8000-000000000001")
HERE = f"/sites/{SITE}/rules"


def rules() -> RulesView:
    severe = RuleLine(
        id="severe",
        title="Severe, or the like in frequency or interference",
        url=f"{HERE}/explain#rule-0a1b2c3d",
        level=Level.URGENT,
        fired=44,
        acted=12,
        waiting=2,
        share="71 %",
        share_of="30 of 42, 56 to 83",
        repeats=9,
        held="3 expected, 1 in the digest",
        last="14 October 2026",
        review="Review: more than half led to nothing",
        warn=True,
    )
    none = replace(
        severe, id="bleeding", title="Bleeding", level=Level.EMERGENCY, fired=0, acted=0,
        waiting=0, share="-", share_of="", repeats=0, held="0", last="never", review="Stays",
        warn=False,
    )  # fmt: skip
    return RulesView(
        frame=staff_frame(f"/sites/{SITE}"),
        lang="en",
        links=settings_links(SITE, "rules"),
        heading="One rule should be looked at.",
        lead="STAR, version 1.0.0. 412 surveys sent from 28 September to 19 October 2026.",
        explain=Link("The pack in plain words, to sign", f"{HERE}/explain"),
        periods=(FilterLink("4 weeks", HERE), FilterLink("12 weeks", HERE, current=True)),
        rules=(severe, none),
        enough=20,
        action=f"{HERE}/replay",
        values=ReplayValues(weeks="12", minutes="10"),
        packs=(Choice("star", "STAR: severe, or worse by two"),),
        weeks=(Choice("4", "4 weeks"), Choice("12", "12 weeks")),
    )


def replayed() -> ReplayView:
    was, would, mondays = (9, 7, 12), (5, 7, 3), ("28 Sep", "5 Oct", "12 Oct")
    rows = tuple(map(PairRow, mondays, map(str, was), map(str, would)))
    hours = tuple(3 if hour in {9, 10, 19} else 0 for hour in range(24))
    return ReplayView(
        frame=staff_frame(f"/sites/{SITE}"),
        lang="en",
        heading="Severe answers only would have raised 13 fewer alerts, and missed 2 of 12.",
        lead="412 surveys answered from 28 September 2026 to 19 October 2026.",
        back=Link("Back to the rules", HERE),
        facts=(
            Fact("Alerts per week", "5.0", "As it was: 9.3"),
            Fact("Alerts per 100 surveys", "3.6", "As it was: 6.8"),
            Fact("Nurse hours per week", "0.8", "As it was: 1.6"),
            Fact("Of alerts acted upon, raised as well", "83 %", "83 %, 55 to 95", warn=True),
        ),
        load=(PairRow("Alerts", "28", "15"), PairRow("Urgent", "20", "15")),
        changes=(PairRow("Acted upon", "12", "10"), PairRow("Expected or known", "9", "3")),
        changed="Gained 0, lost 13",
        both="Raised by both: 15.",
        rules=(PairRow("severe", "20", "15"), PairRow("worse", "8", "0")),
        week_found="5.0 alerts a week instead of 9.3",
        hour_found="Most alerts come between 8:00 and 9:00",
        by_week=pair_lines(mondays, was, would, ("As it was", "With this pack"), "pw"),
        weeks=rows,
        by_hour=hour_bars(hours, hours[1:] + hours[:1], "ph"),
        hours=tuple(PairRow(f"{hour}:00", str(n), str(n)) for hour, n in enumerate(hours)),
        lost=(
            LostRow("K7QM", "/alerts/1", Level.SOON, NOW, "worse"),
            LostRow("H4TZ", "", Level.URGENT, NOW, "severe, worse"),
        ),
        in_doubt=1,
        quiet="Counted before quiet. As it was, 20 alerts were opened; 6 surveys repeated one.",
        limits=("What people would have done with other alerts.",),
    )


def explained() -> ExplainView:
    pack = read_pack(folder() / "star.toml")[0]
    body = fragment(page(pack, find_shipped(pack.instrument)))
    return ExplainView(
        frame=staff_frame(f"/sites/{SITE}"),
        lang="en",
        back=Link("Back to the rules", HERE),
        state="In force at Lakeside on 19 October 2026.",
        note="",
        body=Markup(body),  # noqa: S704 - escaped where it is made
    )


def rules_pages() -> Iterator[tuple[str, str, View]]:
    page, wrong = rules(), Problem("minutes", "is not a number")
    yield "rules", "staff/site_rules.html", page
    yield "rules-wrong", "staff/site_rules.html", replace(page, problems=(wrong,))
    yield "rules-read", "staff/site_rules.html", replace(page, action="", links=())
    yield "replay", "staff/site_replay.html", replayed()
    yield "replay-nothing-lost", "staff/site_replay.html", replace(replayed(), lost=(), in_doubt=0)
    yield "explain", "staff/site_rules_explain.html", explained()
    elsewhere = replace(explained(), note="This pack is for another questionnaire.")
    yield "explain-elsewhere", "staff/site_rules_explain.html", elsewhere
