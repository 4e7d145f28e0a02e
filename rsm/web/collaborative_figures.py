"""One measure of one period, every site beside the others: what a site and what the lead see."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import Response
from markupsafe import Markup

from rsm.collaborative import funnels, service
from rsm.collaborative.model import Collaborative, Funnel
from rsm.collaborative.shared import MEASURES
from rsm.db.work import Tx
from rsm.kernel.errors import NotFound
from rsm.web.charts_funnel import FunnelWords, funnel_picture
from rsm.web.collaborative_words import CollaborativeWords
from rsm.web.measure_words import words as measure_words
from rsm.web.picture_file import svg_file
from rsm.web.picture_table import csv_file
from rsm.web.views.collaborative import ComparedView
from rsm.web.views.common import FilterLink, Link
from rsm.web.views.frame import StaffFrame
from rsm.web.views.pictures import Panel

_NAME = "funnel"


@dataclass(frozen=True)
class Asked:
    """What is looked at, by whom: `site_id` is None for the lead."""

    tx: Tx
    agreed: Collaborative
    words: CollaborativeWords
    address: str
    measure: str
    period: date | None
    site_id: UUID | None = None

    def url(self, measure: str, period: date | None, **more: str) -> str:
        at = f"&period={period:%Y-%m}" if period else ""
        rest = "".join(f"&{name}={value}" for name, value in more.items())
        return f"{self.address}?measure={measure}{at}{rest}"


def asked(  # noqa: PLR0913 - an address's parts, and who asks
    tx: Tx, frame: StaffFrame, address: str, *, measure: str, period: str, site_id: UUID | None
) -> Asked:
    """The address read: what is not known is the first measure, and the newest period."""
    known = funnels.periods(tx)
    chosen = next((one for one in known if f"{one:%Y-%m}" == period), known[0] if known else None)
    words = CollaborativeWords(frame.language)
    which = measure if measure in MEASURES else MEASURES[0]
    return Asked(tx, service.the(tx), words, address, which, chosen, site_id)


def compared(it: Asked, frame: StaffFrame, back: Link, links: tuple[Link, ...]) -> ComparedView:
    """The page, but for a site's own part."""
    w = it.words.w
    return ComparedView(
        frame=frame,
        heading=w.heading,
        lead=it.words.say("lead", name=it.agreed.name),
        back=back,
        measures=tuple(_measure_link(it, one) for one in MEASURES),
        periods=tuple(_period_link(it, one) for one in funnels.periods(it.tx)),
        panel=panel(it),
        reading=(w.reading_chance, w.reading_question, w.reading_withheld),
        published=tuple(it.words.published(it.measure)),
        links=links,
    )


def _measure_link(it: Asked, measure: str) -> FilterLink:
    title = measure_words(measure, it.words.language).title
    return FilterLink(title, it.url(measure, it.period), current=measure == it.measure)


def _period_link(it: Asked, period: date) -> FilterLink:
    said = it.words.period(period, it.agreed.months)
    return FilterLink(said, it.url(it.measure, period), current=period == it.period)


def panel(it: Asked) -> Panel:
    """The funnel with its figures; where there is nothing to draw, it says so."""
    words = it.words
    if it.period is None:
        return Panel(_NAME, words.w.found_none, "", Markup())
    found = funnels.funnel(it.tx, it.measure, it.period, it.site_id)
    own = service.own_name(it.tx, it.site_id) if it.site_id else ""
    svg = funnel_picture(found, _lines(words, found), _NAME) if found.points else Markup()
    return Panel(
        name=_NAME,
        caption=words.caption(found, own),
        counted=words.counted(found),
        svg=svg,
        head=words.head(),
        rows=words.rows(found),
        picture_url=it.url(it.measure, it.period, picture="yes") if found.points else "",
        table_url=it.url(it.measure, it.period, table="yes") if found.points else "",
    )


def alone(it: Asked, *, as_table: bool) -> Response:
    """The picture, or its table, as a file."""
    drawn = panel(it)
    if not drawn.svg:
        raise NotFound("there is nothing to draw")
    name = f"funnel {it.measure} {it.period}"
    if as_table:
        return csv_file(drawn.head, drawn.rows, name)
    return svg_file(drawn.svg, name, drawn.caption)


def _lines(words: CollaborativeWords, found: Funnel) -> FunnelWords:
    w, target = words.w, found.target
    median = words.say("median", share=words.percent(target)) if target is not None else ""
    return FunnelWords(w.axis, median, w.warning, w.control)
