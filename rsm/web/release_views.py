"""What the pages of releases show, in the reader's language: all of a site, and one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from uuid import UUID

from rsm.alerts.releases import ReleaseView as Release
from rsm.alerts.states import ReleaseState
from rsm.flow import release as flow
from rsm.flow.release import Difference, Releases
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Pin
from rsm.metrics.replay_model import Replay
from rsm.security import staff
from rsm.security.model import Permission
from rsm.web.auth import Desk
from rsm.web.frames import staff_frame
from rsm.web.pages import plural
from rsm.web.release_actions import Actions, url_of
from rsm.web.release_standing import standing_lines
from rsm.web.replay_views import replay_view
from rsm.web.settings_links import settings_links
from rsm.web.staff_words import section
from rsm.web.views.common import Link
from rsm.web.views.releases import Beside, Change, ReleaseLine, ReleasesView, ReleaseView
from rsm.web.when import local_date


@dataclass(frozen=True)
class Tongue:
    """Words, names and days for one page."""

    language: str
    words: SimpleNamespace
    zone: str
    names: Mapping[UUID, str]

    @classmethod
    def of(cls, desk: Desk, language: str, releases: tuple[Release, ...]) -> "Tongue":
        people = {
            person
            for one in releases
            for person in (one.author_id, one.asked_by, one.decided_by, one.retired_by)
            if person is not None
        }
        names = {one: view.name for one, view in staff.many(desk.tx, people).items()}
        zone = staff_frame(desk, "").zone
        return cls(language, section("releases", language), zone, names)

    def day(self, at: datetime) -> str:
        return local_date(at, self.zone, self.language, year=True)

    def who(self, person: UUID | None) -> str:
        return self.names.get(person, self.words.somebody) if person else self.words.somebody

    def by(self, person: UUID | None, at: datetime | None) -> str:
        return self.words.by.format(who=self.who(person), day=self.day(at)) if at else ""


def _name(title: str, pin: Pin) -> str:
    return f"{title} ({pin.key} {pin.version})"


def state_of(release: Release, words: SimpleNamespace) -> str:
    """Its state in words; one that never was in force was withdrawn."""
    withdrawn = release.state is ReleaseState.RETIRED and not release.was_live
    text = str(getattr(words, f"state_{'withdrawn' if withdrawn else release.state}"))
    return words.waiting.format(state=text) if release.is_asked else text


# --- all of them ---------------------------------------------------------------------------------


def releases_view(desk: Desk, found: Releases, language: str) -> ReleasesView:
    """The list; the form is added where she may begin a draft."""
    tongue = Tongue.of(desk, language, found.all)
    words, manages = tongue.words, desk.staff.may(Permission.MANAGE_SITE)
    site_id = desk.staff.site_id
    return ReleasesView(
        frame=staff_frame(desk, f"/sites/{site_id}"),
        lang=language,
        links=settings_links(site_id, "rules") if manages else (),
        back=Link(words.back, f"/sites/{site_id}/rules"),
        heading=_heading(found, words),
        lead=_lead(found, tongue),
        lines=tuple(_lines(desk, found, tongue)),
    )


def _heading(found: Releases, words: SimpleNamespace) -> str:
    waiting = sum(one.is_asked for one in found.all)
    if waiting:
        return str(plural(words, "heading_waiting", waiting))
    shadow = any(one.state is ReleaseState.SHADOW for one in found.all)
    return str(words.heading_shadow if shadow else words.heading_quiet)


def _lead(found: Releases, tongue: Tongue) -> str:
    if found.first:
        name, since = _name(found.first.title, found.first.pin), found.first.since
        return str(tongue.words.lead_first.format(pack=name, day=tongue.day(since)))
    live = next((one for one in found.all if one.state is ReleaseState.LIVE), None)
    if live is None or live.decided_at is None:
        return ""
    name = _name(live.title, live.pin)
    return str(tongue.words.lead.format(pack=name, day=tongue.day(live.decided_at)))


_ORDER = (ReleaseState.SHADOW, ReleaseState.DRAFT, ReleaseState.LIVE, ReleaseState.RETIRED)


def _lines(desk: Desk, found: Releases, tongue: Tongue) -> list[ReleaseLine]:
    """What waits for somebody first, what is retired last."""
    ordered = sorted(found.all, key=lambda one: (not one.is_asked, _ORDER.index(one.state)))
    lines = [_line(one, url_of(desk, one.id), tongue) for one in ordered]
    if found.first:
        first = ReleaseLine(
            title=found.first.title,
            name=f"{found.first.pin.key} {found.first.pin.version}",
            url="",
            state=tongue.words.state_live,
            strong=True,
            written=tongue.words.set_up,
            asked="",
            reason="",
            decided="",
        )
        gone = sum(one.state is ReleaseState.RETIRED for one in found.all)
        lines.insert(len(lines) - gone, first)
    return lines


def _line(one: Release, url: str, tongue: Tongue) -> ReleaseLine:
    return ReleaseLine(
        title=one.title,
        name=f"{one.pin.key} {one.pin.version}",
        url=url,
        state=state_of(one, tongue.words),
        strong=one.is_asked or one.state is ReleaseState.LIVE,
        written=tongue.by(one.author_id, one.drafted_at),
        asked=tongue.by(one.asked_by, one.asked_at),
        reason=one.reason or "",
        decided=tongue.by(one.decided_by, one.decided_at),
    )


# --- one of them ---------------------------------------------------------------------------------


def release_view(desk: Desk, one: Release, found: Replay | None, language: str) -> ReleaseView:
    """One release, with what this reader may do about it; `found` is its shadow so far."""
    tongue = Tongue.of(desk, language, (one,))
    words = tongue.words
    flaws = tuple(flow.problems(desk.tx, one)) if one.is_open or _is_live(one) else ()
    actions = Actions(desk, one, words, fits=not flaws)
    first, hint = actions.first() or (None, "")
    differs = _difference(desk, one)
    return ReleaseView(
        frame=staff_frame(desk, f"/sites/{desk.staff.site_id}"),
        lang=language,
        back=Link(words.back_all, url_of(desk)),
        heading=_heading_of(one, words),
        state=str(getattr(words, f"state_{one.state}")) if one.is_asked else "",
        history=tuple(_history(one, tongue)),
        reason=one.reason or "",
        explain=Link(words.explain, url_of(desk, one.id, "explain")),
        flaws=flaws,
        changes=_changes(differs, words) if differs else (),
        beside=_beside(desk, one, found, tongue),
        body=one.body,
        seen=one.pin.hash,
        lines="\n".join(differs.lines) if differs else "",
        standing=standing_lines(desk, one, language) if differs else (),
        first=first,
        first_hint=hint,
        steps=tuple(actions.steps()),
        ask=actions.ask(),
        change=actions.change(),
        note=actions.note(),
    )


def _is_live(one: Release) -> bool:
    return one.state is ReleaseState.LIVE


def _heading_of(one: Release, words: SimpleNamespace) -> str:
    keys = {
        ReleaseState.DRAFT: "heading_draft",
        ReleaseState.SHADOW: "heading_shadow_one",
        ReleaseState.LIVE: "heading_live",
        ReleaseState.RETIRED: "heading_retired" if one.was_live else "heading_withdrawn",
    }
    key = "heading_asked" if one.is_asked else keys[one.state]
    return str(getattr(words, key).format(pack=_name(one.title, one.pin)))


def _history(one: Release, tongue: Tongue) -> list[str]:
    """The latest step last."""
    words = tongue.words
    said = [words.drafted_by.format(who=tongue.who(one.author_id), day=tongue.day(one.drafted_at))]
    ended = one.decided_at or one.retired_at
    if one.shadow_since and ended:
        begun, end = tongue.day(one.shadow_since), tongue.day(ended)
        said.append(words.shadow_from_to.format(day=begun, end=end))
    elif one.shadow_since:
        said.append(words.shadow_from.format(day=tongue.day(one.shadow_since)))
    elif one.asked_at:
        said.append(words.shadow_never)
    for key, person, at in (
        ("asked_by", one.asked_by, one.asked_at),
        ("decided_by", one.decided_by, one.decided_at),
        ("retired_by" if one.was_live else "withdrawn_by", one.retired_by, one.retired_at),
    ):
        if at is not None:
            said.append(getattr(words, key).format(who=tongue.who(person), day=tongue.day(at)))
    return said


def _difference(desk: Desk, one: Release) -> Difference | None:
    try:
        return flow.difference(desk.tx, one) if one.is_open else None
    except Invalid:
        return None  # it stands among the problems


def _changes(found: Difference, words: SimpleNamespace) -> tuple[Change, ...]:
    rows = [
        Change(words.change_added, found.added),
        Change(words.change_gone, found.gone),
        Change(words.change_changed, found.changed),
        Change(words.change_rest, words=words.change_rest_words if found.rest else ""),
    ]
    return tuple(row for row in rows if row.rules or row.words)


def _beside(desk: Desk, one: Release, found: Replay | None, tongue: Tongue) -> Beside | None:
    if one.shadow_since is None or found is None:
        return None
    words, day = tongue.words, tongue.day(one.shadow_since)
    if not found.surveys:
        return Beside(words.beside_none, words.beside_none_lead.format(day=day))
    url = url_of(desk, one.id, "shadow")
    view = replay_view(desk, found, one.title, tongue.language, url)
    lead = str(plural(words, "beside_lead", found.surveys, day=day))
    return Beside(view.heading, lead, view.facts, Link(words.beside_link, url))
