"""What came into use: kept for ever, seen by whom it concerns, the reason in no trail."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid, NotFound
from rsm.kernel.ids import SeededIds, new_id
from rsm.sites import service as sites
from rsm.sites import uses
from rsm.sites.settings import Exchange, Setting, Use
from tests.clinic import Clinic, build_clinic, new_site, publish
from tests.conftest import MONDAY_NINE

TREE = {"name": "Lakeside", "team": "triage"}


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def exchange(reason: str = "why", *, wide: bool = False, **more: object) -> Exchange:
    return Exchange(Setting.ROUTES, TREE | more, TREE, reason, wide)


def note(clinic: Clinic, what: Exchange, by: UUID | None = None) -> UUID:
    with clinic.begin(by or clinic.charge) as tx:
        return uses.note(tx, clinic.site, what)


def of_site(
    db: Database, site: UUID, setting: Setting = Setting.ROUTES, limit: int = 9
) -> list[Use]:
    with db.begin(Scope.site(site)) as tx:
        return uses.of_site(tx, site, setting, limit)


def elsewhere(web_db: Database, organisation: str, name: str) -> UUID:
    """Another site, of this organisation or another."""
    with web_db.begin(NOWHERE) as tx:
        known = sites.organisation_named(tx, organisation)
        whose = known or sites.create_organisation(tx, organisation)
        return sites.create_site(tx, whose, new_site(name, publish(tx)))


def test_the_latest_stands_first_with_who_when_and_why(
    clinic: Clinic, web_db: Database, clock: VirtualClock
) -> None:
    for reason in ("first", "second", " third \n"):
        note(clinic, exchange(reason, order=reason.strip()))
        clock.advance(timedelta(minutes=1))
    found = of_site(web_db, clinic.site)
    assert [one.exchange.reason for one in found] == ["third", "second", "first"]
    assert found[0].exchange == exchange("third", order="third")
    assert found[0].by == clinic.charge
    assert found[0].at - found[2].at == timedelta(minutes=2)
    assert of_site(web_db, clinic.site, limit=2) == found[:2]
    assert of_site(web_db, clinic.site, Setting.POLICY) == []


def test_without_a_former_one_and_without_a_person_both_are_null(
    clinic: Clinic, web_db: Database, owner: Engine
) -> None:
    with clinic.begin() as tx:
        uses.note(tx, clinic.site, Exchange(Setting.ROUTES, TREE, None, "set up"))
    (found,) = of_site(web_db, clinic.site)
    assert (found.by, found.exchange.former) == (None, None)
    with owner.connect() as connection:
        query = text("SELECT count(*) FROM setting_use WHERE former IS NULL AND used_by IS NULL")
        assert connection.execute(query).scalar_one() == 1


@pytest.mark.parametrize("reason", ["", " \n", "\0", "x" * 501])
def test_a_reason_is_said_and_has_500_characters_at_the_most(clinic: Clinic, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        note(clinic, exchange(reason))
    (problem,) = refused.value.problems
    assert problem.where == "reason"
    assert problem.what in {"is missing", "is longer than 500 characters"}


def test_a_reason_of_500_characters_is_kept_whole(clinic: Clinic, web_db: Database) -> None:
    reason = "ñ" * 499 + "\N{SLIGHTLY SMILING FACE}"
    note(clinic, exchange(f" {reason}\n"))
    assert of_site(web_db, clinic.site)[0].exchange.reason == reason


def test_a_site_that_is_not_there_has_no_uses(clinic: Clinic) -> None:
    nowhere = new_id(SeededIds("uses"), MONDAY_NINE)
    with clinic.begin() as tx:
        with pytest.raises(NotFound):
            uses.of_site(tx, nowhere, Setting.ROUTES, 9)
        with pytest.raises(NotFound):
            uses.note(tx, nowhere, exchange())


# --- who sees whose ------------------------------------------------------------------------------


def test_a_sites_own_is_seen_by_it_alone_and_the_organisations_by_all_its_sites(
    clinic: Clinic, web_db: Database
) -> None:
    sister = elsewhere(web_db, "Example Care", "Hillside")
    foreign = elsewhere(web_db, "Other Care", "Riverside")
    note(clinic, exchange("own"))
    note(clinic, exchange("wide", wide=True))
    assert [one.exchange.reason for one in of_site(web_db, clinic.site)] == ["wide", "own"]
    assert of_site(web_db, sister)[0].exchange == exchange("wide", wide=True)
    assert len(of_site(web_db, sister)) == 1
    assert of_site(web_db, foreign) == []


def test_the_rows_themselves_are_hidden_from_other_sites(
    clinic: Clinic, web_db: Database, worker_db: Database
) -> None:
    sister = elsewhere(web_db, "Example Care", "Hillside")
    foreign = elsewhere(web_db, "Other Care", "Riverside")
    own, wide = note(clinic, exchange()), note(clinic, exchange(wide=True))
    for db in (web_db, worker_db):
        assert rows(db, Scope.site(clinic.site)) == {own, wide}
        assert rows(db, Scope.site(sister)) == {wide}
        assert rows(db, Scope.site(foreign)) == set()
        assert rows(db, NOWHERE) == set()
    assert rows(web_db, EVERYWHERE) == set()
    assert rows(worker_db, EVERYWHERE) == {own, wide}


def rows(db: Database, scope: Scope) -> set[UUID]:
    with db.begin(scope) as tx:
        return set(tx.session.scalars(text("SELECT id FROM setting_use")))


def test_the_worker_who_sees_everything_still_reads_one_sites(
    clinic: Clinic, web_db: Database, worker_db: Database
) -> None:
    foreign = elsewhere(web_db, "Other Care", "Riverside")
    note(clinic, exchange(wide=True))
    with worker_db.begin(EVERYWHERE) as tx:
        assert uses.of_site(tx, foreign, Setting.ROUTES, 9) == []
        assert len(uses.of_site(tx, clinic.site, Setting.ROUTES, 9)) == 1


@pytest.mark.parametrize("site", ["site_id", "NULL"])
def test_nobody_writes_one_for_another_organisation(
    clinic: Clinic, web_db: Database, site: str
) -> None:
    foreign = elsewhere(web_db, "Other Care", "Riverside")
    note(clinic, exchange())
    again = text(
        "INSERT INTO setting_use (id, organisation_id, site_id, setting, content, reason, used_at)"
        f" VALUES (gen_random_uuid(), :organisation, {':site' if site == 'site_id' else site},"
        " 'routes', '{}', 'why', :at)"
    )
    values = {"organisation": clinic.organisation, "site": clinic.site, "at": MONDAY_NINE}
    refused = pytest.raises(ProgrammingError, match="row-level security")
    with refused, web_db.begin(Scope.site(foreign)) as tx:
        tx.session.execute(again, values)
    with clinic.begin() as tx:
        tx.session.execute(again, values)


@pytest.mark.parametrize("role", ["web_db", "worker_db"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE setting_use SET reason = 'another'",
        "DELETE FROM setting_use",
        "TRUNCATE setting_use",
    ],
)
def test_no_role_of_ours_may_change_or_remove_one(
    request: pytest.FixtureRequest, clinic: Clinic, role: str, statement: str
) -> None:
    note(clinic, exchange())
    db: Database = request.getfixturevalue(role)
    refused = pytest.raises(ProgrammingError, match="permission denied")
    with refused, db.begin(Scope.site(clinic.site)) as tx:
        tx.session.execute(text(statement))
