"""View models of the report on simulated months (`reports/simulated.html`) and of two side by side.

Neither has a frame: they are files, for whoever decides before a site goes live.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rsm.web.views.site import Fact

_NUMBERS = frozenset("0123456789+\N{MINUS SIGN}\N{EN DASH}")


def numeric(rows: Sequence[Sequence[str]]) -> tuple[bool, ...]:
    """For each column, whether it holds numbers alone."""
    return tuple(
        all(not cell or cell[0] in _NUMBERS for cell in column)
        for column in zip(*rows, strict=True)
    )


@dataclass(frozen=True)
class Picture:
    """A picture with its figures: `caption` is the finding, `counted` says what is counted.

    `name` is that of its file and of its caption's id; the first column of `rows` names the row.
    """

    name: str
    caption: str
    counted: str
    svg: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Table:
    """Figures without a picture; `closed`: they are many, and few people ask for them."""

    name: str
    caption: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    closed: bool = False


@dataclass(frozen=True)
class ReportView:
    """A report: the finding, what was simulated, what is amiss, facts, pictures, tables, limits."""

    title: str
    heading: str
    lead: str
    alarms: tuple[str, ...]
    cautions: tuple[str, ...]
    facts: tuple[Fact, ...]
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]
    limits: tuple[str, ...]
    made_by: str
