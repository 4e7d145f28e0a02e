"""What the page of a site's routing shows: its trees in words, and where an alert would go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from rsm.alerts.states import Tier
from rsm.escalation import catalogue, people
from rsm.flow import routes
from rsm.flow.routes import ORGANISATION, SITE
from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.kernel.words import Level
from rsm.routing.commands import explain_document, teams_named
from rsm.routing.model import Service, Tree
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web.auth import Desk
from rsm.web.frames import staff_frame
from rsm.web.ladder_views import Reading, crews_of
from rsm.web.ladder_words import LEVELS, LadderWords
from rsm.web.pages import plural
from rsm.web.route_words import RouteWords
from rsm.web.rule_rights import may_write
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Link
from rsm.web.views.routing import (
    AlertValues,
    AskedLine,
    FormerTree,
    RoutingView,
    TreeView,
    WhereView,
)
from rsm.web.when import local_date, local_time

_MINUTE = "%Y-%m-%dT%H:%M"
_YEARS = range(2000, 2100)


def may_change(desk: Desk, whose: str) -> bool:
    """The site's tree: who manages it. The organisation's: an administrator of all its sites."""
    if whose == ORGANISATION:
        return may_write(desk, Tier.ORGANISATION)
    return desk.staff.may(Permission.MANAGE_SITE)


def routing_view(
    desk: Desk,
    language: str,
    values: AlertValues | None = None,
    problems: tuple[Problem, ...] = (),
    where: WhereView | None = None,
) -> RoutingView:
    """Both trees in words, and the form that asks where an alert would go."""
    words, site = RouteWords(language), sites.get(desk.tx, desk.staff.site_id)
    manages, here = desk.staff.may(Permission.MANAGE_SITE), f"/sites/{site.id}/routing"
    known = routes.vocabulary(desk.tx, site.id)
    return RoutingView(
        frame=staff_frame(desk, f"/sites/{site.id}"),
        lang=language,
        links=settings_links(site.id, "routing") if manages else (),
        back=Link(str(words.w.back), f"/sites/{site.id}"),
        heading=_heading(words, routes.readable(site.routes)),
        lead=str(words.w.lead),
        trees=tuple(_tree(desk, words, whose, here) for whose in (SITE, ORGANISATION)),
        action=f"{here}/where#ask",  # on a phone the answer stands far below
        values=values or AlertValues(at=routes.local_now(desk.tx, site.id).strftime(_MINUTE)),
        levels=tuple(Choice(level.value, words.level(level)) for level in LEVELS),
        symptoms=tuple(Choice(one, words.symptom(one)) for one in known.symptoms),
        languages=tuple(Choice(one, words.spoken(one)) for one in known.languages),
        services=tuple(Choice(one.value, str(getattr(words.w, f"is_{one}"))) for one in Service),
        where=where,
        history=tuple(_history(desk, words)),
        formers=tuple(_formers(desk, words, here)) if manages else (),
        problems=problems,
    )


def _heading(words: RouteWords, tree: Tree | None) -> str:
    if tree is None:
        return str(words.w.heading_none)
    elsewhere = sum(not teams_named(child) <= {tree.team} for child in tree.children)
    if not elsewhere:
        return str(words.w.heading_single).format(team=tree.team)
    return str(plural(words.w, "heading", elsewhere, team=tree.team))


def _tree(desk: Desk, words: RouteWords, whose: str, here: str) -> TreeView:
    stored = routes.present(desk.tx, desk.staff.site_id, whose)
    tree = routes.readable(stored)
    return TreeView(
        label=str(getattr(words.w, f"tree_{whose}")),
        lead=str(getattr(words.w, f"lead_{whose}")),
        root=words.branch(tree) if tree else None,
        empty="" if tree else str(words.w.unreadable if stored else words.w.empty),
        file=f"{here}/{whose}/file" if tree else "",
        change=f"{here}/{whose}/change" if may_change(desk, whose) else "",
    )


def _history(desk: Desk, words: RouteWords) -> list[str]:
    found = routes.uses(desk.tx, desk.staff.site_id)
    known = staff.many(desk.tx, {one.by for one in found if one.by})
    said = []
    for one in found:
        who = known[one.by].name if one.by in known else str(words.w.somebody)
        day, tree = _day(desk, words, one.at), str(getattr(words.w, f"tree_{one.whose}"))
        said.append(str(words.w.used_by).format(day=day, tree=tree, who=who, reason=one.reason))
    return said


def _formers(desk: Desk, words: RouteWords, here: str) -> Iterator[FormerTree]:
    """Every tree that was replaced, each in words, to be chosen again by whoever may."""
    for whose in (SITE, ORGANISATION):
        chooses = may_change(desk, whose)
        for one in routes.formers(desk.tx, desk.staff.site_id, whose):
            query = urlencode({"former": one.name})
            tree = str(getattr(words.w, f"tree_{whose}"))
            yield FormerTree(
                title=str(words.w.former).format(tree=tree, day=_day(desk, words, one.until)),
                summary=_heading(words, one.tree),
                root=words.branch(one.tree),
                file=f"{here}/{whose}/file?{query}",
                look=f"{here}/{whose}/change?{query}" if chooses else "",
            )


def _day(desk: Desk, words: RouteWords, at: datetime) -> str:
    zone = sites.get(desk.tx, desk.staff.site_id).zone
    day = local_date(at, zone, words.language, year=True)
    return f"{day}, {local_time(at, zone, words.language)}"


# --- where would it go? --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Alert:
    """A made-up alert, read; `local` None: the time is not known."""

    level: Level
    local: datetime | None
    service: Service | None
    document: Mapping[str, object]


def where_to(desk: Desk, values: AlertValues, language: str) -> WhereView:
    """By the very function of `rsm routing explain`. Raises `Invalid` with the form's fields."""
    site, words = sites.get(desk.tx, desk.staff.site_id), RouteWords(language)
    tree = routes.readable(site.routes)
    if tree is None:
        raise Invalid(Problem("", str(words.w.empty)))
    alert = _read(desk, words, values)
    answer = explain_document(tree, dict(alert.document))
    team, path, asked = str(answer["team"]), answer["path"], answer["asked"]
    names = [str(each) for each in path] if isinstance(path, list) else []
    lines = asked if isinstance(asked, list) else []
    return WhereView(
        heading=str(words.w.where_heading).format(team=team),
        path=str(words.w.where_path).format(path=" › ".join(names)),  # noqa: RUF001  # a path
        facts=str(words.w.where_service).format(
            service=getattr(words.w, f"is_{alert.service}" if alert.service else "is_unknown")
        ),
        first=_first(desk, alert.level, team, language),
        asked=tuple(
            AskedLine(each["node"], each["under"], each["took"], each["why"]) for each in lines
        ),
    )


def _read(desk: Desk, words: RouteWords, values: AlertValues) -> _Alert:
    problems = []
    if values.level not in set(Level):
        problems.append(Problem("level", str(words.w.choose)))
    if values.service not in {"", *Service}:
        problems.append(Problem("service", str(words.w.choose)))
    try:
        local = _local(values.at)
    except ValueError:
        problems.append(Problem("at", str(words.w.not_a_time)))
    if problems:
        raise Invalid(problems)
    service = Service(values.service) if values.service else None
    if service is None and local is not None:
        service = routes.service_at(desk.tx, desk.staff.site_id, local)
    document: dict[str, object] = {
        "level": values.level,
        "symptoms": [values.symptom] if values.symptom else [],
        "language": values.language,
        "regimen": values.regimen,
        "local": local,
        "service": service,
    }
    return _Alert(Level(values.level), local, service, document)


def _local(typed: str) -> datetime | None:
    """Raises `ValueError` for what is no time, or none near ours."""
    if not typed:
        return None
    found = datetime.strptime(typed, _MINUTE)  # noqa: DTZ007 - local
    if not _YEARS.start <= found.year < _YEARS.stop:
        raise ValueError(typed)
    return found


def _first(desk: Desk, level: Level, team: str, language: str) -> str:
    """Whom the first step of that level would tell now, in that team."""
    site, words = sites.get(desk.tx, desk.staff.site_id), LadderWords(language)
    try:
        policy = catalogue.current(desk.tx, site.id).policy
    except NotFound:
        return ""
    crews = crews_of(desk.tx, site, policy, level, (team,))
    ways = people.channels(desk.tx, site.id)
    step = Reading(words, site, policy, ways).level(level, crews).steps[0]
    who = words.listed([f"{one.words} ({one.now})" for one in step.who])
    return f"{step.when}: {who}, {step.how}."
