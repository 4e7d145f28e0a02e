"""The panel of a patient's page that shows which rules were changed for her alone."""

from collections.abc import Iterator
from types import SimpleNamespace

from rsm.alerts import overrides
from rsm.alerts import service as alerts
from rsm.alerts.override_words import OverrideState, OverrideView
from rsm.alerts.states import Tier
from rsm.flow.effective import fits
from rsm.flow.entry import MAY_REPORT
from rsm.patients.model import PatientRecord
from rsm.sites import service as sites
from rsm.web import rule_change_words as said
from rsm.web.auth import Desk
from rsm.web.rule_change_words import Reading
from rsm.web.rule_rights import may_write
from rsm.web.views.common import Link, PostButton
from rsm.web.views.patient_panels import Panel

_SHOWN_OVER = 8


def panel(desk: Desk, record: PatientRecord, url: str) -> Panel | None:
    """What holds for her, what did, and the buttons to change it; None: nothing to show."""
    facts = record.facts
    views = overrides.of_patient(desk.tx, facts.id)
    may = may_write(desk, Tier.PATIENT) and facts.status in MAY_REPORT
    if not views and not may:
        return None
    site = sites.get(desk.tx, facts.site_id)
    pack = alerts.load(desk.tx, site.rule_pack)
    reading = Reading(pack, said.names_of(desk.tx, views), {}, facts.zone, "en")
    holds = [one for one in views if one.state(desk.tx.now) is OverrideState.HOLDS]
    over = [one for one in views if one not in holds][:_SHOWN_OVER]
    words = reading.words
    return Panel(
        "rul",
        words.panel,
        tuple(_lines(desk, holds, reading)) or (words.panel_none,),
        history=tuple(_past(one, reading) for one in over),
        links=(Link(words.own_set, f"{url}/rules"),) if may else (),
        buttons=tuple(_ends(holds, words, url)) if may else (),
    )


def _lines(desk: Desk, views: list[OverrideView], reading: Reading) -> Iterator[str]:
    words = reading.words
    for number, one in enumerate(views, start=1):
        first = f"{number}. " if len(views) > 1 else ""
        yield first + words.own_holds.format(
            title=_titles(one, reading),
            what=", ".join(said.what(one, reading)),
            until=reading.last_day(one.row.until),
        )
        if fits(desk.tx, one, reading.pack) is None:
            yield words.does_not_apply
        yield words.own_by.format(
            who=reading.name(one.row.author_id),
            day=reading.day(one.row.written_at),
            reason=one.override.reason if one.override else "",
        )


def _past(one: OverrideView, reading: Reading) -> str:
    row = one.row
    return str(
        reading.words.own_past.format(
            title=_titles(one, reading),
            what=", ".join(said.what(one, reading)),
            since=reading.day(row.since),
            until=reading.day(min(row.until, row.ended_at or row.until)),
            who=reading.name(row.author_id),
            reason=one.override.reason if one.override else "",
        )
    )


def _ends(views: list[OverrideView], words: SimpleNamespace, url: str) -> Iterator[PostButton]:
    """Short enough for a phone: with several, each by its number."""
    for number, one in enumerate(views, start=1):
        label = words.own_end if len(views) == 1 else words.own_end_of.format(number=number)
        yield PostButton(label, f"{url}/rules/{one.id}/end")


def _titles(one: OverrideView, reading: Reading) -> str:
    return ", ".join(said.titles(one, reading)) or str(reading.words.unreadable)
