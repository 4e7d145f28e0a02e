"""A pack in shadow: it judges every report, once, and nobody notices but whoever compares."""

import logging
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rsm.alerts import releases
from rsm.alerts.model import AlertAction
from rsm.alerts.packs import folder
from rsm.alerts.releases import ReleaseView
from rsm.db.work import Database, Tx
from rsm.flow import answer, replay, shadow, triage
from rsm.flow import release as flow
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Level, Reporter
from rsm.metrics import shadow_store
from rsm.metrics.replay_model import Survey
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseView
from tests.alert_world import Ward, build_ward

WEEK = timedelta(days=7)
SEVERE = (folder() / "severe-only.toml").read_text()
STAR = (folder() / "star.toml").read_text()
PAIN = [{"pain.frequency": 2, "pain.severity": grade} for grade in range(5)]
PROXY = Author(reporter=Reporter.PROXY)
LOUD = ("alert", "alert_event", "finding", "message", "task", "escalation", "suppressed_finding")


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def in_shadow(ward: Ward, body: str = SEVERE) -> ReleaseView:
    with ward.clinic.begin(ward.clinic.charge) as tx:
        release = releases.draft(tx, ward.clinic.site, body)
        return flow.start_shadow(tx, release.id)


def rows(ward: Ward, table: str) -> list[tuple[object, ...]]:
    with ward.clinic.begin() as tx:
        found = tx.session.execute(text(f"SELECT * FROM {table} ORDER BY 1"))
        return [tuple(row) for row in found]


def judged(ward: Ward) -> list[tuple[str | None, bool]]:
    query = "SELECT level, in_doubt FROM shadow_judgement ORDER BY at, response_id"
    with ward.clinic.begin() as tx:
        return [(level, doubt) for level, doubt in tx.session.execute(text(query))]


def compared(ward: Ward, release: ReleaseView) -> list[Survey]:
    with ward.clinic.begin(ward.clinic.charge) as tx:
        period = shadow.period_of(tx, releases.get(tx, release.id))
        return shadow_store.surveys(tx, ward.clinic.site, release.id, period)


def test_a_pack_in_shadow_writes_its_judgements_and_nothing_else(ward: Ward) -> None:
    in_shadow(ward)
    ward.report(PAIN[3])
    tables = [*LOUD, "response", "score_set", "audit_event", "rule_release"]
    before = {table: rows(ward, table) for table in tables}
    assert shadow.judge_due(ward.worker) == 1
    assert {table: rows(ward, table) for table in tables} == before
    assert judged(ward) == [("urgent", False)]


def test_each_report_is_judged_once_and_only_from_the_beginning_of_the_shadow_on(
    ward: Ward,
) -> None:
    ward.report(PAIN[4])
    ward.clock.advance(WEEK)
    in_shadow(ward)
    assert shadow.judge_due(ward.worker) == 0
    ward.report(PAIN[1])
    ward.clock.advance(WEEK)
    ward.report(PAIN[3])
    assert shadow.judge_due(ward.worker) == 2
    assert shadow.judge_due(ward.worker) == 0
    assert judged(ward) == [(None, False), ("urgent", False)]


def test_two_workers_with_the_same_batch_judge_each_report_once(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_shadow(ward)
    ward.report(PAIN[3])
    with ward.clinic.begin() as tx:
        batch = shadow_store.waiting(tx, 10)
    monkeypatch.setattr(shadow_store, "waiting", lambda *_: batch)
    assert [shadow.judge_due(ward.worker) for _ in range(2)] == [1, 0]
    assert len(judged(ward)) == 1


def test_a_draft_and_a_withdrawn_pack_judge_nothing(ward: Ward) -> None:
    release = in_shadow(ward)
    with ward.clinic.begin(ward.clinic.charge) as tx:
        releases.draft(tx, ward.clinic.site, STAR)
        releases.withdraw(tx, release.id)
    ward.report(PAIN[3])
    assert shadow.judge_due(ward.worker) == 0


def test_what_was_set_aside_is_left_out(ward: Ward) -> None:
    release = in_shadow(ward)
    ward.report(PAIN[3])
    ward.clock.advance(timedelta(minutes=1))
    with ward.clinic.begin() as tx:
        responses.quarantine_recent(tx, ward.patient, ward.clock.now() - WEEK)
    assert shadow.judge_due(ward.worker) == 0
    ward.report(PAIN[4])
    assert shadow.judge_due(ward.worker) == 1
    with ward.clinic.begin() as tx:
        responses.quarantine_recent(tx, ward.patient, ward.clock.now() - WEEK)
    assert compared(ward, release) == []


def test_a_fault_is_kept_as_in_doubt_and_not_tried_again(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    release = in_shadow(ward)
    ward.report(PAIN[3])
    with ward.clinic.begin() as tx:
        broken = text("UPDATE rule_release SET body = 'no pack' WHERE id = :id")
        tx.session.execute(broken, {"id": release.id})
    with caplog.at_level(logging.WARNING):
        assert shadow.judge_due(ward.worker) == 1
        assert shadow.judge_due(ward.worker) == 0
    assert judged(ward) == [(None, True)]
    assert "no pack" not in caplog.text
    (survey,) = compared(ward, release)
    assert survey.replayed.in_doubt
    assert survey.raised.level is Level.URGENT


def test_reports_that_cannot_be_looked_at_do_not_keep_others_waiting(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_shadow(ward)
    monkeypatch.setattr(shadow, "_BATCH", 2)
    for _ in range(3):
        ward.clock.advance(WEEK)
        ward.report(PAIN[3])
    query = "SELECT id FROM response ORDER BY submitted_at LIMIT 2"
    with ward.clinic.begin() as tx:
        known = set(tx.session.scalars(text(query)))
    view = responses.view

    def broken(tx: Tx, response_id: UUID) -> ResponseView:
        if response_id in known:
            raise RuntimeError
        return view(tx, response_id)

    monkeypatch.setattr(responses, "view", broken)
    assert [shadow.judge_due(ward.worker) for _ in range(2)] == [1, 0]
    assert len(judged(ward)) == 1
    monkeypatch.setattr(responses, "view", view)
    assert shadow.judge_due(ward.worker) == 2


def test_shadow_says_what_a_replay_of_the_same_reports_says(ward: Ward) -> None:
    """With proxies, worsening, a correction, and a second patient; judged after each week."""
    ward.report(PAIN[0])
    ward.clock.advance(WEEK)
    release = in_shadow(ward, STAR)
    second = ward.clinic.enrol_patient(name="Ruth Okafor", phone="+12025550132")
    for mine, hers, by in ((1, 0, None), (3, 2, PROXY), (2, 4, PROXY), (4, 1, None)):
        ward.report(PAIN[mine] | {"nausea.frequency": mine})
        ward.report(PAIN[hers], second, by)
        ward.clock.advance(timedelta(minutes=5))
        shadow.judge_due(ward.worker)
        ward.clock.advance(WEEK)
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        (*_, last) = responses.finals(tx, second, ward.clock.now() - 2 * WEEK)
        by = Author(channel=Channel.STAFF, recorded_by=ward.clinic.nurse)
        answer.correct(tx, last.id, {"pain.severity": answered(3)}, by)
    shadow.judge_due(ward.worker)
    found = compared(ward, release)
    with ward.clinic.begin(ward.clinic.charge) as tx:
        whole = releases.get(tx, release.id)
        period = shadow.period_of(tx, whole)
        again = list(replay.surveys(tx, ward.clinic.site, releases.pack_of(whole)[0], period))
    assert len(found) == 8
    by_id = {one.occurrence_id: one for one in again}
    for one in found:
        other = by_id[one.occurrence_id]
        assert one.raised == other.raised
        assert one.replayed.level is other.replayed.level
        assert one.replayed.alerts == other.replayed.alerts
        assert dict(one.replayed.findings) == dict(other.replayed.findings)
    assert {one.replayed.level for one in found} == {None, Level.URGENT}


def test_the_comparison_says_what_is_gained_and_lost_with_the_nurses_outcomes(
    ward: Ward, clock: VirtualClock
) -> None:
    ward.report(PAIN[0])
    clock.advance(WEEK)
    release = in_shadow(ward)
    for value, outcome in ((2, AlertAction.EXPECTED), (4, AlertAction.MEDICINE_CHANGE)):
        alert = ward.report(PAIN[value])
        assert alert is not None
        ward.take(alert, ward.clinic.nurse)
        with ward.clinic.begin(ward.clinic.nurse) as tx:
            triage.close(tx, alert.id, ward.clinic.nurse, triage.Closing(outcome))
        clock.advance(WEEK)
    shadow.judge_due(ward.worker)
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        found = shadow.compared(tx, releases.get(tx, release.id))
    assert (found.surveys, found.kept, found.gained, found.lost) == (2, 1, 0, 1)
    assert (found.sensitivity.part, found.sensitivity.whole) == (1, 1)
    assert found.raised.per_week == pytest.approx(1)
    assert found.replayed.per_100 == pytest.approx(50)
    assert (found.rules[0].rule, found.rules[0].replayed) == ("severe", 1)


def test_a_pack_that_is_long_in_shadow_is_told_to_whoever_asks_the_doctor(ward: Ward) -> None:
    release = in_shadow(ward)
    with ward.clinic.begin() as tx:
        assert shadow.long_in_shadow(tx, ward.clinic.site) == []
    ward.clock.advance(shadow.LONG + timedelta(days=1))
    with ward.clinic.begin() as tx:
        assert shadow.long_in_shadow(tx, ward.clinic.site) == [release.shadow_since]
