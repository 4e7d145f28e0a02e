"""What stands beside one another, in words: the finding of a funnel, a period, where a site lies.

A finding is about the reader's own site, or about how many lie outside; never about who is best.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace

from rsm.collaborative import decide
from rsm.collaborative.literature import about
from rsm.collaborative.model import Funnel, Lies, Point, Published, Withheld
from rsm.metrics.statistics.intervals import wilson
from rsm.web import when
from rsm.web.measure_words import words as measure_words
from rsm.web.staff_words import section
from rsm.web.views.collaborative import PublishedRow

_DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class CollaborativeWords:
    """The words of one language."""

    language: str

    @property
    def w(self) -> SimpleNamespace:
        return section("collaborative", self.language)

    def say(self, key: str, **values: object) -> str:
        """The text of that key, filled."""
        return str(getattr(self.w, key)).format(**values)

    def percent(self, share: float, digits: int = 0) -> str:
        text = f"{100 * share:.{digits}f}"
        return f"{text.replace('.', ',') if self.language == 'es' else text} %"

    def period(self, first: date, months: int) -> str:
        """`July to September 2026`"""
        names, last = when.words_of(self.language).months, decide.ends(first, months)
        if months == 1:
            return self.say("months_one", month=names[first.month - 1], year=first.year)
        begins, ends = names[first.month - 1], names[last.month - 1]
        return self.say("months_other", first=begins, last=ends, year=last.year)

    def length(self, months: int) -> str:
        return self.say("months_of_one" if months == 1 else "months_of_other", count=months)

    # --- a funnel -----------------------------------------------------------------------------

    def caption(self, funnel: Funnel, own: str = "") -> str:
        """The finding; `own` is the name of the reader's site, empty for the lead."""
        if not funnel.points and not funnel.withheld:
            return str(self.w.found_none)
        if own and not any(point.own for point in funnel.points):
            absent = not any(site.own for site in funnel.withheld)
            return self.say("found_absent" if absent else "found_withheld", site=own)
        if funnel.target is None:
            return self.say("found_few", fewest=decide.FEWEST)
        median = self.percent(funnel.target)
        if not own:
            return self._outside(funnel, funnel.target, median)
        point = next(point for point in funnel.points if point.own)
        key = f"found_{decide.lies(point, funnel.target)}"
        return self.say(key, site=own, share=self.percent(point.share), median=median)

    def _outside(self, funnel: Funnel, target: float, median: str) -> str:
        far = [point for point in funnel.points if decide.lies(point, target) is Lies.CONTROL]
        key = {0: "none", 1: "one"}.get(len(far), "other")
        return self.say(f"found_outside_{key}", count=len(far), median=median)

    def counted(self, funnel: Funnel) -> str:
        said = measure_words(funnel.measure, self.language)
        period = self.period(funnel.period, funnel.months)
        return self.say(
            "counted", numerator=said.numerator, denominator=said.denominator, period=period
        )

    def head(self) -> tuple[str, ...]:
        w = self.w
        return (w.col_site, w.col_part, w.col_whole, w.col_share, w.col_interval, w.col_lies)

    def rows(self, funnel: Funnel) -> tuple[tuple[str, ...], ...]:
        """Every site in the order of its code."""
        shown = {point.code: self._row(point, funnel.target) for point in funnel.points}
        hidden = {site.code: self._withheld(site) for site in funnel.withheld}
        return tuple(row for _, row in sorted((shown | hidden).items()))

    def _row(self, point: Point, target: float | None) -> tuple[str, ...]:
        around = wilson(point.part, point.whole)
        lies = "untold" if target is None else decide.lies(point, target).value
        return (
            self.site(point),
            str(point.part),
            str(point.whole),
            self.percent(point.share),
            f"{self.percent(around.low)[:-2]}{_DASH}{self.percent(around.high)}",
            str(getattr(self.w, f"lies_{lies}")),
        )

    def _withheld(self, site: Withheld) -> tuple[str, ...]:
        return (self.site(site), _DASH, _DASH, _DASH, _DASH, str(self.w.withheld))

    def site(self, site: Point | Withheld) -> str:
        """Its code; its name as well where it agreed, and to itself."""
        if site.name is None:
            return site.code
        if site.own:
            return self.say("own", name=site.name)
        return self.say("coded", name=site.name, code=site.code)

    # --- the literature -----------------------------------------------------------------------

    def published(self, measure: str) -> Iterator[PublishedRow]:
        """What is known of this measure, as the file has it."""
        for one in about(measure):
            yield self._published(one)

    def _published(self, one: Published) -> PublishedRow:
        language = self.language if self.language in one.words else "en"
        return PublishedRow(
            words=one.words[language],
            setting=str(getattr(self.w, f"setting_{one.setting}")),
            share=self.percent(one.share, 0 if round(one.share * 1000) % 10 == 0 else 1),
            denominator=one.denominator[
                self.language if self.language in one.denominator else "en"
            ],
            source=one.source,
        )
