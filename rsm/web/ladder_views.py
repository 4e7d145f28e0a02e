"""What the page of a site's escalation policy shows: each ladder, and who that is right now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from rsm.db.work import Tx
from rsm.escalation import catalogue, decide, people, safety
from rsm.escalation.catalogue import Entry, Use
from rsm.escalation.model import Ladder, Policy, PolicyStep, Who
from rsm.escalation.policies import safe_within
from rsm.escalation.preview import Named, Spot, people_now
from rsm.kernel.errors import Invalid, NotFound
from rsm.kernel.words import Channel, Level, Pin
from rsm.routing.trees import teams_of, tree_of
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.web.auth import Desk
from rsm.web.frames import staff_frame
from rsm.web.ladder_words import LEVELS, LadderWords
from rsm.web.pages import plural
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Link
from rsm.web.views.ladders import LaddersView, LevelLadder, NowLine, StepLine, VersionLine
from rsm.web.when import local_date, local_time

_MINUTE = timedelta(minutes=1)
_Crews = Mapping[str, Mapping[Who, tuple[Named, ...]]]  # team name → reference → who that is


@dataclass(frozen=True)
class Reading:
    """One policy at one site, read for one reader."""

    words: LadderWords
    site: SiteView
    policy: Policy
    ways: frozenset[Channel]  # by which the site can tell its staff at all
    flags: list[str] = field(default_factory=list)  # the steps that reach nobody, as they are met

    def level(self, level: Level, crews: _Crews) -> LevelLadder:
        ladder = self.policy.ladder(level)
        last = len(ladder.steps) - 1
        return LevelLadder(
            level=level.value,
            label=self.words.level(level),
            target=self.words.target(ladder),
            steps=tuple(
                self._step(step, crews, self.words.when(ladder, place), self._again(ladder, place))
                for place, step in enumerate(ladder.steps)
            ),
            notes=(*([self._safe(ladder)] if last else []), *self._notes(ladder, level)),
        )

    def _again(self, ladder: Ladder, place: int) -> str:
        return self.words.again(ladder) if place == len(ladder.steps) - 1 else ""

    def _safe(self, ladder: Ladder) -> str:
        """Within which time the safety contact is told, if nobody answers."""
        minutes = safe_within(ladder) // _MINUTE
        length = self.words.length(minutes) if minutes else self.words.length(1)
        return str(self.words.w.safe).format(name=self.site.safety_contact_name, length=length)

    def _notes(self, ladder: Ladder, level: Level) -> tuple[str, ...]:
        return self.words.out_of_hours(ladder, level), *self.words.loans(ladder)

    def _step(self, step: PolicyStep, crews: _Crews, when: str, again: str) -> StepLine:
        empty = [team for team, found in crews.items() if not _tells_anybody(step, found)]
        flag = ""
        if empty and len(empty) == len(crews):
            flag = str(self.words.w.nobody_step)
        elif empty:
            named = self.words.listed(empty)
            flag = str(self.words.w.nobody_step_of).format(teams=named)
        if flag:
            self.flags.append(flag)
        return StepLine(
            when=when,
            how=self._how(step),
            who=tuple(self._now(who, step, crews) for who in step.who),
            flag=flag,
            again=again,
        )

    def _how(self, step: PolicyStep) -> str:
        lacks = [str(getattr(self.words.w, f"lacks_{way}")) for way in step.how if self._lacks(way)]
        said = self.words.ways(step.how)
        return f"{said} ({'; '.join(lacks)})" if lacks else said

    def _lacks(self, way: Channel) -> bool:
        return way is not Channel.SMS and way not in self.ways

    def _now(self, who: Who, step: PolicyStep, crews: _Crews) -> NowLine:
        """Who that is: for each team by itself, where its alerts ask somebody else."""
        said = {team: self._names(who, step, found.get(who, ())) for team, found in crews.items()}
        told = [named.is_told(who, step) for some in crews.values() for named in some.get(who, ())]
        if len(set(said.values())) == 1:
            now = next(iter(said.values()))
        else:
            now = "; ".join(f"{team}: {names}" for team, names in said.items())
        return NowLine(self.words.who(who), now, warn=not any(told))

    def _names(self, who: Who, step: PolicyStep, found: Sequence[Named]) -> str:
        told = [one.name for one in found if one.is_told(who, step)]
        others = [
            str(self.words.w.not_reached).format(name=one.name)
            for one in found
            if not one.is_told(who, step)
        ]
        return self.words.listed([*told, *others]) or str(self.words.w.nobody)


def _tells_anybody(step: PolicyStep, found: Mapping[Who, tuple[Named, ...]]) -> bool:
    return any(one.is_told(who, step) for who in step.who for one in found.get(who, ()))


def crews_of(
    tx: Tx, site: SiteView, policy: Policy, level: Level, names: Sequence[str] | None = None
) -> _Crews:
    """Who a level's references are now, by team: all to which its alerts can go, or these."""
    teams = {team.name: team.id for team in sites.teams(tx, site.id)}
    if names is None:
        names = _routed(site, level)
    wanted = decide.references(policy, level)
    spots: dict[str, UUID | None] = {name: teams.get(name) for name in names} or {"": None}
    return {name: people_now(tx, Spot(site.id, team), wanted) for name, team in spots.items()}


def _routed(site: SiteView, level: Level) -> list[str]:
    try:
        return sorted(teams_of(tree_of(dict(site.routes)), level))
    except Invalid:  # such an alert is told to the whole site
        return []


# --- the page ------------------------------------------------------------------------------------


def ladders_view(desk: Desk, language: str) -> LaddersView:
    """The policy in force, which open alerts follow another, and the others to choose from."""
    tx, site = desk.tx, sites.get(desk.tx, desk.staff.site_id)
    words, manages = LadderWords(language), desk.staff.may(Permission.MANAGE_SITE)
    here = f"/sites/{site.id}/escalation"
    ways = people.channels(tx, site.id)
    try:
        reading = Reading(words, site, catalogue.current(tx, site.id).policy, ways)
        missing = ""
    except NotFound:  # alerts then take the built-in ladder: so does this page
        reading = Reading(words, site, safety.policy(), ways)
        missing = str(words.w.missing).format(policy=_name(site.policy))
    policy = reading.policy
    levels = [reading.level(level, crews_of(tx, site, policy, level)) for level in LEVELS]
    return LaddersView(
        frame=staff_frame(desk, f"/sites/{site.id}"),
        lang=language,
        links=settings_links(site.id, "escalation") if manages else (),
        back=Link(str(words.w.back), f"/sites/{site.id}"),
        heading=_heading(reading),
        lead=str(words.w.lead).format(title=policy.title, author=policy.author),
        pinned=str(words.w.pinned).format(policy=_name(policy.pin), hash=policy.pin.hash[:12]),
        levels=tuple(levels),
        throttle=words.throttle(policy),
        older=tuple(_older(words, site.policy, catalogue.followed(tx, site.id))),
        history=tuple(_history(tx, words, site)),
        versions=tuple(_versions(tx, words, site, here if manages else "")),
        file=f"{here}/file",
        change=f"{here}/change" if manages else "",
        missing=missing,
    )


def _heading(reading: Reading) -> str:
    words, w = reading.words, reading.words.w
    if reading.flags:
        return str(plural(w, "heading_nobody", len(reading.flags)))
    minutes = safe_within(reading.policy.ladder(Level.EMERGENCY)) // _MINUTE
    name = reading.site.safety_contact_name
    return str(w.heading).format(name=name, length=words.length(max(1, minutes)))


def _older(words: LadderWords, present: Pin, followed: Mapping[Pin, int]) -> list[str]:
    """A line for each other version that open alerts follow; one line when there is none."""
    others = {pin: count for pin, count in followed.items() if pin != present}
    if not others:
        return [str(words.w.older_none)]
    found = []
    for pin, count in sorted(others.items(), key=lambda other: _name(other[0])):
        name = str(words.w.built_in) if safety.is_built_in(pin) else _name(pin)
        found.append(str(plural(words.w, "older", count, policy=name)))
    return found


def _history(tx: Tx, words: LadderWords, site: SiteView) -> list[str]:
    found: list[Use] = catalogue.uses(tx, site.id)
    known = staff.many(tx, {one.by for one in found if one.by})
    said = []
    for one in found:
        who = known[one.by].name if one.by in known else str(words.w.somebody)
        day = local_date(one.at, site.zone, words.language, year=True)
        day = f"{day}, {local_time(one.at, site.zone, words.language)}"
        name = _name(one.pin)
        said.append(str(words.w.used_by).format(day=day, policy=name, who=who, reason=one.reason))
    return said


def _versions(tx: Tx, words: LadderWords, site: SiteView, here: str) -> list[VersionLine]:
    """Every version that the site may choose, for whoever may."""
    if not here:
        return []
    found = catalogue.entries(tx, site.id)
    known = staff.many(tx, {one.published_by for one in found if one.published_by})
    lines = []
    for one in found:
        query = urlencode({"key": one.pin.key, "version": one.pin.version})
        used = one.pin == site.policy
        by = known[one.published_by].name if one.published_by in known else ""
        lines.append(
            VersionLine(
                title=one.policy.title,
                name=_name(one.pin),
                whence=_whence(words, site, one, by),
                file=f"{here}/file?{query}",
                look="" if used else f"{here}/change?{query}",
                used=used,
            )
        )
    return lines


def _whence(words: LadderWords, site: SiteView, one: Entry, by: str) -> str:
    if one.published_at is None:
        return str(words.w.shipped)
    day = local_date(one.published_at, site.zone, words.language, year=True)
    return str(words.w.published_by if by else words.w.published).format(day=day, who=by)


def _name(pin: Pin) -> str:
    return f"{pin.key} {pin.version}"
