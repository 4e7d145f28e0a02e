"""Two managers at once: one policy, or one tree, comes into use; the other manager is told."""

from collections.abc import Callable
from uuid import UUID

import pytest

from rsm.db.work import Database
from rsm.escalation.policies import default_text
from rsm.flow import ladders, routes
from rsm.flow.ladders import Decided
from rsm.flow.routes import ORGANISATION, SITE
from rsm.kernel.errors import Conflict
from rsm.routing.writing import edition
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.store.test_escalation_races import at_once

WON, LATE = "won", "told"


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def tries(clinic: Clinic, who: UUID, act: Callable[..., object]) -> Callable[[], str]:
    def attempt() -> str:
        try:
            with clinic.begin(who) as tx:
                act(tx)
        except Conflict:
            return LATE
        return WON

    return attempt


@pytest.mark.parametrize("_round", range(3))
def test_of_two_policies_at_once_exactly_one_comes_into_use(clinic: Clinic, _round: int) -> None:
    with clinic.begin() as tx:
        seen = sites.get(tx, clinic.site).policy.hash

    def uses(key: str) -> Callable[..., object]:
        body = default_text().replace('"default"', f'"{key}"')
        return lambda tx: ladders.use(tx, clinic.site, body, Decided("why", seen))

    came_to = at_once(
        tries(clinic, clinic.charge, uses("ours")),
        tries(clinic, clinic.administrator, uses("theirs")),
    )
    assert sorted(came_to) == [LATE, WON]
    with clinic.begin() as tx:
        key = sites.get(tx, clinic.site).policy.key
    assert key == ("ours", "theirs")[came_to.index(WON)]


@pytest.mark.parametrize("whose", [SITE, ORGANISATION])
def test_of_two_trees_at_once_exactly_one_comes_into_use(clinic: Clinic, whose: str) -> None:
    with clinic.begin() as tx:
        seen = edition(routes.present(tx, clinic.site, whose))

    def uses(name: str) -> Callable[..., object]:
        text = f'name = "{name}"\nteam = "triage"\n'
        return lambda tx: routes.use(tx, clinic.site, whose, text, Decided("why", seen))

    came_to = at_once(
        tries(clinic, clinic.charge, uses("ours")),
        tries(clinic, clinic.administrator, uses("theirs")),
    )
    assert sorted(came_to) == [LATE, WON]
    with clinic.begin() as tx:
        name = routes.present(tx, clinic.site, whose)["name"]
    assert name == ("ours", "theirs")[came_to.index(WON)]
