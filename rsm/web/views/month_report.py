"""View models of a monthly report (`reports/month.html`): a file of its own, without a frame."""

from dataclasses import dataclass

from markupsafe import Markup

from rsm.web.views.common import Link
from rsm.web.views.site import Fact

_NO_PICTURE = Markup("")


@dataclass(frozen=True)
class Section:
    """A finding with its figures, and a picture of them where there is one.

    `heading` says what was found, `counted` what is counted. `live` figures go on after the month
    (who stays, who is enrolled later), or follow from others: they are no part of what is compared
    with a report that was sent.
    """

    name: str
    heading: str
    counted: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    svg: Markup = _NO_PICTURE
    notes: tuple[str, ...] = ()
    closed: bool = False
    live: bool = False


@dataclass(frozen=True)
class MonthReport:
    """One site's month. `cautions` are what to know before reading, `limits` what figures cannot
    show. `funders` is empty without that part. With `sheets` it is a page of ours, which fetches
    them, and leads back by `back`; without, its styles stand in it.
    """

    language: str
    title: str
    heading: str
    lead: str
    headlines: tuple[str, ...]
    cautions: tuple[str, ...]
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    funders: tuple[Section, ...]
    funders_note: str
    limits: tuple[str, ...]
    made_by: str
    words: object  # the texts of its language: headings that never change
    small: bool = False
    sheets: tuple[str, ...] = ()
    back: Link | None = None

    @property
    def figures(self) -> object:
        """Everything that a later correction could change, as plain data."""
        facts = [[fact.label, fact.value, fact.note] for fact in self.facts]
        sections = [
            [section.name, section.rows]
            for section in (*self.sections, *self.funders)
            if not section.live
        ]
        return [facts, sections]
