"""What becomes of the changes of a site's rules when a pack goes live: for the page of a release.

Those of single patients are a number only: the page is about no patient.
"""

from collections.abc import Iterator

from rsm.alerts import releases
from rsm.alerts import service as alerts
from rsm.alerts.releases import ReleaseView
from rsm.alerts.states import Tier
from rsm.flow import overrides
from rsm.flow.overrides import Standing
from rsm.sites import service as sites
from rsm.web import rule_change_words as said
from rsm.web.auth import Desk
from rsm.web.pages import plural
from rsm.web.rule_change_words import Reading
from rsm.web.staff_words import section
from rsm.web.views.releases import StandingLine


def standing_lines(desk: Desk, one: ReleaseView, language: str) -> tuple[StandingLine, ...]:
    """Each change that holds or waits, those that would be left out first; raises `Invalid` for a
    pack that cannot be read."""
    pack, _ = releases.pack_of(one)
    found = overrides.standing_for(desk.tx, one.site_id, pack)
    return tuple(
        line
        for goes_on in (False, True)
        for line in _lines(desk, [each for each in found if each.goes_on is goes_on], language)
    )


def _lines(desk: Desk, found: list[Standing], language: str) -> Iterator[StandingLine]:
    """Of changes that all go on, or are all left out."""
    if not found:
        return
    words, warn = section("releases", language), not found[0].goes_on
    text = words.standing_left_out if warn else words.standing_goes_on
    reading = _reading(desk, language)
    wide = [each.view for each in found if each.view.tier is not Tier.PATIENT]
    for view in wide:
        rules = ", ".join(said.titles(view, reading)) or reading.words.unreadable
        yield StandingLine(text.format(rules=rules, whose=said.whose(view, reading)), warn)
    if own := len(found) - len(wide):
        key = "standing_own_left_out" if warn else "standing_own_go_on"
        yield StandingLine(str(plural(words, key, own)), warn)


def _reading(desk: Desk, language: str) -> Reading:
    """The words of changes; their rules have the titles that they have in the pack in force."""
    site = sites.get(desk.tx, desk.staff.site_id)
    teams = {team.id: team.name for team in sites.teams(desk.tx, site.id)}
    return Reading(alerts.load(desk.tx, site.rule_pack), {}, teams, site.zone, language)
