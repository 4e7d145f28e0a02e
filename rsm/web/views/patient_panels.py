"""View model of the panels on a patient's page."""

from dataclasses import dataclass

from rsm.web.views.common import Link, PostButton


@dataclass(frozen=True)
class Panel:
    """Lines under a heading, what stood before, and what this person may do about it."""

    id: str
    heading: str
    lines: tuple[str, ...]
    history: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    buttons: tuple[PostButton, ...] = ()
