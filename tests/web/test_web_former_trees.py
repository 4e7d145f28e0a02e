"""Trees that were replaced: shown, downloaded, and chosen again as any other tree is."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.routing.trees import parse_tree, single
from rsm.routing.writing import to_toml
from tests.clinic import TEAM, Clinic, build_clinic
from tests.web.test_web_ladders import REASON, hidden, words
from tests.web.test_web_routing import confirm, look, page, stored
from tests.web_desk import at_desk, submit

OURS = 'name = "Ours"\nteam = "triage"\n'
BEGUN = to_toml(single(TEAM))


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def use(client: TestClient, clinic: Clinic, body: str, whose: str = "site") -> None:
    looked = look(client, clinic, body, whose)
    assert confirm(client, clinic, looked, body, whose).status_code == 303


def links(client: TestClient, clinic: Clinic, step: str, whose: str = "site") -> list[str]:
    """Where the page leads to about its former trees."""
    address = re.escape(page(clinic, whose, step))
    return re.findall(rf'href="({address}\?former=\w+)"', client.get(page(clinic)).text)


def test_a_replaced_tree_is_shown_downloaded_and_chosen_again(
    clinic: Clinic, manager: TestClient
) -> None:
    assert "Former trees" not in words(manager.get(page(clinic)))
    use(manager, clinic, OURS)
    said = words(manager.get(page(clinic)))
    assert re.search(r"Former trees The tree of this site, until \d+ \w+ \d{4}, \d+:\d\d ", said)
    (file,) = links(manager, clinic, "file")
    got = manager.get(file)
    assert got.text == BEGUN
    name = file.rpartition("=")[2]
    assert got.headers["content-disposition"] == f'attachment; filename="routing-site-{name}.toml"'
    (again,) = links(manager, clinic, "change")
    looked = manager.get(again)
    assert looked.status_code == 200
    assert "Nothing stands in its way." in words(looked)
    assert parse_tree(OURS, "tree")[0] == stored(clinic)  # looking changes nothing
    assert confirm(manager, clinic, looked, BEGUN).status_code == 303
    assert stored(clinic) == single(TEAM)
    assert manager.get(links(manager, clinic, "file")[0]).text == OURS
    assert manager.get(again).status_code == 404  # it is in use


def test_choosing_again_asks_for_a_reason_too(clinic: Clinic, manager: TestClient) -> None:
    use(manager, clinic, OURS)
    (again,) = links(manager, clinic, "change")
    typed, change = {"body": BEGUN, **hidden(manager.get(again))}, page(clinic, "site", "change")
    for reason in (" ", "x" * 501):
        refused = submit(manager, change, change, {**typed, "reason": reason})
        assert refused.status_code == 422
        assert re.search("Say why|longer than 500 characters", words(refused))
    assert stored(clinic) == parse_tree(OURS, "tree")[0]


def test_a_former_tree_is_checked_like_any_other_and_offered_at_its_own_place_alone(
    clinic: Clinic, clock: VirtualClock
) -> None:
    with at_desk(clinic, clock, clinic.administrator) as ada:
        use(ada, clinic, OURS.replace("triage", "stroke"), "organisation")
        use(ada, clinic, OURS, "organisation")
        (again,) = links(ada, clinic, "change", "organisation")
        assert "The site has no team `stroke`" in words(ada.get(again))  # a note: elsewhere it may
        (name,) = re.findall(r"former=(\w+)", again)
        assert ada.get(f"{page(clinic, 'site', 'change')}?former={name}").status_code == 404


def test_a_nurse_reads_who_changed_it_when_and_why_but_is_offered_nothing(
    clinic: Clinic, clock: VirtualClock, manager: TestClient
) -> None:
    use(manager, clinic, OURS)
    (again,) = links(manager, clinic, "change")
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        said = words(nurse.get(page(clinic)))
        history = rf"\d{{4}}, \d+:\d\d: The tree of this site, Ruth Cole\. {re.escape(REASON)}"
        assert re.search(history, said)
        assert "Former trees" not in said
        assert nurse.get(again).status_code == 403


def test_the_organisations_former_trees_are_shown_to_a_manager_and_chosen_by_an_administrator(
    clinic: Clinic, clock: VirtualClock, manager: TestClient
) -> None:
    with at_desk(clinic, clock, clinic.administrator) as ada:
        use(ada, clinic, OURS, "organisation")
        use(ada, clinic, BEGUN, "organisation")
        (again,) = links(ada, clinic, "change", "organisation")
    assert links(manager, clinic, "change", "organisation") == []
    (file,) = links(manager, clinic, "file", "organisation")
    assert manager.get(file).text == OURS
    assert manager.get(again).status_code == 403


def test_all_changes_are_shown_the_older_ones_to_be_opened(
    clinic: Clinic, manager: TestClient
) -> None:
    for number in range(6):
        use(manager, clinic, OURS.replace("Ours", f"Ours {number}"))
    shown = manager.get(page(clinic))
    assert words(shown).count(f"Ruth Cole. {REASON}") == 6
    assert "Earlier changes" in words(shown).split("Latest changes")[1]
    assert len(links(manager, clinic, "file")) == 6  # the one that it began with, and five of ours


def test_another_sites_former_tree_is_not_found(
    clinic: Clinic, web_db: Database, clock: VirtualClock, manager: TestClient
) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    with at_desk(other, clock, other.charge) as theirs:
        use(theirs, other, OURS.replace("Ours", "Theirs"))
        (file,) = links(theirs, other, "file")
        use(theirs, other, BEGUN)
        (gone,) = links(theirs, other, "file")
    assert manager.get(file).status_code == 404
    name = gone.rpartition("=")[2]
    for step in ("file", "change"):
        assert manager.get(f"{page(clinic, 'site', step)}?former={name}").status_code == 404
