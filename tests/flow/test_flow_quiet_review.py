"""Quiet where it could go wrong: corrections, faults on the way, values raised more than once."""

from datetime import timedelta
from uuid import UUID

import pytest

from rsm.alerts import service as alerts
from rsm.alerts import suppressed
from rsm.alerts.model import AlertAction, AlertView
from rsm.alerts.packs import folder, parse_pack, whole_text
from rsm.db.work import Database
from rsm.escalation import repeats
from rsm.flow import answer, triage
from rsm.flow.outcome import Outcome, outcome_of
from rsm.kernel.answers import Answers, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, AlertState, Channel, Level
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from tests.alert_world import Ward, agree_to, build_ward

SHORT = "shortness-of-breath.severity"
HOUR = timedelta(hours=1)


def pain(severity: int) -> dict[str, int]:
    return {"pain.frequency": 1, "pain.severity": severity, "pain.interference": 0}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    """A site with the pack that knows severe, moderate, and expected levels."""
    built = build_ward(web_db, worker_db, clock)
    whole = whole_text((folder() / "uab-like.toml").read_text("utf-8"), "uab-like")
    with built.clinic.begin() as tx:
        pin = alerts.publish(tx, parse_pack(whole, "uab-like")[0], whole)
    agree_to(built, "rule_pack", pin)
    return built


def send(ward: Ward, values: dict[str, int]) -> Outcome:
    answers: Answers = {item: answered(value) for item, value in values.items()}
    with ward.clinic.begin() as tx:
        pin = sites.get(tx, ward.clinic.site).instrument
        survey = schedules.report_now(tx, patients.locked(tx, ward.patient), pin)
        return answer.enter(tx, survey.id, answers, "", Author())


def correct(ward: Ward, response: UUID, item: str, value: int) -> UUID:
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        by = Author(channel=Channel.STAFF, recorded_by=ward.clinic.nurse)
        return answer.correct(tx, response, {item: answered(value)}, by).id


def raised(ward: Ward, outcome: Outcome) -> AlertView:
    assert outcome.alert_id is not None
    with ward.clinic.begin() as tx:
        return alerts.get(tx, outcome.alert_id)


def close(ward: Ward, alert: AlertView) -> None:
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        triage.close(tx, alert.id, ward.clinic.nurse, triage.Closing(AlertAction.PHONE_ADVICE))


# --- corrections -----------------------------------------------------------------------------


@pytest.mark.parametrize("closed", [False, True], ids=["taken", "closed"])
def test_a_correction_to_something_worse_opens_its_own_alert_again(
    ward: Ward, closed: bool
) -> None:
    sent = send(ward, pain(3))
    alert = raised(ward, sent)
    if closed:
        close(ward, alert)
    else:
        ward.take(alert, ward.clinic.nurse)
    told = len(ward.texts(alert))
    ward.clock.advance(HOUR)
    correct(ward, sent.response.id, "pain.severity", 4)
    assert ward.now(alert).state is AlertState.OPEN
    assert len(ward.texts(alert)) > told


def test_a_correction_of_something_else_wakes_nobody(ward: Ward) -> None:
    sent = send(ward, {**pain(3), "nausea.frequency": 1, "nausea.severity": 1})
    alert = raised(ward, sent)
    close(ward, alert)
    told = ward.texts()
    ward.clock.advance(HOUR)
    correct(ward, sent.response.id, "nausea.severity", 0)
    assert ward.now(alert).state is AlertState.CLOSED
    assert ward.texts() == told


# --- faults on the way -------------------------------------------------------------------------


@pytest.mark.parametrize("drafted", [False, True], ids=["sent", "saved"])
def test_a_fault_in_what_keeps_quiet_makes_nothing_quieter(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, drafted: bool
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(suppressed, "known", broken)
    with ward.clinic.begin() as tx:
        pin = sites.get(tx, ward.clinic.site).instrument
        survey = schedules.report_now(tx, patients.locked(tx, ward.patient), pin)
    with ward.clinic.begin() as tx:
        if drafted:
            answer.save(tx, survey.id, SHORT, answered(4), Author())
        else:
            answer.enter(tx, survey.id, {SHORT: answered(4)}, "", Author())
    with ward.clinic.begin() as tx:
        told = outcome_of(tx, survey.id)
    assert told.level is Level.EMERGENCY
    kinds = {each.kind: each.level for each in ward.worklist()}
    assert kinds == {AlertKind.SYMPTOM: Level.EMERGENCY, AlertKind.REVIEW: Level.URGENT}


def test_an_owner_who_cannot_be_told_of_a_repeat_leaves_it_loud(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = raised(ward, send(ward, {SHORT: 4}))
    ward.take(first, ward.clinic.nurse)
    ward.clock.advance(HOUR)

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(repeats, "repeated", broken)
    again = raised(ward, send(ward, {SHORT: 4}))
    assert again.id != first.id
    assert again.level is Level.EMERGENCY
