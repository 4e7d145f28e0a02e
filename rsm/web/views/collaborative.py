"""View models of the collaborative: figures beside one another, what is exchanged, the lead's page.

Rows stand in the order of their codes: nothing here is sorted by how well anybody does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, FilterLink, Link, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.views.pictures import Panel


def _of(problems: Sequence[Problem], name: str) -> Problem | None:
    return next((one for one in problems if one.where == name), None)


@dataclass(frozen=True)
class PublishedRow:
    """A figure of the literature: what, in which setting, how much, of what, by whom."""

    words: str
    setting: str
    share: str
    denominator: str
    source: str


@dataclass(frozen=True)
class Part:
    """What a site's part is, and what its manager may do about it."""

    heading: str
    lines: tuple[str, ...]
    buttons: tuple[PostButton, ...] = ()


@dataclass(frozen=True)
class ComparedView:
    """`staff/collaborative.html`: one measure of one period, as a funnel and as a table.

    `panel` is None for a site that takes no part yet: then only `part` is shown.
    """

    frame: StaffFrame
    heading: str
    lead: str
    back: Link
    measures: tuple[FilterLink, ...] = ()
    periods: tuple[FilterLink, ...] = ()
    panel: Panel | None = None
    reading: tuple[str, ...] = ()
    published: tuple[PublishedRow, ...] = ()
    part: Part | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class LessonRow:
    """An entry of a journal that its site shares."""

    on: str
    who: str
    title: str
    words: str
    barrier: str
    strategy: str


@dataclass(frozen=True)
class OfferRow:
    """A pack or text on offer, with who stands for it and what came of it there."""

    title: str
    kind: str
    who: str
    author: str
    evidence: str
    hash: str
    offered: str
    body: str
    button: PostButton | None = None


@dataclass(frozen=True)
class OfferValues:
    """The form of an offer as it was typed."""

    what: str = ""
    author: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class ExchangeView:
    """`staff/collaborative_exchange.html`: barriers and strategies, packs and texts on offer."""

    frame: StaffFrame
    back: Link
    lessons: tuple[LessonRow, ...]
    offers: tuple[OfferRow, ...]
    action: str = ""  # of the form; empty for whoever may not offer
    choices: tuple[Choice, ...] = ()
    values: OfferValues = OfferValues()
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return _of(self.problems, name)


@dataclass(frozen=True)
class OnboardingRow:
    """How far a site has come, and since when it takes part."""

    place: str
    stage: str
    since: str


@dataclass(frozen=True)
class MemberRow:
    """An installation whose files are believed; `end` is None for one that is out."""

    name: str
    fingerprint: str
    last: str
    end: PostButton | None


@dataclass(frozen=True)
class KeyView:
    """Our public key, to be sent, and its fingerprint, to be read out."""

    public: str
    fingerprint: str
    made: str


@dataclass(frozen=True)
class LeadValues:
    """The forms of the lead's page as they were typed."""

    key: str = ""
    name: str = ""
    months: str = ""
    member: str = ""
    public: str = ""
    heard: str = ""


@dataclass(frozen=True)
class LeadView:
    """`staff/collaborative_lead.html`. `agreed` is empty while no collaborative is set up."""

    frame: StaffFrame
    agreed: str
    heading: str
    links: tuple[Link, ...] = ()
    onboarding: tuple[OnboardingRow, ...] = ()
    members: tuple[MemberRow, ...] = ()
    key: KeyView | None = None
    periods: tuple[Choice, ...] = ()
    lengths: tuple[Choice, ...] = ()
    values: LeadValues = LeadValues()
    problems: tuple[Problem, ...] = ()
    refused: tuple[Problem, ...] = ()  # what was wrong with a file

    def problem_of(self, name: str) -> Problem | None:
        return _of(self.problems, name)
