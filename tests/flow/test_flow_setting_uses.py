"""Why a policy or a tree came into use is kept beside it, and in no audit event."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.escalation import catalogue
from rsm.escalation.policies import default_policy, default_text
from rsm.flow import ladders, routes
from rsm.flow.ladders import Decided
from rsm.flow.routes import ORGANISATION, SITE
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid, NotFound
from rsm.routing.model import Tree
from rsm.routing.trees import single
from rsm.routing.writing import edition, to_toml
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from tests.clinic import TEAM, Clinic, build_clinic

REASON = "Dana said that nights were too slow."
OWN = default_text().replace('"default"', '"own"')


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def use(clinic: Clinic, name: str, whose: str = SITE, reason: str = REASON) -> None:
    """A tree of that name, all of whose alerts go to the one team."""
    with clinic.begin(clinic.charge) as tx:
        seen = edition(routes.present(tx, clinic.site, whose))
        body = to_toml(named(name))
        routes.use(tx, clinic.site, whose, body, Decided(reason, seen))


def named(name: str) -> Tree:
    return single(TEAM).model_copy(update={"name": name})


def use_policy(clinic: Clinic, reason: str = REASON) -> None:
    with clinic.begin(clinic.charge) as tx:
        seen = sites.get(tx, clinic.site).policy.hash
        ladders.use(tx, clinic.site, OWN, Decided(reason, seen))


def formers(clinic: Clinic, whose: str = SITE) -> list[str]:
    with clinic.begin() as tx:
        return [one.tree.name for one in routes.formers(tx, clinic.site, whose)]


def test_no_reason_reaches_the_audit_trail(clinic: Clinic, owner: Engine) -> None:
    use_policy(clinic)
    use(clinic, "ours")
    use(clinic, "everybody's", ORGANISATION)
    with clinic.begin() as tx:
        (policy,) = catalogue.uses(tx, clinic.site)
        trees = routes.uses(tx, clinic.site)
    assert [policy.reason, *(one.reason for one in trees)] == [REASON] * 3
    assert [policy.by, *(one.by for one in trees)] == [clinic.charge] * 3
    with owner.connect() as connection:
        every = connection.execute(text("SELECT facts::text FROM audit_event")).scalars().all()
        query = text("SELECT facts FROM audit_event WHERE action LIKE '%.used' ORDER BY seq")
        facts = connection.execute(query).scalars().all()
        ids = connection.execute(text("SELECT id::text FROM setting_use")).scalars()
        assert {each["use"] for each in facts} == set(ids)
    assert [each for each in every if "nights" in each or "Dana" in each] == []
    assert {name for each in facts for name in each} == {
        "key", "version", "hash", "former_key", "former_version", "former_hash", "tree", "use",
    }  # fmt: skip


def test_a_policys_use_names_the_one_that_it_replaced(clinic: Clinic) -> None:
    use_policy(clinic)
    with clinic.begin() as tx:
        (found,) = catalogue.uses(tx, clinic.site)
        assert found.pin == sites.get(tx, clinic.site).policy
    assert found.former == default_policy().pin


def test_a_replaced_tree_is_kept_once_the_last_one_first_and_not_while_it_is_in_use(
    clinic: Clinic, clock: VirtualClock
) -> None:
    assert formers(clinic) == []
    begun, found = single(TEAM).name, []
    for name in ("ours", "theirs", "ours", "theirs"):
        clock.advance(timedelta(minutes=1))
        use(clinic, name)
        found.append(formers(clinic))
    assert found == [[begun], ["ours", begun], ["theirs", begun], ["ours", begun]]
    assert formers(clinic, ORGANISATION) == []


def test_the_organisations_first_tree_replaced_nothing(clinic: Clinic) -> None:
    use(clinic, "first", ORGANISATION)
    assert formers(clinic, ORGANISATION) == []
    use(clinic, "second", ORGANISATION)
    assert formers(clinic, ORGANISATION) == ["first"]
    assert formers(clinic) == []


def test_a_former_tree_is_found_by_its_name_at_its_own_place_alone(clinic: Clinic) -> None:
    use(clinic, "ours")
    with clinic.begin() as tx:
        (one,) = routes.formers(tx, clinic.site, SITE)
        assert routes.former(tx, clinic.site, SITE, one.name) == single(TEAM)
        for whose, name in ((ORGANISATION, one.name), (SITE, "0f3a")):
            with pytest.raises(NotFound):
                routes.former(tx, clinic.site, whose, name)


def test_what_cannot_be_read_any_more_is_not_offered(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        agreed = as_agreed(sites.get(tx, clinic.site))
        odd = agreed.model_copy(update={"routes": {"name": "odd", "chldren": []}})
        sites.update_site(tx, clinic.site, odd)
    use(clinic, "ours")
    assert formers(clinic) == []


@pytest.mark.parametrize("reason", ["", "x" * 501])
def test_without_a_reason_that_fits_nothing_is_used_and_nothing_kept(
    clinic: Clinic, reason: str
) -> None:
    with pytest.raises(Invalid, match="reason"):
        use_policy(clinic, reason)
    with pytest.raises(Invalid, match="reason"):
        use(clinic, "ours", SITE, reason)
    with clinic.begin() as tx:
        assert (catalogue.uses(tx, clinic.site), routes.uses(tx, clinic.site)) == ([], [])
