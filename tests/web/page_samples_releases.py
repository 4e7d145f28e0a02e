"""Views of the pages of releases: all of a site, and one in each state."""

from collections.abc import Iterator
from dataclasses import replace

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Field, Link, PostButton
from rsm.web.views.releases import (
    Beside,
    Change,
    DraftValues,
    ReleaseLine,
    ReleasesView,
    ReleaseView,
    StandingLine,
)
from rsm.web.views.site import Fact
from tests.web.page_samples_rules import SITE
from tests.web.page_samples_staff import staff_frame

HERE = f"/sites/{SITE}/rules/releases"
ONE = f"{HERE}/7c1d0000-0000-4000-8000-000000000002"


def listed() -> ReleasesView:
    waits = ReleaseLine(
        title="Severe answers only",
        name="severe-only 1.1.0",
        url=ONE,
        state="In shadow, waits for a second person",
        strong=True,
        written="Ada Lindqvist, 2 October 2026",
        asked="Ruth Cole, 16 October 2026",
        reason="A third of our alerts led to nothing.",
        decided="",
    )
    first = replace(
        waits,
        title="First pack",
        name="first-pack 1.1.0",
        url="",
        state="In force",
        written="when the site was set up",
        asked="",
        reason="",
    )
    return ReleasesView(
        frame=staff_frame(f"/sites/{SITE}"),
        lang="en",
        links=settings_links(SITE, "rules"),
        back=Link("Back to the rules", f"/sites/{SITE}/rules"),
        heading="One pack waits for a second person",
        lead="In force since the site was set up on 3 August 2026: First pack (first-pack 1.1.0).",
        lines=(waits, first),
        action=HERE,
        begins=(Choice("live", "the pack in force: First pack"), Choice("star", "STAR")),
    )


def one() -> ReleaseView:
    return ReleaseView(
        frame=staff_frame(f"/sites/{SITE}"),
        lang="en",
        back=Link("All releases of this site", HERE),
        heading="Severe answers only (severe-only 1.1.0) waits for a second person",
        state="In shadow",
        history=(
            "Drafted by Ada Lindqvist on 2 October 2026.",
            "In shadow since 3 October 2026.",
            "Asked for by Ruth Cole on 16 October 2026.",
        ),
        reason="A third of our alerts led to nothing.",
        explain=Link("The pack in plain words, to sign", f"{ONE}/explain"),
        flaws=(),
        changes=(
            Change("Rules that go", ("Worse by two",)),
            Change("Rules that differ", ("Severe",)),
            Change("Besides", words="Advice to patients differs."),
        ),
        beside=Beside(
            "Severe answers only would have raised fewer alerts (15 instead of 28).",
            "412 surveys since 3 October 2026, judged silently beside the pack in force.",
            (Fact("Alerts per week", "5.0", "As it was: 9.3"),),
            Link("All figures", f"{ONE}/shadow"),
        ),
        body='key = "severe-only"\nversion = "1.1.0"\n',
        seen="0f3a",
        standing=(
            StandingLine("Severe, this site: is left out. Somebody is asked.", warn=True),
            StandingLine("The change of 1 patient goes on"),
        ),
        lines='-version = "1.0.0"\n+version = "1.1.0"',
        first=PostButton("I agree: it goes live now", f"{ONE}/agree", (Field("seen", "0f3a"),)),
        first_hint="From the next report on it judges the answers of this site.",
        steps=(PostButton("I do not agree", f"{ONE}/take-back"),),
    )


def draft() -> ReleaseView:
    return replace(
        one(),
        heading="Severe answers only (severe-only 1.1.0): a draft",
        state="",
        history=("Drafted by Ada Lindqvist on 2 October 2026.",),
        reason="",
        beside=None,
        first=PostButton("Start its shadow", f"{ONE}/begin-shadow"),
        first_hint="Silently beside the pack in force.",
        steps=(PostButton("Withdraw it", f"{ONE}/withdraw"),),
        ask=f"{ONE}/ask",
        change=f"{ONE}/change",
    )


def release_pages() -> Iterator[tuple[str, str, View]]:
    page, wrong = listed(), Problem("text", "pack:3: unknown key `levle`", "did you mean `level`?")
    yield "releases", "staff/site_releases.html", page
    failed = replace(page, problems=(wrong,), values=DraftValues(text="levle = 3"))
    yield "releases-wrong", "staff/site_releases.html", failed
    yield "releases-read", "staff/site_releases.html", replace(page, action="", links=())
    yield "release-waits", "staff/site_release.html", one()
    yield "release-draft", "staff/site_release.html", draft()
    flawed = replace(
        draft(),
        ask="",
        first=None,
        steps=(),
        flaws=(Problem("pack:2: version", "1.1.0 is published already", "raise the version"),),
        note="It cannot go live before what stands here is mended.",
    )
    yield "release-flawed", "staff/site_release.html", flawed
    typed = replace(draft(), problems=(Problem("reason", "Say why."), wrong), typed_reason="x")
    yield "release-wrong", "staff/site_release.html", typed
    over = replace(one(), first=None, steps=(), changes=(), beside=None)
    yield "release-over", "staff/site_release.html", over
