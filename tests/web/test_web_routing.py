"""The page of a site's routing: read by all, asked, changed by its manager or an administrator."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.routing.model import Tree
from rsm.routing.trees import parse_tree, single, tree_of
from rsm.security import staff
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from tests.clinic import TEAM, Clinic, build_clinic
from tests.web.test_web_ladders import REASON, hidden, words
from tests.web_desk import at_desk, submit

TREE = """\
name = "Lakeside"
team = "triage"

[[children]]
name = "nights"
team = "night"
match = { service = "closed", level = ["emergency", "urgent"] }

[[children]]
name = "Spanish"
match = { language = ["es"] }

[[children.children]]
name = "Spanish pain"
team = "night"
match = { symptom = ["pain"], weekday = ["saturday"] }
"""


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    """Two teams; the first three nurses are on duty in the older one."""
    built = build_clinic(web_db)
    with built.begin() as tx:
        night = sites.add_team(tx, built.site, "night")
        for shift in [shift for _, shift in sites.roster(tx, built.site)]:
            sites.add_shift(tx, built.site, replace(shift, team_id=night))
    return built


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def page(clinic: Clinic, *more: str) -> str:
    return "/".join((f"/sites/{clinic.site}/routing", *more))


def route_by(clinic: Clinic, toml: str) -> None:
    """The site's tree, as if it had been there from the beginning."""
    routes = parse_tree(toml, "tree")[0].model_dump(mode="json")
    with clinic.begin() as tx:
        agreed = as_agreed(sites.get(tx, clinic.site))
        sites.update_site(tx, clinic.site, agreed.model_copy(update={"routes": routes}))


def stored(clinic: Clinic) -> Tree:
    with clinic.begin() as tx:
        return tree_of(dict(sites.get(tx, clinic.site).routes))


def look(client: TestClient, clinic: Clinic, body: str, whose: str = "site") -> Response:
    change = page(clinic, whose, "change")
    return submit(client, change, f"{change}/check", {"body": body})


def confirm(
    client: TestClient, clinic: Clinic, looked: Response, body: str, whose: str = "site"
) -> Response:
    change = page(clinic, whose, "change")
    return submit(client, change, change, {"body": body, "reason": REASON, **hidden(looked)})


def where(client: TestClient, clinic: Clinic, **typed: str) -> Response:
    return submit(client, page(clinic), page(clinic, "where"), {"level": "urgent", **typed})


# --- reading -------------------------------------------------------------------------------------


def test_a_nurse_reads_the_tree_and_which_branch_answers_by_itself(
    clinic: Clinic, clock: VirtualClock
) -> None:
    route_by(clinic, TREE)
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        shown = nurse.get(page(clinic))
        said = words(shown)
        assert "Alerts go to the team triage, but for 2 branches" in said
        takes = "nights : level Emergency or Urgent, outside service hours → Team night"
        assert takes in said
        assert "Spanish : patient reads Spanish Spanish pain : symptom pain" in said
        assert "symptom pain, on Saturday → Team night" in said
        assert "What none of these takes: team triage" in said
        assert "The tree of the organisation" in said
        assert "There is no tree yet." in said
        assert "/change" not in shown.text
        assert nurse.get(page(clinic, "site", "change")).status_code == 403
        assert f'href="{page(clinic)}"' in nurse.get(f"/sites/{clinic.site}").text


def test_branches_that_go_to_the_same_team_are_not_counted_as_other_ways(
    clinic: Clinic, manager: TestClient
) -> None:
    route_by(clinic, TREE)
    assert "Alerts go to the team triage, but for 2 branches" in manager.get(page(clinic)).text
    route_by(clinic, TREE.replace('"night"\nmatch = { symptom', '"triage"\nmatch = { symptom'))
    assert "Alerts go to the team triage, but for one branch" in manager.get(page(clinic)).text
    route_by(clinic, TREE.replace('team = "night"', 'team = "triage"'))
    assert "Every alert goes to the team triage" in manager.get(page(clinic)).text


def test_a_site_without_a_tree_says_where_its_alerts_go(
    clinic: Clinic, manager: TestClient
) -> None:
    with clinic.begin() as tx:
        agreed = as_agreed(sites.get(tx, clinic.site))
        sites.update_site(tx, clinic.site, agreed.model_copy(update={"routes": {}}))
    assert "every alert goes to the whole site" in words(manager.get(page(clinic)))
    assert where(manager, clinic).status_code == 422
    assert "team = &#34;triage&#34;" in manager.get(page(clinic, "site", "change")).text
    assert manager.get(page(clinic, "site", "file")).status_code == 404


def test_another_site_is_not_found(clinic: Clinic, web_db: Database, manager: TestClient) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    for more in ((), ("site", "file"), ("site", "change"), ("organisation", "change")):
        assert manager.get(page(other, *more)).status_code == 404
    change = page(clinic, "site", "change")
    for step in ("where", "site/change", "site/change/check"):
        assert submit(manager, change, page(other, step), {"body": TREE}).status_code == 404


# --- asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"at": "2026-10-19T10:00"}, ("team triage", "By way of Lakeside.", "as within service")),
        ({"at": "2026-10-19T23:00"}, ("team night", "Lakeside › nights", "outside service hours")),  # noqa: RUF001
        ({"level": "soon", "language": "es", "at": "2026-10-19T23:00"}, ("Lakeside › Spanish.",)),  # noqa: RUF001
        (
            {"level": "soon", "language": "es", "symptom": "pain", "at": "2026-10-24T10:00"},
            ("team night", "Lakeside › Spanish › Spanish pain"),  # noqa: RUF001
        ),
        ({"at": "2026-10-19T10:00", "service": "closed"}, ("team night",)),
        ({}, ("service hours not known", "the service hours are not known")),
    ],
)
def test_it_says_where_a_made_up_alert_would_go_and_who_is_told_first(
    clinic: Clinic, clock: VirtualClock, typed: dict[str, str], says: tuple[str, ...]
) -> None:
    route_by(clinic, TREE)
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        said = words(where(nurse, clinic, **typed))
    for each in says:
        assert each in said
    assert "first on duty (Dana Reyes), by text" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [("level", "worst"), ("at", "soon"), ("at", "0001-01-01T00:00"), ("service", "perhaps")],
)
def test_what_cannot_be_asked_is_told_at_its_field(
    clinic: Clinic, manager: TestClient, name: str, value: str
) -> None:
    shown = where(manager, clinic, **{name: value})
    assert shown.status_code == 422
    assert f'href="#f-{name}"' in shown.text


# --- changing ------------------------------------------------------------------------------------


def test_a_tree_is_looked_at_in_words_then_used_with_a_reason_and_audited(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    looked = look(manager, clinic, TREE)
    assert "Lakeside › nights" in words(looked)  # noqa: RUF001
    assert "level Emergency or Urgent, outside service hours: team night" in words(looked)
    assert stored(clinic) == single(TEAM)
    assert confirm(manager, clinic, looked, TREE).headers["location"] == page(clinic)
    assert stored(clinic) == parse_tree(TREE, "tree")[0]
    assert f"The tree of this site, Ruth Cole. {REASON}" in words(manager.get(page(clinic)))
    with owner.connect() as connection:
        query = text("SELECT facts FROM audit_event WHERE action = 'routes.used'")
        facts = connection.execute(query).scalar_one()
    assert facts["tree"] == "site"
    assert REASON not in facts.values()
    file = manager.get(page(clinic, "site", "file"))
    assert parse_tree(file.text, "file")[0] == stored(clinic)
    json = stored(clinic).model_dump_json()
    assert "Nothing becomes different." in words(look(manager, clinic, json))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('team = "night"', 'team = "nihgt"', "Line 6, children[0].team: the site has no team"),
        ("[[children.children]]", "[[children.chldren]]", "unknown key `chldren`"),
        ('level = ["emergency", "urgent"]', 'level = ["worst"]', "Line 7, children[0].match"),
        ('team = "triage"\n', "", "`team` is missing"),
        ('service = "closed", level = ["emergency", "urgent"]', "", "before it takes all"),
        ('name = "Spanish"', 'name = "nights"', "is there twice"),
        ("name", "name = ", "not TOML"),
        (TREE, '{"name": ', "Line 1: not JSON"),
        ('name = "nights"', r'name = "\u0000"', "cannot be stored"),
        (TREE, "[" * 500, "not TOML|too many"),
        (TREE, '{"name": "a", "team": "triage", "children": ' + '[{"children":' * 500, "JSON"),
    ],
)
def test_a_wrong_tree_changes_nothing_and_shows_its_line(
    clinic: Clinic, manager: TestClient, old: str, new: str, says: str
) -> None:
    body = TREE.replace(old, new)
    looked = look(manager, clinic, body)
    assert looked.status_code == 422
    assert re.search(says.replace("[", r"\[").replace("]", r"\]"), words(looked))
    assert confirm(manager, clinic, looked, body).status_code == 422
    assert stored(clinic) == single(TEAM)


def test_a_tree_too_deep_to_be_read_is_refused(clinic: Clinic, manager: TestClient) -> None:
    inner = '{"name": "b", "children": [' * 400
    body = f'{{"name": "a", "team": "triage", "children": [{inner}{"]}" * 401}'
    assert look(manager, clinic, body).status_code == 422


def test_a_branch_that_no_alert_here_takes_is_noted_but_allowed(
    clinic: Clinic, manager: TestClient
) -> None:
    body = TREE.replace('["pain"]', '["pian"]').replace('["es"]', '["fr"]')
    looked = look(manager, clinic, body)
    assert looked.status_code == 200
    assert "No alert here has the symptom `pian` (did you mean `pain`?)" in words(looked)
    assert "No alert here has the language `fr`" in words(looked)
    assert "line 16, children[1].children[0].match.symptom" in words(looked)
    assert confirm(manager, clinic, looked, body).status_code == 303


def test_of_two_managers_the_second_is_told_and_overwrites_nothing(
    clinic: Clinic, clock: VirtualClock, manager: TestClient
) -> None:
    other = TREE.replace('["saturday"]', '["sunday"]')
    with at_desk(clinic, clock, clinic.administrator) as second:
        theirs = look(second, clinic, other)
        assert confirm(manager, clinic, look(manager, clinic, TREE), TREE).status_code == 303
        late = confirm(second, clinic, theirs, other)
        assert late.status_code == 422
        assert "Somebody else changed it meanwhile." in words(late)
        assert stored(clinic) == parse_tree(TREE, "tree")[0]
        assert confirm(second, clinic, late, other).status_code == 303
    assert stored(clinic) == parse_tree(other, "tree")[0]


def test_without_a_reason_nothing_is_used(clinic: Clinic, manager: TestClient) -> None:
    looked, change = look(manager, clinic, TREE), page(clinic, "site", "change")
    refused = submit(manager, change, change, {"body": TREE, "reason": " ", **hidden(looked)})
    assert refused.status_code == 422
    assert 'href="#f-reason"' in refused.text
    assert stored(clinic) == single(TEAM)


# --- the organisation's --------------------------------------------------------------------------


def test_the_organisations_tree_is_an_administrators_and_no_site_changes_by_it(
    clinic: Clinic, clock: VirtualClock, manager: TestClient
) -> None:
    assert manager.get(page(clinic, "organisation", "change")).status_code == 403
    assert page(clinic, "organisation", "change") not in manager.get(page(clinic)).text
    change = page(clinic, "site", "change")
    tried = submit(manager, change, page(clinic, "organisation", "change"), {"body": TREE})
    assert tried.status_code == 403
    with at_desk(clinic, clock, clinic.administrator) as ada:
        assert page(clinic, "organisation", "change") in ada.get(page(clinic)).text
        body = TREE.replace('"night"', '"stroke"')
        looked = look(ada, clinic, body, "organisation")
        assert looked.status_code == 200
        assert "The site has no team `stroke`" in words(looked)
        assert confirm(ada, clinic, looked, body, "organisation").status_code == 303
        said = words(ada.get(page(clinic)))
        assert "Team stroke" in said
        assert f"The tree of the organisation, Ada Lindqvist. {REASON}" in said
        late = confirm(ada, clinic, looked, body.replace("es", "en"), "organisation")
        assert late.status_code == 422
    assert stored(clinic) == single(TEAM)
    with clinic.begin() as tx:
        routes = sites.organisation_routes(tx, clinic.organisation)
    assert tree_of(routes) == parse_tree(body, "tree")[0]


def test_who_administers_one_site_only_does_not_set_the_tree_of_all(
    clinic: Clinic, web_db: Database, clock: VirtualClock
) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    with at_desk(clinic, clock, clinic.administrator) as ada:
        assert ada.get(page(clinic, "organisation", "change")).status_code == 403
        with other.begin() as tx:
            staff.grant(tx, clinic.administrator, other.site, Role.ADMINISTRATOR)
        assert ada.get(page(clinic, "organisation", "change")).status_code == 200
