"""What stands around every staff page (`staff/base.html`), and the standard navigation."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class NavLink:
    """One entry of the main navigation; `count` is shown beside it when it is known."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class StaffFrame:
    """The bar, who is signed in, and where the common forms post to.

    `zone` is the site's. `user_name` is empty before signing in: then there is no bar.
    `search_action` takes a POST of `q` (a name in an address would be kept in logs).
    `idle_seconds` is how long the page waits before it posts to `lock_action` (0: never).
    `flash` says what was just done. `clinic_phone` is for patients who come here by mistake.
    `language` is that of whoever is signed in, where we have its words: the bar is in it. What the
    page itself is written in, its `main` says (`main_lang` in `staff/base.html`).
    """

    site_name: str
    now: datetime
    zone: str
    csrf: str = ""
    user_name: str = ""
    user_note: str = ""
    nav: tuple[NavLink, ...] = ()
    search_action: str = ""
    lock_action: str = ""
    sign_out_action: str = ""
    idle_seconds: int = 0
    flash: str = ""
    clinic_phone: str = ""
    emergency_number: str = ""
    language: str = "en"
    standing: str = ""  # what everybody who works here must know, such as that nothing is sent


def main_navigation(current: str, links: Iterable[NavLink]) -> tuple[NavLink, ...]:
    """The entries that every signed-in page shows; `current` is the address of the present one."""
    return tuple(replace(link, current=link.url == current) for link in links)
