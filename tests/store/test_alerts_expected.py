"""Expected levels in the database: one for each symptom, sealed reasons, ends, scopes, audit."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from rsm.alerts import expected
from rsm.alerts.expected_words import NewLevel
from rsm.alerts.states import ExpectedEnd
from rsm.db.work import Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import NotFound
from tests.alert_world import Ward, build_ward
from tests.clinic import build_clinic

WHY = "Neuropathy since cycle 2"
REPORT = UUID(int=7)


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def set_one(ward: Ward, symptom: str = "pain", grade: int = 2, days: int = 14) -> UUID:
    clinic = ward.clinic
    until = ward.clock.now() + timedelta(days=days)
    new = NewLevel(clinic.site, ward.patient, symptom, grade, until, WHY, clinic.nurse)
    with clinic.begin(clinic.nurse) as tx:
        return expected.set_level(tx, new)


def audited(owner: Engine) -> list[str]:
    with owner.connect() as connection:
        query = text("SELECT action FROM audit_event WHERE action LIKE 'expected.%' ORDER BY seq")
        return list(connection.execute(query).scalars())


def test_what_stands_is_read_in_one_statement_for_judging(ward: Ward) -> None:
    level_id = set_one(ward)
    set_one(ward, "nausea", 1)
    with ward.clinic.begin() as tx:
        pain, nausea = expected.standing(tx, ward.patient)
    assert (pain.id, pain.level.symptom, pain.level.grade) == (level_id, "pain", 2)
    assert pain.level.until - pain.level.since == timedelta(days=14)
    assert nausea.level.symptom == "nausea"


def test_a_new_one_takes_the_place_of_the_one_before_for_the_same_symptom_only(ward: Ward) -> None:
    old = set_one(ward, grade=1)
    set_one(ward, "nausea")
    ward.clock.advance(timedelta(days=1))
    new = set_one(ward, grade=3)
    with ward.clinic.begin() as tx:
        standing = {one.level.symptom: one for one in expected.standing(tx, ward.patient)}
        was = expected.get(tx, old)
    assert standing["pain"].id == new
    assert standing["nausea"].level.grade == 2
    assert (was.ended_because, was.ended_by) == (ExpectedEnd.REPLACED, ward.clinic.nurse)


def test_one_that_has_run_out_does_not_keep_a_new_one_away(ward: Ward) -> None:
    set_one(ward, days=3)
    ward.clock.advance(timedelta(days=10))
    new = set_one(ward)
    with ward.clinic.begin() as tx:
        held = [one.id for one in expected.history(tx, ward.patient) if one.holds(tx.now)]
    assert held == [new]


def test_a_worse_report_ends_what_it_broke_and_nothing_else(ward: Ward, owner: Engine) -> None:
    broken, other = set_one(ward), set_one(ward, "nausea")
    with ward.clinic.begin() as tx:
        assert expected.end_broken(tx, [broken], REPORT) == 1
        assert expected.end_broken(tx, [broken], UUID(int=8)) == 0
        assert [one.id for one in expected.standing(tx, ward.patient)] == [other]
        (ended,) = expected.broken_by(tx, [REPORT])
    assert (ended.id, ended.ended_because) == (broken, ExpectedEnd.BROKEN)
    assert (ended.broken_by, ended.ended_by) == (REPORT, None)
    assert audited(owner) == ["expected.set", "expected.set", "expected.broken"]


def test_nothing_broken_costs_no_statement(ward: Ward, owner: Engine) -> None:
    with ward.clinic.begin() as tx:
        assert expected.end_broken(tx, [], REPORT) == 0
        assert expected.broken_by(tx, []) == []
    assert audited(owner) == []


def test_a_nurse_ends_it_once(ward: Ward, owner: Engine) -> None:
    level_id = set_one(ward)
    with ward.clinic.begin(ward.clinic.second) as tx:
        assert expected.end_level(tx, level_id, ward.clinic.second)
        assert not expected.end_level(tx, level_id, ward.clinic.nurse)
        ended = expected.get(tx, level_id)
    assert (ended.ended_because, ended.ended_by) == (ExpectedEnd.ENDED, ward.clinic.second)
    assert audited(owner) == ["expected.set", "expected.ended"]


def test_the_reason_is_sealed_and_the_trail_holds_no_symptom(ward: Ward, owner: Engine) -> None:
    level_id = set_one(ward)
    with owner.connect() as connection:
        row = connection.execute(text("SELECT reason_sealed FROM expected_level")).scalar_one()
        facts = connection.execute(text("SELECT facts::text FROM audit_event")).scalars().all()
    assert WHY.encode() not in bytes(row)
    assert not any("pain" in each for each in facts)
    with ward.clinic.begin() as tx:
        assert expected.get(tx, level_id).reason == WHY


def test_another_sites_levels_are_not_found(ward: Ward) -> None:
    level_id = set_one(ward)
    other = build_clinic(
        ward.clinic.db, name="Hillside Clinic", numbers=("+12025550160", "+12025550161")
    )
    with other.begin() as tx:
        assert expected.standing(tx, ward.patient) == []
        assert expected.end_broken(tx, [level_id], REPORT) == 0
        with pytest.raises(NotFound):
            expected.get(tx, level_id)
    with ward.clinic.db.begin(Scope.site(ward.clinic.site)) as tx:
        assert [each.id for each in expected.standing(tx, ward.patient)] == [level_id]


@pytest.mark.parametrize(("grade", "days"), [(0, 14), (4, 14), (2, 31), (2, 0)])
def test_the_table_itself_refuses_what_may_never_be_expected(
    ward: Ward, grade: int, days: int
) -> None:
    with pytest.raises(IntegrityError):
        set_one(ward, grade=grade, days=days)
