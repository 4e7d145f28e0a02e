"""View models of a site's rules and of a replay (`staff/site_rules.html`, `site_replay.html`)."""

from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.views.common import Choice, FilterLink, Link
from rsm.web.views.frame import StaffFrame
from rsm.web.views.site import Fact


@dataclass(frozen=True)
class RuleLine:
    """One rule in force; `url` leads to it in words. `share`, `held` (back, by reason) and
    `review` are in words; `warn`: it should be looked at."""

    id: str
    title: str
    url: str
    level: Level
    fired: int
    acted: int
    waiting: int
    share: str
    share_of: str
    repeats: int
    held: str
    last: str
    review: str
    warn: bool = False


@dataclass(frozen=True)
class ReplayValues:
    """The form as typed; one of `shipped`, an uploaded file and `text` is the pack."""

    shipped: str = ""
    text: str = ""
    weeks: str = ""
    minutes: str = ""


@dataclass(frozen=True)
class RulesView:
    """`staff/site_rules.html`: the tuning table; posts `ReplayValues` and `file` to `action`.

    Without `action` the reader may only read. `lang` is the language of the texts.
    """

    frame: StaffFrame
    lang: str
    links: tuple[FilterLink, ...]
    heading: str
    lead: str
    explain: Link
    periods: tuple[FilterLink, ...]
    rules: tuple[RuleLine, ...]
    enough: int
    action: str = ""
    values: ReplayValues = ReplayValues()
    packs: tuple[Choice, ...] = ()
    weeks: tuple[Choice, ...] = ()
    problems: tuple[Problem, ...] = ()
    more: tuple[Link, ...] = ()  # what else there is to do with the rules

    def with_form(
        self,
        action: str,
        values: ReplayValues,
        packs: tuple[Choice, ...],
        problems: tuple[Problem, ...] = (),
    ) -> "RulesView":
        """The same page with the form, as typed."""
        return replace(self, action=action, values=values, packs=packs, problems=problems)

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class PairRow:
    """A label, as it was, with the pack."""

    label: str
    was: str
    would: str


@dataclass(frozen=True)
class LostRow:
    """An alert that was acted upon and would not have been raised; `url` for those who may."""

    code: str
    url: str
    level: Level
    opened_at: datetime
    rules: str


@dataclass(frozen=True)
class ReplayView:
    """`staff/site_replay.html`: facts, two pictures with their figures, tables, and limits."""

    frame: StaffFrame
    lang: str
    heading: str
    lead: str
    back: Link
    facts: tuple[Fact, ...]
    load: tuple[PairRow, ...]
    changes: tuple[PairRow, ...]  # there were, raised as well
    changed: str
    both: str
    rules: tuple[PairRow, ...]
    week_found: str
    hour_found: str
    by_week: Markup
    weeks: tuple[PairRow, ...]
    by_hour: Markup
    hours: tuple[PairRow, ...]
    lost: tuple[LostRow, ...]
    in_doubt: int
    quiet: str
    limits: tuple[str, ...]


@dataclass(frozen=True)
class ExplainView:
    """`staff/site_rules_explain.html`: a pack in plain words, to print and sign.

    `body` is the pack in English, as HTML; everything around it is in `lang`.
    """

    frame: StaffFrame
    lang: str
    back: Link
    state: str
    note: str
    body: Markup
