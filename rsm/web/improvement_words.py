"""What the pages about improving share: their words, their links, days and percentages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.security import staff
from rsm.sites import service as sites
from rsm.web.auth import Desk
from rsm.web.frames import language_of
from rsm.web.staff_words import section
from rsm.web.texts import shipped, texts_in
from rsm.web.views.common import Choice, FilterLink
from rsm.web.when import local_date

_PAGES = ("journal", "cycles", "live", "trial")
_PARTS = {"live": "go-live"}


class Words:
    """The words of one page for whoever is at the desk, and days on the site's clock."""

    def __init__(self, desk: Desk, page: str) -> None:
        self.language = language_of(desk)
        self.of: SimpleNamespace = section(page, self.language)
        self.zone = sites.get(desk.tx, desk.staff.site_id).zone
        self.now = desk.tx.now

    def say(self, key: str, **values: object) -> str:
        """One string with its places filled."""
        text: str = getattr(self.of, key)
        return text.format(**values)

    def day(self, day: date | datetime) -> str:
        return local_date(day, self.zone, self.language, year=True)

    def today(self) -> date:
        return local_of(self.now, zone_named(self.zone)).date()

    def percent(self, share: float) -> str:
        return f"{100 * share:.0f} %"

    def said(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """The problems in the reader's words, each at its field; once for a field."""
        named = {each.where: each for each in problems}
        return tuple(
            replace(each, what=getattr(self.of, f"wrong_{where}", each.what), mend="")
            for where, each in named.items()
        )

    def choices(self, prefix: str, values: Sequence[str]) -> tuple[Choice, ...]:
        """Each value with its words."""
        return tuple(Choice(one, self.say(f"{prefix}_{one}")) for one in values)


def links(desk: Desk, current: str) -> tuple[FilterLink, ...]:
    """The pages about improving, as pills above each of them."""
    words, site_id = section("improvement", language_of(desk)), desk.staff.site_id
    return tuple(
        FilterLink(
            getattr(words, f"page_{page}"),
            f"/sites/{site_id}/{_PARTS.get(page, page)}",
            current=page == current,
        )
        for page in _PAGES
    )


def names(tx: Tx, people: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """What members of staff are called."""
    known = staff.many(tx, {one for one in people if one})
    return {one: person.name for one, person in known.items()}


def crew(tx: Tx, site_id: UUID) -> tuple[Choice, ...]:
    """Everybody who works here, by name."""
    people = staff.many(tx, staff.at_site(tx, site_id))
    here = sorted((person for person in people.values() if not person.disabled), key=_name)
    return tuple(Choice(str(person.id), person.name) for person in here)


def _name(person: object) -> str:
    name: str = getattr(person, "name", "")
    return name.casefold()


def language_called(code: str) -> str:
    """A language by its own name, whoever reads; the code of one that we have no texts of."""
    return texts_in(code).name if code in shipped() else code


def read_day(text: str) -> date | None:
    """A day as a form gives it; None for none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def read_id(text: str) -> UUID | None:
    """An id as a form gives it; None for none."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None
