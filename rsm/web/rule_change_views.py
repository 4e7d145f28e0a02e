"""What the page of a site's changed rules shows: each override in words, by its state."""

from dataclasses import dataclass
from uuid import UUID

from rsm.alerts import overrides
from rsm.alerts import service as alerts
from rsm.alerts.override_words import OverrideState, OverrideView, Target
from rsm.alerts.states import Tier
from rsm.flow.effective import concerns, fits
from rsm.kernel.errors import Problem
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import rule_change_words as said
from rsm.web import rule_rights as rights
from rsm.web.auth import Desk
from rsm.web.frames import staff_frame
from rsm.web.pages import plural
from rsm.web.rule_change_words import Reading
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Link, PostButton
from rsm.web.views.rule_changes import ChangeGroup, ChangeLine, RuleChangesView

_SHOWN_OVER = 20
_OVER = frozenset({OverrideState.OVER, OverrideState.REFUSED})


@dataclass(frozen=True)
class _Sorted:
    """The overrides of the page by state, and those that the pack of today leaves out."""

    waits: list[OverrideView]
    holds: list[OverrideView]
    over: list[OverrideView]
    unfit: frozenset[UUID]


def changes_view(desk: Desk, language: str, problems: tuple[Problem, ...] = ()) -> RuleChangesView:
    """The page, in the reader's language."""
    tx, site = desk.tx, sites.get(desk.tx, desk.staff.site_id)
    views = overrides.of_site(tx, Target(Tier.SITE, site.organisation_id, site.id))
    pack = alerts.load(tx, site.rule_pack)
    teams = {team.id: team.name for team in sites.teams(tx, site.id)}
    reading = Reading(pack, said.names_of(tx, views), teams, site.zone, language)
    found = _sorted(desk, views, reading)
    words, address = reading.words, f"/sites/{site.id}/rules"
    manages = desk.staff.may(Permission.MANAGE_SITE)
    own = overrides.count_patients(tx, site.id)
    return RuleChangesView(
        frame=staff_frame(desk, f"/sites/{site.id}"),
        lang=language,
        links=settings_links(site.id, "rules") if manages else (),
        heading=_heading(found, reading),
        lead=words.lead.format(title=pack.title, version=pack.version),
        back=Link(words.back, address),
        propose=Link(words.propose, f"{address}/changes/new") if manages else None,
        groups=_groups(desk, found, reading),
        own=words.own_none if not own else str(plural(words, "own", own)),
        problems=problems,
    )


def _sorted(desk: Desk, views: list[OverrideView], reading: Reading) -> _Sorted:
    by_state: dict[OverrideState, list[OverrideView]] = {state: [] for state in OverrideState}
    for one in views:
        by_state[one.state(desk.tx.now)].append(one)
    pin = reading.pack.pin
    standing = [*by_state[OverrideState.WAITS], *by_state[OverrideState.HOLDS]]
    unfit = frozenset(
        one.id
        for one in standing
        if concerns(one.row, pin) and fits(desk.tx, one, reading.pack) is None
    )
    over = [one for one in views if one.state(desk.tx.now) in _OVER]
    return _Sorted(
        by_state[OverrideState.WAITS], by_state[OverrideState.HOLDS], over[:_SHOWN_OVER], unfit
    )


def _heading(found: _Sorted, reading: Reading) -> str:
    for name, count in (
        ("heading_warn", len(found.unfit)),
        ("heading_waits", len(found.waits)),
        ("heading_holds", len(found.holds)),
    ):
        if count:
            return str(plural(reading.words, name, count))
    return str(reading.words.heading_none)


def _groups(desk: Desk, found: _Sorted, reading: Reading) -> tuple[ChangeGroup, ...]:
    words = reading.words
    parts = (
        ("waits", words.group_waits, found.waits, ""),
        ("holds", words.group_holds, found.holds, words.none_holds),
        ("over", words.group_over, found.over, ""),
    )
    return tuple(
        ChangeGroup(name, heading, _lines(desk, views, found, reading), empty)
        for name, heading, views, empty in parts
        if views or empty
    )


def _lines(
    desk: Desk, views: list[OverrideView], found: _Sorted, reading: Reading
) -> tuple[ChangeLine, ...]:
    words = reading.words
    return tuple(
        ChangeLine(
            id=str(one.id),
            rules=said.titles(one, reading),
            whose=said.whose(one, reading),
            what=said.what(one, reading),
            reason=one.override.reason if one.override else "",
            by=words.written.format(
                who=reading.name(one.row.author_id), day=reading.day(one.row.written_at)
            ),
            until=reading.last_day(one.row.until),
            state=_state(desk, one, reading),
            warning=words.does_not_apply if one.id in found.unfit else "",
            buttons=_buttons(desk, one, reading),
        )
        for one in views
    )


def _state(desk: Desk, one: OverrideView, reading: Reading) -> str:
    words, row = reading.words, one.row
    match one.state(desk.tx.now):
        case OverrideState.WAITS:
            return str(words.state_waits)
        case OverrideState.HOLDS if row.decided_at is not None:
            who, day = reading.name(row.decided_by), reading.day(row.decided_at)
            return str(words.state_holds.format(who=who, day=day))
        case OverrideState.HOLDS:
            return ""
        case _:
            return _ended(one, reading)


def _ended(one: OverrideView, reading: Reading) -> str:
    words, row = reading.words, one.row
    agreed = row.decided_at is not None
    if row.ended_at is None:
        return str(words.state_over if agreed else words.state_lapsed)
    who, day = reading.name(row.ended_by), reading.day(row.ended_at)
    if agreed:
        return str(words.state_ended.format(who=who, day=day))
    if row.ended_by == row.author_id:
        return str(words.state_withdrawn.format(day=day))
    return str(words.state_refused.format(who=who, day=day))


def _buttons(desk: Desk, one: OverrideView, reading: Reading) -> tuple[PostButton, ...]:
    words, row = reading.words, one.row
    here = f"/sites/{desk.staff.site_id}/rules/changes/{one.id}"
    found = []
    if rights.may_agree(desk, row):
        found.append(PostButton(words.agree, f"{here}/agree"))
    if rights.may_end(desk, row):
        waits = one.state(desk.tx.now) is OverrideState.WAITS
        own = row.author_id == desk.staff.staff_id
        label = (words.withdraw if own else words.refuse) if waits else words.end
        found.append(PostButton(label, f"{here}/end"))
    return tuple(found)
