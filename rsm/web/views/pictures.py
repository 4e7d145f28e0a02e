"""A picture on a page: what it shows in words, its figures as a table, and where both are had."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Panel:
    """One picture. `caption` is the finding, `counted` says what is counted.

    `notes` are sentences below it, `marks` what its numbered lines are. `svg` is empty where there
    is nothing to draw: then `caption` says so. `name` is its id on the page and in addresses.
    """

    name: str
    caption: str
    counted: str
    svg: Markup
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    marks: tuple[tuple[int, str], ...] = ()
    picture_url: str = ""
    table_url: str = ""
