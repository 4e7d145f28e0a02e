"""Every rate for each group of patients: for whom it works, and whom it does not reach."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from markupsafe import Markup

from rsm.metrics.definitions import MEASURES
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import Figure, by_value
from rsm.metrics.measure import Kind
from rsm.metrics.statistics.intervals import Interval, difference, wilson
from rsm.security.model import Permission
from rsm.web import measure_words
from rsm.web.auth import Desk, Needs
from rsm.web.charts_whisker import Whisker, whisker_chart
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.manager_period import LONG_PERIODS, last_weeks
from rsm.web.picture_file import svg_file
from rsm.web.picture_table import csv_file
from rsm.web.site_changes import all_at_once
from rsm.web.site_words import Words, percent_of
from rsm.web.views.common import FilterLink
from rsm.web.views.frame import StaffFrame
from rsm.web.views.pictures import Panel
from rsm.web.views.site_equity import EquityView

# By what patients can be told apart here; those of one worker are on pages of their own.
GROUPS = tuple(one for one in Dimension if one not in {Dimension.ALL, Dimension.WORKER})
RATES = tuple(one.id for one in MEASURES if one.kind is Kind.RATE and not one.live)
_USUAL, _WEEKS = "completed", 26
_FEW = 10  # below, one person more or less moves a rate by ten points

router = APIRouter()


@dataclass(frozen=True)
class Group:
    """One value of the dimension; `by` is the interval of its rate less that of all others."""

    value: str
    part: int
    whole: int
    interval: Interval
    by: Interval | None

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def differs(self) -> bool:
        """Beyond chance, as many as are compared."""
        return self.by is not None and 0.0 not in self.by


@dataclass(frozen=True)
class Asked:
    """Which rate of which groups, in the last weeks."""

    by: Dimension
    measure: str
    weeks: int

    def at(self, site_id: UUID, **others: object) -> str:
        """The address of this page, or of another one like it."""
        values = {"by": self.by, "measure": self.measure, "weeks": self.weeks, **others}
        return f"/sites/{site_id}/equity?" + "&".join(
            f"{key}={each}" for key, each in values.items()
        )


def asked_for(
    by: Annotated[str, Query(max_length=40)] = Dimension.LANGUAGE.value,
    measure: Annotated[str, Query(max_length=80)] = _USUAL,
    weeks: Annotated[int, Query()] = _WEEKS,
) -> Asked:
    """What the address asks for; the usual where it asks for what is not there."""
    return Asked(
        Dimension(by) if by in set(GROUPS) else Dimension.LANGUAGE,
        measure if measure in RATES else _USUAL,
        weeks if weeks in LONG_PERIODS else _WEEKS,
    )


@router.get("/sites/{site_id}/equity")
def show_equity(
    site_id: UUID,
    desk: Annotated[Desk, Needs(Permission.SEE_FIGURES)],
    asked: Annotated[Asked, Depends(asked_for)],
    picture: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One rate by one dimension; `picture=svg` or `csv` is the picture or its table alone."""
    frame = staff_frame(desk, f"/sites/{site_id}")
    view = _view(desk, frame, asked)
    name = f"{asked.measure}-by-{asked.by}"
    if picture == "svg" and view.panel.svg:
        return svg_file(view.panel.svg, name, f"{view.title}: {view.panel.caption}")
    if picture == "csv":
        return csv_file(view.panel.head, view.panel.rows, name)
    return html("staff/site_equity.html", view, frame.language)


def groups(found: Mapping[str, Figure]) -> tuple[Group, ...]:
    """The groups by their values, who is not recorded last; each beside all others together."""
    parts = {value: _part(figure) for value, figure in found.items()}
    part_all, whole_all = (sum(each[side] for each in parts.values()) for side in (0, 1))
    known = sum(1 for _, whole in parts.values() if whole)
    sure = all_at_once(known if known > 2 else 1)  # two are compared once: each with the other
    made = []
    for value in sorted(parts, key=lambda value: (not value, value)):
        part, whole = parts[value]
        rest = part_all - part, whole_all - whole
        by = difference((part, whole), rest, sure) if whole and rest[1] else None
        around = found[value].interval or wilson(part, whole)
        made.append(Group(value, part, whole, around, by))
    return tuple(made)


def _part(figure: Figure) -> tuple[int, int]:
    if figure.part is None or not figure.whole:
        return 0, 0
    return min(figure.whole, round(figure.part)), figure.whole


def _view(desk: Desk, frame: StaffFrame, asked: Asked) -> EquityView:
    site_id, words = desk.staff.site_id, Words("equity", frame.language)
    days = last_weeks(desk.tx.now, frame.zone, asked.weeks)
    found = groups(by_value(desk.tx, site_id, days, asked.measure, asked.by))
    measured = measure_words.words(asked.measure, frame.language)
    return EquityView(
        frame=frame,
        heading=_heading(found, words),
        title=measured.title,
        period=words.days(days, frame.zone),
        counted=words("counted", numerator=measured.numerator, denominator=measured.denominator),
        panel=_panel(found, asked, words, asked.at(site_id)),
        groups=_groups(site_id, asked, words),
        measures=_measures(site_id, asked, frame.language),
        periods=tuple(
            FilterLink(
                words.weeks(each),
                asked.at(site_id, weeks=each),
                current=each == asked.weeks,
            )
            for each in LONG_PERIODS
        ),
        back_url=f"/sites/{site_id}",
    )


def _heading(found: Iterable[Group], words: Words) -> str:
    known = [group for group in found if group.whole]
    if not known:
        return words("nothing")
    if len(known) == 1:
        return words("one_group")
    differ = [group for group in known if group.differs]
    if not differ:
        return words("no_difference")
    names = ", ".join(name_of(group.value, words) for group in differ)
    return words.counted("difference", len(differ), names=names)


def name_of(value: str, words: Words) -> str:
    """A group in words: a code that we know, a decade of birth, else as the site recorded it."""
    if not value:
        return words("not_recorded")
    if value.isdigit() and len(value) == 4:
        return words("born", first=value, last=int(value) + 9)
    return ", ".join(words.known(f"value_{each}", each) for each in value.split("; "))


def _panel(found: tuple[Group, ...], asked: Asked, words: Words, here: str) -> Panel:
    part_all, whole_all = sum(one.part for one in found), sum(one.whole for one in found)
    rows = [
        Whisker(name_of(one.value, words), one.share, one.interval, one.differs) for one in found
    ]
    overall = part_all / whole_all if whole_all else None
    return Panel(
        name="equity",
        caption=words("caption", group=words(f"by_{asked.by}")),
        counted=words("dashes", share=percent_of(overall), whole=whole_all),
        svg=whisker_chart(rows, overall, "c-equity") if whole_all else Markup(),
        head=tuple(
            words(key)
            for key in (
                "head_group",
                "head_part",
                "head_whole",
                "head_rate",
                "head_interval",
                "head_others",
            )
        ),
        rows=tuple(_row(one, words) for one in found),
        notes=tuple(_notes(found, words)),
        picture_url=f"{here}&picture=svg",
        table_url=f"{here}&picture=csv",
    )


def _row(group: Group, words: Words) -> tuple[str, ...]:
    around = "\N{EN DASH}"
    if group.whole:
        low, high = round(100 * group.interval.low), round(100 * group.interval.high)
        around = words("between", low=low, high=high)
    return (
        name_of(group.value, words),
        str(group.part),
        str(group.whole),
        percent_of(group.share),
        around,
        _others(group, words),
    )


def _others(group: Group, words: Words) -> str:
    if group.by is None:
        return "\N{EN DASH}"
    if not group.differs:
        return words("as_others")
    low, high = sorted((abs(group.by.low), abs(group.by.high)))
    key = "higher" if group.by.low > 0 else "lower"
    return words(key, low=round(100 * low), high=round(100 * high))


def _notes(found: tuple[Group, ...], words: Words) -> Iterable[str]:
    if any(0 < group.whole < _FEW for group in found):
        yield words("note_few", count=_FEW)
    if any(not group.value and group.whole for group in found):
        yield words("note_not_recorded")
    if sum(1 for group in found if group.whole) > 1:
        yield words("note_many")
        yield words("note_repeated")


def _groups(site_id: UUID, asked: Asked, words: Words) -> tuple[FilterLink, ...]:
    return tuple(
        FilterLink(words(f"by_{one}"), asked.at(site_id, by=one), current=one is asked.by)
        for one in GROUPS
    )


def _measures(site_id: UUID, asked: Asked, language: str) -> tuple[FilterLink, ...]:
    return tuple(
        FilterLink(
            measure_words.words(one, language).title,
            asked.at(site_id, measure=one),
            current=one == asked.measure,
        )
        for one in RATES
    )
