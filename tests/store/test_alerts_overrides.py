"""Overrides in the database: who wrote and who agreed, what is sealed, who sees whose."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from rsm.alerts import overrides
from rsm.alerts.override_words import Asked, OverrideState, OverrideView, Target, toml_of
from rsm.alerts.states import Tier
from rsm.alerts.tiers import Change, parse_override
from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, NotAllowed, NotFound
from rsm.kernel.words import Actor, ActorKind, Pin
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic, new_site, publish

WEEK = timedelta(days=7)
OFF = (Change(rule="worse", disable=True),)
WHY = "Too many alerts for “known” pain\nin C:\\clinic \x7f 😀"


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def of(clinic: Clinic, tier: Tier, patient: UUID | None = None) -> Target:
    site = None if tier is Tier.ORGANISATION else clinic.site
    team = clinic.team if tier is Tier.TEAM else None
    return Target(tier, clinic.organisation, site, team, patient)


def add(clinic: Clinic, whose: Target, by: UUID | None = None) -> OverrideView:
    with clinic.begin(by or clinic.charge) as tx:
        pin = sites.get(tx, clinic.site).rule_pack
        return overrides.add(tx, Asked(whose, OFF, WHY, tx.now + WEEK), pin)


def in_force(clinic: Clinic, clock: VirtualClock, patient: UUID) -> set[UUID]:
    with clinic.begin() as tx:
        found = overrides.in_force(tx, of(clinic, Tier.PATIENT, patient), clock.now())
        return {row.id for row in found}


def test_what_is_written_is_read_again_as_it_was(clinic: Clinic, clock: VirtualClock) -> None:
    change = Change(rule="severe", thresholds={"value": 4, "by": 0.5})
    asked = Asked(of(clinic, Tier.SITE), (*OFF, change), WHY, clock.now() + WEEK)
    body = toml_of(asked, Pin("star", "1.0.0", "abc"), 'Ruth "R" Cole', clock.now())
    read = parse_override(body, "override")[0]
    assert (read.reason, read.author, read.changes) == (WHY, 'Ruth "R" Cole', asked.changes)
    assert (read.since, read.until) == (clock.now(), asked.until)


@pytest.mark.parametrize("tier", [Tier.ORGANISATION, Tier.SITE, Tier.TEAM])
def test_it_waits_until_a_second_person_agrees(
    clinic: Clinic, clock: VirtualClock, tier: Tier
) -> None:
    patient = clinic.enrol_patient()
    view = add(clinic, of(clinic, tier))
    assert view.state(clock.now()) is OverrideState.WAITS
    assert in_force(clinic, clock, patient) == set()
    with pytest.raises(NotAllowed), clinic.begin(clinic.charge) as tx:
        overrides.agree(tx, view.id)
    clock.advance(timedelta(hours=1))
    with clinic.begin(clinic.nurse) as tx:
        overrides.agree(tx, view.id)
    assert in_force(clinic, clock, patient) == {view.id}
    with pytest.raises(Conflict), clinic.begin(clinic.second) as tx:
        overrides.agree(tx, view.id)
    with clinic.begin() as tx:  # an answer of before it was agreed to is judged as it was then
        whom = of(clinic, Tier.PATIENT, patient)
        assert overrides.in_force(tx, whom, clock.now() - timedelta(minutes=1)) == []


def test_a_patients_own_holds_at_once_for_her_alone(clinic: Clinic, clock: VirtualClock) -> None:
    maria, ruth = clinic.enrol_patient(), clinic.enrol_patient("Ruth Okafor", "+12025550132")
    view = add(clinic, of(clinic, Tier.PATIENT, maria), clinic.nurse)
    assert in_force(clinic, clock, maria) == {view.id}
    assert in_force(clinic, clock, ruth) == set()
    with clinic.begin() as tx:
        assert overrides.count_patients(tx, clinic.site) == 1
        (hers,) = overrides.of_patient(tx, maria)
        assert overrides.of_site(tx, of(clinic, Tier.SITE)) == []
    assert hers.override is not None
    assert (hers.override.author, hers.override.reason) == ("Dana Reyes", WHY)


def test_a_patients_own_is_sealed_and_ends_with_her_key(clinic: Clinic, owner: Engine) -> None:
    maria = clinic.enrol_patient()
    add(clinic, of(clinic, Tier.PATIENT, maria), clinic.nurse)
    with owner.begin() as connection:
        body, sealed = connection.execute(text("SELECT body, body_sealed FROM rule_override")).one()
        connection.execute(text("DELETE FROM data_key"))
    assert body is None
    assert b"worse" not in sealed
    with clinic.begin() as tx:
        (left,) = overrides.of_patient(tx, maria)
    assert left.override is None


def test_it_holds_up_to_its_end_and_not_after_it_was_ended(
    clinic: Clinic, clock: VirtualClock
) -> None:
    maria = clinic.enrol_patient()
    first = add(clinic, of(clinic, Tier.PATIENT, maria), clinic.nurse)
    clock.advance(WEEK - timedelta(seconds=1))
    assert in_force(clinic, clock, maria) == {first.id}
    clock.advance(timedelta(seconds=1))
    assert in_force(clinic, clock, maria) == set()
    second = add(clinic, of(clinic, Tier.PATIENT, maria), clinic.nurse)
    with clinic.begin(clinic.second) as tx:
        overrides.end(tx, second.id)
    assert in_force(clinic, clock, maria) == set()
    with pytest.raises(Conflict), clinic.begin(clinic.second) as tx:
        overrides.end(tx, second.id)


def test_a_refused_one_never_holds(clinic: Clinic, clock: VirtualClock) -> None:
    view = add(clinic, of(clinic, Tier.SITE))
    with clinic.begin(clinic.nurse) as tx:
        overrides.end(tx, view.id)
    with clinic.begin() as tx:
        (row,) = overrides.of_site(tx, of(clinic, Tier.SITE))
    assert row.state(clock.now()) is OverrideState.REFUSED
    with pytest.raises(Conflict), clinic.begin(clinic.second) as tx:
        overrides.agree(tx, view.id)


def test_only_a_person_changes_rules(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        asked = Asked(of(clinic, Tier.SITE), OFF, WHY, tx.now + WEEK)
        with pytest.raises(NotAllowed):
            overrides.add(tx, asked, sites.get(tx, clinic.site).rule_pack)


@pytest.mark.parametrize(
    ("tier", "change", "check"),
    [
        (Tier.SITE, "decided_by = author_id, decided_at = written_at", "two_people"),
        (Tier.SITE, "decided_at = written_at", "decided"),
        (Tier.SITE, "until = since", "until"),
        (Tier.SITE, "site_id = NULL", "site"),
        (Tier.SITE, "body = NULL, body_sealed = 'x'", "sealed"),
        (Tier.TEAM, "team_id = NULL", "team"),
        (Tier.PATIENT, "body = 'x'", "body"),
        (Tier.PATIENT, "tier = 'site'", "patient"),
    ],
)
def test_the_table_itself_refuses_what_must_not_be(
    clinic: Clinic, owner: Engine, tier: Tier, change: str, check: str
) -> None:
    patient = clinic.enrol_patient() if tier is Tier.PATIENT else None
    add(clinic, of(clinic, tier, patient))
    refused = f"ck_rule_override_{check}"
    with pytest.raises(IntegrityError, match=refused), owner.begin() as connection:
        connection.execute(text(f"UPDATE rule_override SET {change}"))


def test_everything_that_concerns_a_patient_is_one_statement(
    clinic: Clinic, clock: VirtualClock
) -> None:
    maria = clinic.enrol_patient()
    for tier in (Tier.ORGANISATION, Tier.SITE, Tier.TEAM):
        view = add(clinic, of(clinic, tier))
        with clinic.begin(clinic.nurse) as tx:
            overrides.agree(tx, view.id)
    add(clinic, of(clinic, Tier.PATIENT, maria), clinic.nurse)
    said: list[str] = []
    with clinic.begin() as tx:

        def note(*given: object) -> None:
            said.append(str(given[2]))

        event.listen(clinic.db.engine, "before_cursor_execute", note)
        found = overrides.in_force(tx, of(clinic, Tier.PATIENT, maria), clock.now())
        event.remove(clinic.db.engine, "before_cursor_execute", note)
    assert {row.target.tier for row in found} == set(Tier)
    assert len(said) == 1


def test_writing_agreeing_and_ending_stand_in_the_trail(clinic: Clinic, owner: Engine) -> None:
    view = add(clinic, of(clinic, Tier.SITE))
    with clinic.begin(clinic.nurse) as tx:
        overrides.agree(tx, view.id)
    with clinic.begin(clinic.second) as tx:
        overrides.end(tx, view.id)
    query = text(
        "SELECT action, actor_id, facts::text FROM audit_event"
        " WHERE subject_kind = 'rule_override' ORDER BY seq"
    )
    with owner.begin() as connection:
        rows = connection.execute(query).all()
    assert [tuple(row[:2]) for row in rows] == [
        ("override.written", clinic.charge),
        ("override.agreed", clinic.nurse),
        ("override.ended", clinic.second),
    ]
    assert "known" not in "".join(row[2] for row in rows)  # the reason stays where it was written


# --- who sees whose --------------------------------------------------------------------------


def elsewhere(web_db: Database, organisation: str, name: str) -> tuple[UUID, UUID]:
    """Another site, of this organisation or another."""
    with web_db.begin(NOWHERE) as tx:
        known = sites.organisation_named(tx, organisation)
        whose = known or sites.create_organisation(tx, organisation)
        return whose, sites.create_site(tx, whose, new_site(name, publish(tx)))


def seen(db: Database, site: UUID) -> set[UUID]:
    with db.begin(Scope.site(site)) as tx:
        return set(tx.session.scalars(text("SELECT id FROM rule_override")))


def test_an_organisations_is_seen_by_its_own_sites_only(clinic: Clinic, web_db: Database) -> None:
    _, sister = elsewhere(web_db, "Example Care", "Hillside")
    _, foreign = elsewhere(web_db, "Other Care", "Riverside")
    wide, own = (add(clinic, of(clinic, tier)).id for tier in (Tier.ORGANISATION, Tier.SITE))
    assert seen(web_db, clinic.site) == {wide, own}
    assert seen(web_db, sister) == {wide}
    assert seen(web_db, foreign) == set()
    by = Actor(ActorKind.STAFF, clinic.nurse)
    with pytest.raises(NotFound), web_db.begin(Scope.site(foreign), by) as tx:
        overrides.agree(tx, wide)
    with web_db.begin(Scope.site(foreign), by) as tx:
        theirs = Asked(Target(Tier.ORGANISATION, clinic.organisation), OFF, WHY, tx.now + WEEK)
        pin = sites.get(tx, foreign).rule_pack
        with pytest.raises(ProgrammingError, match="row-level security"), tx.savepoint():
            overrides.add(tx, theirs, pin)


def test_the_worker_sees_a_sites_only_in_its_scope_or_everywhere(
    clinic: Clinic, web_db: Database, worker_db: Database
) -> None:
    _, foreign = elsewhere(web_db, "Other Care", "Riverside")
    wide = add(clinic, of(clinic, Tier.ORGANISATION)).id
    assert seen(worker_db, foreign) == set()
    with worker_db.begin(EVERYWHERE) as tx:
        assert set(tx.session.scalars(text("SELECT id FROM rule_override"))) == {wide}


def test_a_patient_sees_her_own_and_the_wide_ones(clinic: Clinic, web_db: Database) -> None:
    maria, ruth = clinic.enrol_patient(), clinic.enrol_patient("Ruth Okafor", "+12025550132")
    hers = add(clinic, of(clinic, Tier.PATIENT, maria), clinic.nurse).id
    add(clinic, of(clinic, Tier.PATIENT, ruth), clinic.nurse)
    wide = add(clinic, of(clinic, Tier.ORGANISATION)).id
    with web_db.begin(Scope.of_patient(clinic.site, maria)) as tx:
        assert set(tx.session.scalars(text("SELECT id FROM rule_override"))) == {hers, wide}
