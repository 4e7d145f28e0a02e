"""One view of each page of the collaborative."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from rsm.collaborative.model import Funnel, Point, Withheld
from rsm.kernel.errors import Problem
from rsm.web.charts_funnel import funnel_picture
from rsm.web.collaborative_figures import _lines
from rsm.web.collaborative_words import CollaborativeWords
from rsm.web.pages import View
from rsm.web.views.collaborative import (
    ComparedView,
    ExchangeView,
    KeyView,
    LeadValues,
    LeadView,
    LessonRow,
    MemberRow,
    OfferRow,
    OfferValues,
    OnboardingRow,
    Part,
)
from rsm.web.views.common import Choice, FilterLink, Link, PostButton
from rsm.web.views.pictures import Panel
from tests.collaborative_world import FINGERPRINT, PUBLIC, twelve_sites
from tests.web.page_samples_staff import staff_frame

HERE = "/sites/3f2a/collaborative"


def funnel() -> Funnel:
    """Twelve sites beside Lakeside."""
    points = [
        Point(one["code"], cell["part"], cell["whole"], one.get("name"))
        for one in twelve_sites()
        for cell in one["cells"]
    ]
    own = Point("KXDGJ", 180, 300, "Lakeside Cancer Clinic", own=True)
    return Funnel(
        "completed", date(2026, 7, 1), 3, (*points, own), (Withheld("TXDGJ"),), target=0.68
    )


def collaborative_pages(language: str = "en") -> Iterator[tuple[str, str, View]]:
    words = CollaborativeWords(language)
    found, frame = funnel(), replace(staff_frame("/sites/3f2a"), language=language)
    panel = Panel(
        name="funnel",
        caption=words.caption(found, "Lakeside Cancer Clinic"),
        counted=words.counted(found),
        svg=funnel_picture(found, _lines(words, found), "funnel"),
        head=words.head(),
        rows=words.rows(found),
        picture_url=f"{HERE}?picture=yes",
        table_url=f"{HERE}?table=yes",
    )
    compared = ComparedView(
        frame=frame,
        heading=words.w.heading,
        lead=words.say("lead", name="Oncology collaborative"),
        back=Link(words.w.back_site, "/sites/3f2a"),
        measures=(FilterLink("Completed, of due", f"{HERE}?measure=completed", current=True),),
        periods=(FilterLink(words.period(found.period, 3), HERE, current=True),),
        panel=panel,
        reading=(words.w.reading_chance,),
        published=tuple(words.published("completed")),
        part=Part("This site's part", ("In.",), (PostButton("Leave", f"{HERE}/part/leave"),)),
        links=(Link(words.w.exchange, f"{HERE}/exchange"),),
    )
    page = "staff/collaborative.html"
    yield "collaborative", page, compared
    nothing = Panel("funnel", words.w.found_none, "", panel.svg[:0])
    yield "collaborative-empty", page, replace(compared, panel=nothing, published=(), part=None)
    yield "collaborative-out", page, replace(compared, panel=None)
    yield from _exchange(words)
    yield from _lead(words)


def _exchange(words: CollaborativeWords) -> Iterator[tuple[str, str, View]]:
    page = "staff/collaborative_exchange.html"
    lesson = LessonRow("4 May 2026", "CGHKM", "Calls at noon", "Two lines.", "Time", "Champion")
    offer = OfferRow(
        "First pack 1.2.0", "pack", "CGHKM", "R. Cole", "Fewer repeats.", "ab" * 8, "4 May 2026",
        'key = "first"', PostButton("Take it as a draft", f"{HERE}/exchange/1/take"),
    )  # fmt: skip
    back = Link(words.w.back_site, HERE)
    view = ExchangeView(staff_frame("/sites/3f2a"), back, (lesson,), (offer,))
    yield "exchange", page, view
    yield "exchange-empty", page, replace(view, lessons=(), offers=())
    yield (
        "exchange-wrong",
        page,
        replace(
            view,
            action=f"{HERE}/exchange",
            choices=(Choice("pack:1", "First pack 1.2.0"),),
            values=OfferValues("pack:1", "", "x"),
            problems=(Problem("author", "is missing"),),
        ),
    )


def _lead(words: CollaborativeWords) -> Iterator[tuple[str, str, View]]:
    page = "staff/collaborative_lead.html"
    first = LeadView(
        staff_frame("/collaborative"),
        "",
        words.w.lead_none,
        lengths=(Choice("3", "3 months"),),
        values=LeadValues("A", "", "2"),
        problems=(Problem("key", "does not have the form"), Problem("months", "is one of 1, 3")),
    )
    yield "lead-new", page, first
    view = LeadView(
        staff_frame("/collaborative"),
        "Oncology collaborative",
        words.w.lead_heading,
        links=(Link(words.w.figures_link, "/collaborative/figures"),),
        onboarding=(OnboardingRow("Lakeside Cancer Clinic", "live", "4 May 2026"),),
        members=(
            MemberRow(
                "Oak", "4f2a 91c0", "none", PostButton("End", "/collaborative/members/1/end")
            ),
            MemberRow("Elm", "4f2a 91c1", "none", None),
        ),
        key=KeyView(PUBLIC, FINGERPRINT, "made 4 May 2026"),
        periods=(Choice("2026-07", "July to September 2026"),),
        refused=(Problem("sites[0].completed", "is under 10", "ask them"),),
    )
    yield "lead", page, view
    yield "lead-empty", page, replace(view, onboarding=(), members=(), key=None, refused=())
