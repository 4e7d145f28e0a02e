"""Hand-over notes as the pages show them: who wrote what, who has read it; a new one."""

from collections.abc import Callable, Mapping
from uuid import UUID

from rsm.kernel.errors import Invalid, Problem
from rsm.sites import service as sites
from rsm.sites.rota import notes
from rsm.sites.rota.model import HandOverNote
from rsm.web.auth import Desk
from rsm.web.views.common import Choice
from rsm.web.views.roster import NoteLine


def write(desk: Desk, values: Mapping[str, str]) -> None:
    """Keep what she typed (`team`, `note`). Raises `Invalid`."""
    team_id = _team(desk, values.get("team", ""))
    notes.write(desk.tx, desk.staff.site_id, team_id, values.get("note", ""))


def _team(desk: Desk, text: str) -> UUID:
    for team in sites.teams(desk.tx, desk.staff.site_id):
        if str(team.id) == text:
            return team.id
    raise Invalid(Problem("team", "choose a team"))


def teams(desk: Desk) -> tuple[Choice, ...]:
    """To whom she may hand over."""
    found = sites.teams(desk.tx, desk.staff.site_id)
    return tuple(Choice(str(team.id), team.name) for team in found)


def chosen_team(offered: tuple[Choice, ...], values: Mapping[str, str] | None) -> str:
    """What she chose, or the only one that there is."""
    only = offered[0].value if len(offered) == 1 else ""
    return values.get("team", "") if values is not None else only


def line(desk: Desk, note: HandOverNote, name: Callable[[UUID], str], notes_url: str) -> NoteLine:
    """One note; whoever did not write it may say below `notes_url` that she has read it."""
    unread = note.read_at is None and note.written_by != desk.staff.staff_id
    return NoteLine(
        author=name(note.written_by),
        written_at=note.written_at,
        text=note.text,
        read=f"read by {name(note.read_by)}" if note.read_by else "",
        read_action=f"{notes_url}/{note.id}/read" if unread else "",
    )
