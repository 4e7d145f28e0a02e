"""Aggregates of a site as JSON: every measure by its id, with its parts and its interval.

They are the figures of the site's pages, from the same roll-ups and under the same definitions.
Divided by a dimension, what few people stand behind is withheld, since a key is no person whom the
site has let see its patients.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from rsm.kernel.documents import nearest
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.metrics.definitions import BY_ID, MEASURES
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import Figure, figures
from rsm.metrics.measure import Basis, Kind, Measure
from rsm.metrics.model import Days
from rsm.security.audit import Subject, record
from rsm.security.model import ApiScope
from rsm.sites import service as sites
from rsm.web.api.desk import ApiDesk, Needs
from rsm.web.api.withheld import withheld

router = APIRouter(prefix="/sites/{site_id}")
Reader = Annotated[ApiDesk, Needs(ApiScope.FIGURES_READ)]
_USUAL = timedelta(days=27)  # and the last one


class By(StrEnum):
    """By what figures can be divided. A worker's figures are for her and those who lead her."""

    ALL = "all"
    AGE = "age"
    SEX = "sex"
    ETHNICITY = "ethnicity"
    LANGUAGE = "language"
    CHANNEL = "channel"
    INSURANCE = "insurance"
    RURALITY = "rurality"
    DEPRIVATION = "deprivation"


class DefinitionOut(BaseModel):
    """What a measure counts, in words; without a denominator it is no rate."""

    id: str
    words: str
    kind: Kind
    basis: Annotated[Basis, Field(description="the day by which something belongs to the period")]
    numerator: str
    denominator: str
    excluded: list[str]
    source: str

    @classmethod
    def of(cls, measure: Measure) -> "DefinitionOut":
        names = ("id", "words", "kind", "basis", "numerator", "denominator", "source")
        plain = {name: getattr(measure, name) for name in names}
        return cls(**plain, excluded=list(measure.excluded))


class FigureOut(BaseModel):
    """One figure. A rate has part, whole, share and its 95 % interval (Wilson); a count has its
    part; a duration has minutes as its part, null where it cannot be told. `withheld`: fewer than
    ten people stand behind it or beside it."""

    measure: str
    value: Annotated[str, Field(description="of the dimension; empty: not recorded, or all")]
    part: float | None
    whole: int | None
    share: float | None
    low: float | None
    high: float | None
    withheld: bool

    @classmethod
    def of(cls, value: str, figure: Figure) -> "FigureOut":
        interval = figure.interval if figure.whole else None
        return cls(
            measure=figure.measure,
            value=value,
            part=figure.part,
            whole=figure.whole,
            share=figure.share,
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            withheld=False,
        )

    @classmethod
    def nothing(cls, value: str, measure: str) -> "FigureOut":
        none = dict.fromkeys(("part", "whole", "share", "low", "high"))
        return cls(measure=measure, value=value, withheld=True, **none)


class FiguresOut(BaseModel):
    """The figures of some days, both counted in, with what each of them means."""

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    by: By
    definitions: list[DefinitionOut]
    figures: list[FigureOut]


@router.get("/figures", response_model_by_alias=True)
def read_figures(
    desk: Reader,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to", description="counted in")] = None,
    by: Annotated[By, Query(description="divided: of one calendar quarter that is over")] = By.ALL,
    measure: Annotated[
        list[str] | None, Query(description="ids; all when none is named", max_length=200)
    ] = None,
) -> FiguresOut:
    """Every measure, or those that are named, of the last four weeks or of other days.

    Divided, they are of one calendar quarter that is over, the last one unless another is named:
    quarters have no day in common, so that none of them can be subtracted from another.
    """
    wanted = _measures(measure)
    today = local_of(desk.tx.now, zone_named(sites.get(desk.tx, desk.site_id).zone)).date()
    days = (_days if by is By.ALL else _quarter)(today, first, last)
    found = figures(desk.tx, desk.site_id, days, Dimension(by))
    facts = {"first": days.first, "last": days.last, "by": by}
    record(desk.tx, "figures.read", Subject("site", desk.site_id), desk.site_id, **facts)
    told = list(_told(found, wanted, divided=by is not By.ALL))
    defined = [DefinitionOut.of(each) for each in wanted]
    content = {"from": days.first, "to": days.last, "by": by}
    return FiguresOut.model_validate({**content, "definitions": defined, "figures": told})


def _told(
    found: Mapping[str, Mapping[str, Figure]], wanted: tuple[Measure, ...], *, divided: bool
) -> Iterator[FigureOut]:
    """What is withheld follows from all measures, whichever are asked for."""
    hidden = withheld(found) if divided else frozenset()
    for value, of_value in found.items():
        for each in wanted:
            if (value, each.id) in hidden:
                yield FigureOut.nothing(value, each.id)
            elif each.id in of_value:
                yield FigureOut.of(value, of_value[each.id])


def _measures(ids: list[str] | None) -> tuple[Measure, ...]:
    unknown = [id_ for id_ in ids or () if id_ not in BY_ID]
    if unknown:
        raise Invalid(
            [Problem("measure", f"no measure `{id_}`", nearest(id_, BY_ID)) for id_ in unknown]
        )
    return MEASURES if not ids else tuple(each for each in MEASURES if each.id in ids)


def _days(today: date, first: date | None, last: date | None) -> Days:
    until = last or today - timedelta(days=1)
    since = first or max(until, date.min + _USUAL) - _USUAL
    if until < since:
        raise Invalid(Problem("to", f"{until} is before {since}", "from the earlier to the later"))
    return Days(since, until)


def _quarter(today: date, first: date | None, last: date | None) -> Days:
    """The quarter that is asked for; without one, the last that is over."""
    usual = _quarter_of(_quarter_of(today).first - timedelta(days=1))
    wanted = _quarter_of(min(first or last or usual.last, today))
    named = Days(first or wanted.first, last or wanted.last)
    if named != wanted or wanted.last > usual.last:
        such = f"from={usual.first}&to={usual.last}"
        raise Invalid(Problem("by", "needs one calendar quarter that is over", such))
    return wanted


def _quarter_of(day: date) -> Days:
    """The quarter in which this day lies."""
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    after = (first + timedelta(days=95)).replace(day=1)
    return Days(first, after - timedelta(days=1))
