"""Who gave an answer, by what way, and when, as staff read it: "the patient, by text, 14:02"."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Reporter
from rsm.responses.origins import Origin
from rsm.security import staff
from rsm.web import when
from rsm.web.staff_words import section, word


def names_of(tx: Tx, found: Iterable[Origin]) -> dict[UUID, str]:
    """The members of staff who took these down, by id."""
    who = {one.recorded_by for one in found if one.recorded_by is not None}
    return {one: view.name for one, view in staff.many(tx, who).items()} if who else {}


def line(origin: Origin, names: Mapping[UUID, str], now: datetime, zone: str) -> str:
    """Who, how and when; `zone` is the site's."""
    at = when.day_time(origin.at, now, zone).removesuffix(" today")
    return ", ".join((who(origin), how(origin, names), at))


def who(origin: Origin) -> str:
    """The patient, or what somebody else is to her."""
    if origin.reporter is not Reporter.PROXY:
        return word("reports", "the_patient")
    if origin.relation is None:
        return word("reports", "somebody_else")
    return word("reports", "for_her").format(relation=word("entry", origin.relation))


def how(origin: Origin, names: Mapping[UUID, str]) -> str:
    """By which door, and with whom of the staff."""
    taker = names.get(origin.recorded_by, "") if origin.recorded_by else ""
    text = word("reports", f"by_{origin.channel}")
    return text.format(who=taker or section("reports").somebody)


def lines(tx: Tx, found: Mapping[str, Origin], zone: str) -> dict[str, str]:
    """The same for the items of a report."""
    names = names_of(tx, found.values())
    return {item: line(one, names, tx.now, zone) for item, one in found.items()}
