"""When in doubt, a person looks: planted faults never lose an answer (P3, P6)."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.alerts import service as alerts
from rsm.alerts.packs import parse_pack
from rsm.db.work import Database, Scope
from rsm.escalation import people, telling
from rsm.escalation import service as escalation
from rsm.escalation.policies import default_text
from rsm.flow import answer
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Actor, ActorKind, AlertKind, AlertState, Level
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.scoring import service as scoring
from rsm.sites import service as sites
from tests.alert_world import SAFETY, Ward, agree_to, build_ward, plant
from tests.packs import FIRST, as_version

PAIN = {"pain.frequency": 2, "pain.severity": 3}
QUIET = {"pain.frequency": 1, "pain.severity": 1}
EVERYBODY = ["charge", "nurse", "second"]


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def stored(ward: Ward) -> list[int | None]:
    """The severities of pain that stand as final answers."""
    with ward.clinic.begin() as tx:
        since = ward.clock.now() - timedelta(days=1)
        finals = responses.finals(tx, ward.patient, since)
        return [report.answers["pain.severity"].value for report in finals]


def assert_a_person_looks(ward: Ward) -> None:
    """The answer is there, a review stands on the worklist, everybody on duty was told at once."""
    assert stored(ward) == [PAIN["pain.severity"]]
    (review,) = [each for each in ward.worklist() if each.kind is AlertKind.REVIEW]
    assert (review.level, review.state) == (Level.URGENT, AlertState.OPEN)
    assert sorted(ward.told(review)) == EVERYBODY
    ward.passes(minutes=15)
    assert SAFETY in ward.told(review)
    ward.passes(minutes=15)
    assert ward.told(review).count(SAFETY) == 2


@pytest.mark.parametrize(
    "body",
    [
        "this is [no TOML",
        'key = "planted"',
        FIRST.replace('level = "urgent"', 'level = "yesterday"'),
        FIRST,  # reads well, and is not what its hash says
    ],
    ids=["no TOML", "half a pack", "unknown level", "another content"],
)
def test_a_pack_that_cannot_be_read_opens_a_review(ward: Ward, body: str) -> None:
    plant(ward, "rule_pack", body)
    assert ward.report(PAIN) is not None
    assert_a_person_looks(ward)


def test_a_rule_about_an_unknown_item_opens_a_review_and_the_others_still_apply(
    ward: Ward,
) -> None:
    every, rise = 'items = "*"', 'when = { kind = "worse_by"'
    unknown = 'items = ["no-such.item"]'
    body = as_version("9.0.0", FIRST).replace(f"{every}\n{rise}", f"{unknown}\n{rise}", 1)
    pack, _ = parse_pack(body, "planted")
    assert unknown in body
    with ward.clinic.begin() as tx:
        agreed = alerts.publish(tx, pack, body)
    agree_to(ward, "rule_pack", agreed)
    ward.report(PAIN)
    symptom = next(each for each in ward.worklist() if each.kind is AlertKind.SYMPTOM)
    assert symptom.level is Level.URGENT
    assert_a_person_looks(ward)


@pytest.mark.parametrize(
    "body",
    ["no TOML [", default_text().split("[levels.emergency]", maxsplit=1)[0]],
    ids=["no TOML", "without steps"],
)
def test_a_policy_that_cannot_be_used_never_keeps_an_alert_from_being_told(
    ward: Ward, body: str
) -> None:
    plant(ward, "policy", body)
    alert = ward.report(PAIN)
    assert alert is not None
    symptom = next(each for each in ward.worklist() if each.kind is AlertKind.SYMPTOM)
    assert sorted(ward.told(symptom)) == EVERYBODY
    assert_a_person_looks(ward)


def test_a_routing_tree_that_cannot_be_used_tells_the_whole_site(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        tx.session.execute(text("UPDATE site SET routes = '{\"team\": 7}'"))
    ward.report(PAIN)
    symptom = next(each for each in ward.worklist() if each.kind is AlertKind.SYMPTOM)
    assert symptom.team_id is None
    assert ward.told(symptom) == ["nurse"]
    assert_a_person_looks(ward)


def test_scoring_that_fails_opens_a_review(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(scoring, "score", fail)
    ward.report(PAIN)
    assert_a_person_looks(ward)


def test_a_database_that_refuses_the_findings_still_keeps_the_answer(
    ward: Ward, owner: Engine
) -> None:
    with owner.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'planted'; END $$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER planted BEFORE INSERT ON finding EXECUTE FUNCTION refuse()")
        )
    ward.report(PAIN)
    assert_a_person_looks(ward)
    assert {each.kind for each in ward.worklist()} == {AlertKind.REVIEW}


def test_a_report_that_raises_nothing_is_reviewed_as_well_when_it_cannot_be_judged(
    ward: Ward,
) -> None:
    assert ward.report(QUIET) is None
    plant(ward, "rule_pack", "no pack")
    ward.clock.advance(timedelta(days=1))
    assert ward.report(QUIET) is not None
    assert [each.kind for each in ward.worklist()] == [AlertKind.REVIEW]


def test_a_fault_on_the_way_to_the_phones_goes_to_the_safety_contact(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(people, "look_up", fail)
    alert = ward.report(PAIN)
    assert alert is not None
    assert stored(ward) == [3]
    symptom = next(each for each in ward.worklist() if each.kind is AlertKind.SYMPTOM)
    assert ward.told(symptom) == []
    for minutes in (0, 0.5, 1):
        ward.passes(minutes=minutes)
    assert ward.told(symptom) == [SAFETY]
    ward.passes(minutes=15)
    assert ward.told(symptom) == [SAFETY, SAFETY]
    monkeypatch.undo()
    ward.passes(minutes=15)
    assert sorted(ward.told(symptom)[2:]) == ["charge", "nurse", SAFETY, "second"]


def test_an_alert_is_never_set_aside(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    alert = ward.alarm()

    def fail(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(people, "look_up", fail)
    for _ in range(12):
        ward.passes(minutes=15)
        with ward.clinic.begin() as tx:
            stands = escalation.standing(tx, [alert.id])[alert.id]
        assert stands.next_at is not None
        assert stands.next_at <= ward.clock.now() + timedelta(minutes=15)
    assert ward.told(alert).count(SAFETY) >= 9


def test_one_recipient_that_fails_keeps_nobody_else_from_being_told(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = telling._words

    def fail_for_the_nurse(*arguments: object, **others: object) -> object:
        if any(getattr(each, "person", None) == ward.clinic.nurse for each in arguments):
            raise LookupError
        return whole(*arguments, **others)  # type: ignore[arg-type]  # passes on what came

    monkeypatch.setattr(telling, "_words", fail_for_the_nurse)
    alert = ward.alarm(Level.EMERGENCY)
    assert ward.told(alert) == ["second"]


# --- answers that are not sent yet ---------------------------------------------------------


def draft(ward: Ward, item: str, value: int) -> UUID:
    """One answer of a survey, saved; the survey."""
    with ward.clinic.begin() as tx:
        pin = sites.get(tx, ward.clinic.site).instrument
        survey = schedules.report_now(tx, patients.locked(tx, ward.patient), pin)
        answer.save(tx, survey.id, item, answered(value), Author())
        return survey.id


def test_an_emergency_is_told_when_its_answer_is_saved(ward: Ward) -> None:
    draft(ward, "shortness-of-breath.severity", 4)
    (alert,) = ward.worklist()
    assert alert.level is Level.EMERGENCY
    assert sorted(ward.told(alert)) == ["nurse", "second"]


def test_sending_the_survey_afterwards_adds_to_the_same_alert(ward: Ward) -> None:
    survey = draft(ward, "shortness-of-breath.severity", 4)
    draft(ward, "pain.frequency", 2)
    draft(ward, "pain.severity", 3)
    with ward.clinic.begin() as tx:
        outcome = answer.submit(tx, survey, "", Author())
    (alert,) = ward.worklist()
    assert (outcome.alert_id, outcome.level) == (alert.id, Level.EMERGENCY)
    assert sorted(ward.told(alert)) == ["nurse", "second"]


def test_what_is_not_an_emergency_waits_until_the_survey_is_sent(ward: Ward) -> None:
    draft(ward, "pain.frequency", 2)
    draft(ward, "pain.severity", 4)
    assert ward.worklist() == []


def test_a_patients_own_link_is_enough_to_tell_a_nurse(ward: Ward) -> None:
    """What is told is decided in her narrow scope: she sees no other patient's rows."""
    other = ward.clinic.enrol_patient("Joan Price", phone="+12025550132")
    ward.report(PAIN, other)
    survey = draft(ward, "pain.frequency", 2)
    scope = Scope.of_patient(ward.clinic.site, ward.patient)
    with ward.clinic.db.begin(scope, Actor(ActorKind.PATIENT, ward.patient)) as tx:
        answer.save(tx, survey, "pain.severity", answered(4), Author())
        outcome = answer.submit(tx, survey, "", Author())
    assert outcome.level is Level.URGENT
    assert ward.told().count("nurse") == 2


def test_nobody_on_duty_is_found_out_in_her_scope_as_well(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        for shift_id, _ in sites.roster(tx, ward.clinic.site):
            sites.remove_shift(tx, ward.clinic.site, shift_id)
    survey = draft(ward, "pain.frequency", 2)
    scope = Scope.of_patient(ward.clinic.site, ward.patient)
    with ward.clinic.db.begin(scope, Actor(ActorKind.PATIENT, ward.patient)) as tx:
        answer.save(tx, survey, "shortness-of-breath.severity", answered(4), Author())
    (alert,) = [each for each in ward.worklist() if each.kind is AlertKind.SYMPTOM]
    assert ward.told(alert) == ["charge"]  # the manager


def test_an_answer_that_cannot_be_judged_is_one_review_however_many_follow(ward: Ward) -> None:
    plant(ward, "rule_pack", "no pack")
    draft(ward, "pain.frequency", 2)
    survey = draft(ward, "pain.severity", 3)
    with ward.clinic.begin() as tx:
        answer.submit(tx, survey, "", Author())
    assert [each.kind for each in ward.worklist()] == [AlertKind.REVIEW]
