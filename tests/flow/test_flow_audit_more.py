"""The auditor on answers, quiet, callbacks, clocks and jobs: found, and mended where it can be.

As in `test_flow_audit`, what is broken here is broken by SQL, past every service.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from uuid import UUID

import pytest
from prometheus_client.registry import CollectorRegistry
from sqlalchemy import Engine, event, text

from integrations.heartbeat.fake import FakeSwitch
from rsm.alerts import expected, releases, suppressed
from rsm.alerts.expected_words import NewLevel
from rsm.alerts.model import AlertAction, Finding, QuietReason
from rsm.alerts.packs import folder
from rsm.alerts.quiet_store import NewSuppressed
from rsm.db import leases
from rsm.db.work import EVERYWHERE, NOWHERE, Database
from rsm.flow import audit, digest, mend, shadow, triage
from rsm.flow.audit import Check, Report
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, AlertState, Level
from rsm.metrics import judged, promises
from rsm.metrics.exporter import Board
from rsm.metrics.judged import Overlooked
from rsm.responses import service as responses
from rsm.scoring import service as scoring
from rsm.security.audit import Subject, record, seal
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from rsm.worker.jobs import audit_round, beat
from rsm.worker.loops import Guard
from rsm.worker.services import WorkerServices
from tests.alert_world import Ward, build_ward

SEVERE = {"pain.frequency": 3, "pain.severity": 3}
MILD = {"pain.frequency": 1, "pain.severity": 1}
SOON = timedelta(minutes=1)
Broken = Callable[..., None]

# As if judging had never happened: the answers alone are left.
NEVER_JUDGED = (
    "DELETE FROM message WHERE alert_id IS NOT NULL",
    "DELETE FROM escalation",
    "DELETE FROM alert_event",
    "DELETE FROM finding",
    "DELETE FROM suppressed_finding",
    "DELETE FROM alert",
    "DELETE FROM score_set",
)


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def sql(owner: Engine, clock: VirtualClock) -> Broken:
    """Runs statements as the superuser; `:now` is the clock's, others are given."""

    def run(*statements: str, **values: object) -> None:
        with owner.begin() as connection:
            for statement in statements:
                connection.execute(text(statement), {"now": clock.now(), **values})

    return run


def audit_now(ward: Ward, skew: timedelta = timedelta()) -> dict[Check, int]:
    """Seal what was written, then one round of the auditor: what it found wrong."""
    with ward.worker.begin(EVERYWHERE) as tx:
        seal(tx)
    return wrong(audit.audit_due(ward.worker, skew))


def wrong(report: Report) -> dict[Check, int]:
    return {check: count for check, count in report.found.items() if count}


def kinds(ward: Ward) -> list[tuple[AlertKind, Level]]:
    return sorted((each.kind, each.level) for each in ward.worklist())


def of_answers(found: Mapping[Check, int]) -> dict[Check, int]:
    """Without what only the standing clock makes late: nobody delivers or steps here."""
    mine = {Check.ANSWERS, Check.ALERTS, Check.QUIET}
    return {check: count for check, count in found.items() if check in mine}


# --- P3: every report was judged -------------------------------------------------------------


def test_p03_a_report_that_nobody_judged_is_found_judged_and_told(ward: Ward, sql: Broken) -> None:
    ward.report(SEVERE)
    before, told = kinds(ward), ward.told()
    assert told
    sql(*NEVER_JUDGED)
    assert kinds(ward) == []
    assert audit_now(ward) == {Check.ANSWERS: 1}
    assert (kinds(ward), ward.told()) == (before, told)
    assert audit_now(ward) == {}


def test_p03_a_report_without_a_finding_is_scored_and_nobody_is_told(
    ward: Ward, sql: Broken
) -> None:
    ward.report(MILD)
    sql(*NEVER_JUDGED)
    assert audit_now(ward) == {Check.ANSWERS: 1}
    assert audit_now(ward) == {}
    assert kinds(ward) == []


def test_p06_a_report_that_cannot_be_judged_now_either_gets_its_review(
    ward: Ward, sql: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.report(SEVERE)
    sql(*NEVER_JUDGED)

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(scoring, "score", fail)
    assert audit_now(ward) == {Check.ANSWERS: 1}
    assert kinds(ward) == [(AlertKind.REVIEW, Level.URGENT)]
    assert audit_now(ward) == {}  # it has no scores, and a person looks


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE response SET quarantined_at = :now",
        "UPDATE response SET state = 'superseded'",
        "UPDATE response SET state = 'draft', submitted_at = NULL",
    ],
)
def test_what_does_not_count_need_not_have_been_judged(
    ward: Ward, sql: Broken, statement: str
) -> None:
    ward.report(SEVERE)
    sql(*NEVER_JUDGED, statement)
    assert audit_now(ward) == {}


def test_what_is_long_past_is_not_judged_as_if_it_were_news(
    ward: Ward, sql: Broken, clock: VirtualClock
) -> None:
    ward.report(SEVERE)
    sql(*NEVER_JUDGED)
    clock.advance(timedelta(days=15))
    assert Check.ANSWERS not in audit_now(ward)


def test_a_report_whose_patient_is_busy_is_left_for_the_next_round(ward: Ward, sql: Broken) -> None:
    ward.report(SEVERE)
    sql(*NEVER_JUDGED)
    with ward.clinic.begin() as tx:
        tx.session.execute(text("SELECT FROM patient FOR UPDATE"))
        assert audit_now(ward) == {Check.ANSWERS: 1}
        assert kinds(ward) == []
    assert audit_now(ward) == {Check.ANSWERS: 1}
    assert audit_now(ward) == {}


def test_what_another_worker_judged_meanwhile_is_not_judged_again(ward: Ward, sql: Broken) -> None:
    ward.report(SEVERE)
    sql(*NEVER_JUDGED)
    with ward.worker.begin(EVERYWHERE) as tx:
        (found,) = judged.unjudged(tx)
    mend.judge(ward.worker, found)
    told = ward.told()
    mend.judge(ward.worker, found)
    assert ward.told() == told


def test_one_report_that_cannot_be_mended_keeps_no_other_from_it(
    ward: Ward, sql: Broken, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = ward.clinic.enrol_patient("Ann Webb", "+12025550132")
    ward.report(SEVERE)
    ward.report(SEVERE, other)
    sql(*NEVER_JUDGED)
    whole = responses.view

    def fail_for_one(tx: object, response_id: UUID) -> object:
        report = whole(tx, response_id)  # type: ignore[arg-type]  # handed through
        if report.patient_id == ward.patient:
            raise RuntimeError("Wanda Testperson")
        return report

    with monkeypatch.context() as patch:
        patch.setattr(responses, "view", fail_for_one)
        assert audit_now(ward) == {Check.ANSWERS: 2}
    assert {each.patient_id for each in ward.worklist()} == {other}
    assert "RuntimeError" in caplog.text
    assert "Wanda" not in caplog.text
    assert audit_now(ward) == {Check.ANSWERS: 1}
    assert audit_now(ward) == {}


# --- P15: nothing is kept quiet that must be told --------------------------------------------


def quietly(ward: Ward, reason: QuietReason, level: Level = Level.INFO) -> None:
    """A report, a finding of which is kept quiet: within an expected level, or as a repeat."""
    clinic = ward.clinic
    until = ward.clock.now() + timedelta(days=3)
    new = NewLevel(clinic.site, ward.patient, "pain", 2, until, "Known", clinic.nurse)
    with clinic.begin(clinic.nurse) as tx:
        within = expected.set_level(tx, new)
    known = ward.report(SEVERE) if reason is QuietReason.ALREADY_OPEN else None
    ward.clock.advance(SOON)
    ward.report(MILD)
    finding = Finding("mild", "pain", "pain.severity", level, None, None, 1, "Pain: mild (1)")
    with clinic.begin() as tx:
        report = responses.finals(tx, ward.patient, tx.now - timedelta(days=1))[-1]
        pack = sites.get(tx, clinic.site).rule_pack
        to = known.id if known else None
        by = within if reason is QuietReason.EXPECTED else None
        suppressed.keep(tx, report, pack, [NewSuppressed(finding, reason, to, by)])


@pytest.mark.parametrize("reason", list(QuietReason))
def test_what_may_be_kept_quiet_is_well(ward: Ward, reason: QuietReason) -> None:
    quietly(ward, reason)
    assert of_answers(audit_now(ward)) == {}


@pytest.mark.parametrize(
    ("reason", "statement"),
    [
        (QuietReason.EXPECTED, "UPDATE expected_level SET until = since + interval '1 second'"),
        (QuietReason.EXPECTED, "UPDATE suppressed_finding SET current_value = 3"),
        (QuietReason.EXPECTED, "UPDATE suppressed_finding SET level = 'emergency'"),
        (QuietReason.EXPECTED, "UPDATE suppressed_finding SET symptom = 'nausea'"),
        (QuietReason.EXPECTED, "UPDATE suppressed_finding SET expected_id = NULL"),
        (
            QuietReason.EXPECTED,
            "UPDATE expected_level SET ended_at = since, ended_because = 'ended'",
        ),
        (QuietReason.ALREADY_OPEN, "UPDATE suppressed_finding SET alert_id = NULL"),
        (QuietReason.ALREADY_OPEN, "UPDATE suppressed_finding SET level = 'emergency'"),
        (
            QuietReason.ALREADY_OPEN,
            "UPDATE alert SET state = 'closed', closed_at = opened_at",
        ),
        (QuietReason.DIGEST, "UPDATE suppressed_finding SET level = 'soon'"),
    ],
)
def test_p15_what_was_kept_quiet_against_the_rules_is_found_and_a_person_looks(
    ward: Ward, sql: Broken, reason: QuietReason, statement: str
) -> None:
    quietly(ward, reason)
    sql(statement)
    if "closed" in statement:
        sql("UPDATE escalation SET state = 'done', next_at = NULL")
    assert of_answers(audit_now(ward)) == {Check.QUIET: 1}
    assert (AlertKind.REVIEW, Level.URGENT) in kinds(ward)
    assert of_answers(audit_now(ward)) == {}


def test_a_level_past_its_end_is_nobodys_business_while_nothing_hides_behind_it(
    ward: Ward, clock: VirtualClock
) -> None:
    quietly(ward, QuietReason.EXPECTED)
    clock.advance(timedelta(days=4))
    assert of_answers(audit_now(ward)) == {}


# --- faults in every combination -------------------------------------------------------------


_FAULTS = {
    Check.ANSWERS: "DELETE FROM score_set WHERE patient_id = :who",
    Check.ALERTS: """
        DELETE FROM escalation e USING alert a WHERE a.id = e.alert_id AND a.patient_id = :who
        """,
    Check.QUIET: """
        INSERT INTO suppressed_finding (id, site_id, patient_id, response_id, occurrence_id, rule,
          symptom, item, level, current_value, reason, sentence, rule_pack, at, is_test)
        SELECT id, site_id, patient_id, id, occurrence_id, 'planted', 'pain', 'pain.severity',
          'urgent', 3, 'expected', 'Pain', '{}', :now, false
        FROM response WHERE patient_id = :who
        """,
}


def test_faults_in_every_combination_are_counted_and_mended_in_two_rounds(
    ward: Ward, sql: Broken
) -> None:
    chosen = [few for count in range(4) for few in combinations(_FAULTS, count)]
    for number, few in enumerate(chosen):
        who = ward.clinic.enrol_patient(f"Number {number}", f"+1202555015{number}")
        ward.report(SEVERE, who)
        for each in few:
            sql(_FAULTS[each], who=who)
    assert of_answers(audit_now(ward)) == dict.fromkeys(_FAULTS, len(chosen) // 2)
    assert of_answers(audit_now(ward)) == {}
    assert len({each.patient_id for each in ward.worklist()}) == len(chosen)
    assert all(each.state is AlertState.OPEN for each in ward.worklist())


# --- what a job of ours left undone ----------------------------------------------------------


def test_reports_that_a_pack_in_shadow_does_not_judge_are_found_when_late(
    ward: Ward, sql: Broken, clock: VirtualClock
) -> None:
    with ward.clinic.begin(ward.clinic.charge) as tx:
        releases.draft(tx, ward.clinic.site, (folder() / "first.toml").read_text())
    sql("UPDATE rule_release SET state = 'shadow', shadow_since = :now")
    clock.advance(SOON)
    ward.report(MILD)
    clock.advance(timedelta(minutes=14))
    assert Check.SHADOW not in audit_now(ward)
    clock.advance(timedelta(minutes=2))
    assert audit_now(ward)[Check.SHADOW] == 1
    shadow.judge_due(ward.worker)
    assert Check.SHADOW not in audit_now(ward)


def test_a_digest_that_nobody_was_asked_to_read_is_found_one_that_is_unread_is_the_staffs(
    ward: Ward, clock: VirtualClock
) -> None:
    quietly(ward, QuietReason.DIGEST)
    clock.advance(timedelta(days=7))
    assert Check.DIGEST not in audit_now(ward)
    clock.advance(timedelta(days=2))
    assert audit_now(ward)[Check.DIGEST] == 1
    digest.digests_due(ward.worker)
    assert Check.DIGEST not in audit_now(ward)
    clock.advance(timedelta(days=9))
    assert Check.DIGEST not in audit_now(ward)
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        (task,) = tasks.open_tasks(tx, ward.clinic.site, (TaskKind.READ_DIGEST,))
        digest.read(tx, task.id)
    assert Check.DIGEST not in audit_now(ward)


def test_a_digest_of_corrected_reports_alone_asks_nobody_and_is_well(
    ward: Ward, sql: Broken, clock: VirtualClock
) -> None:
    quietly(ward, QuietReason.DIGEST)
    sql("UPDATE response SET quarantined_at = :now")
    clock.advance(timedelta(days=9))
    assert Check.DIGEST not in audit_now(ward)


# --- the provider's callbacks ----------------------------------------------------------------

_HANDED_OVER = """
INSERT INTO message (id, site_id, business_key, lane, channel, audience, purpose, language, fields,
    state, address_sealed, created_at, handed_over_at, provider_id)
SELECT gen_random_uuid(), site.id, 'text:' || n, 'survey', :channel, 'patient', 'help', 'en', '{}',
    'accepted', '', :now, :now, 'SM' || n
FROM site, generate_series(1, CAST(:count AS integer)) n
"""
_CALLED_BACK = """
INSERT INTO delivery_event (id, site_id, message_id, provider_id, state, received_at)
SELECT CAST(:id AS uuid), site_id, id, provider_id, 'sent', :now FROM message
WHERE provider_id = 'SM1'
"""


@pytest.mark.parametrize(("count", "found"), [(2, None), (3, 3)])
def test_texts_of_which_no_callback_came_are_found_unless_they_are_few(
    ward: Ward, sql: Broken, clock: VirtualClock, count: int, found: int | None
) -> None:
    sql(_HANDED_OVER, channel="sms", count=count)
    clock.advance(timedelta(minutes=4))
    assert Check.CALLBACKS not in audit_now(ward)
    clock.advance(timedelta(minutes=2))
    assert audit_now(ward).get(Check.CALLBACKS) == found
    clock.advance(timedelta(hours=1))
    assert Check.CALLBACKS not in audit_now(ward)


def test_one_callback_of_the_hour_is_enough(ward: Ward, sql: Broken, clock: VirtualClock) -> None:
    sql(_HANDED_OVER, channel="sms", count=5)
    clock.advance(timedelta(minutes=6))
    with ward.clinic.begin() as tx:
        sql(_CALLED_BACK, id=tx.new_id())
    assert Check.CALLBACKS not in audit_now(ward)


def test_a_mail_server_calls_nobody_back(ward: Ward, sql: Broken, clock: VirtualClock) -> None:
    sql(_HANDED_OVER, channel="email", count=5)
    clock.advance(timedelta(minutes=6))
    assert Check.CALLBACKS not in audit_now(ward)


def test_what_the_list_says_of_older_texts_is_no_callback(
    ward: Ward, sql: Broken, clock: VirtualClock
) -> None:
    sql(_HANDED_OVER, channel="sms", count=1)
    clock.advance(timedelta(hours=3))
    with ward.clinic.begin() as tx:
        sql(_CALLED_BACK, id=tx.new_id())
    sql(_HANDED_OVER.replace("|| n", "|| n + 10"), channel="sms", count=3)
    clock.advance(timedelta(minutes=6))
    assert audit_now(ward)[Check.CALLBACKS] == 3


# --- clocks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "is_well"), [(9, True), (-9, True), (11, False), (-11, False)])
def test_a_host_whose_clock_is_not_the_databases_is_found(
    ward: Ward, seconds: int, is_well: bool
) -> None:
    assert (Check.CLOCK not in audit_now(ward, timedelta(seconds=seconds))) is is_well


def test_a_database_whose_clock_went_back_is_found_until_it_has_caught_up(
    ward: Ward, clock: VirtualClock
) -> None:
    now = clock.now()
    clock.advance(timedelta(minutes=2))
    with ward.worker.begin(NOWHERE) as tx:
        leases.beat(tx, "worker@stopped", audit.STOPPED)
    with ward.clinic.begin() as tx:
        record(tx, "patient.read", Subject("patient", ward.patient, ward.patient), ward.clinic.site)
    clock.set(now)
    assert audit_now(ward)[Check.CLOCK] == 2
    clock.advance(timedelta(minutes=2))
    assert audit_now(ward) == {}


def test_the_worker_shows_its_clock_beside_the_databases_and_tells_the_switch_nothing(
    ward: Ward, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    switch, registry = FakeSwitch(), CollectorRegistry()
    board = Board(registry)
    host = VirtualClock(clock.now() - timedelta(seconds=90))
    here = WorkerServices(
        ward.worker, lambda _: 0, lambda: 0, name="here", switch=switch, host_clock=host
    )
    audit_now(ward)
    beat(here, board)
    audit_round(here, board)
    assert registry.get_sample_value("rsm_clock_skew_seconds", {"process": "here"}) == -90
    assert registry.get_sample_value("rsm_audit_problems", {"check": "clock"}) == 1
    assert "clock" in caplog.text
    assert switch.pings == []
    right = replace(here, host_clock=VirtualClock(clock.now()))
    beat(right, board)
    audit_round(right, board)
    assert registry.get_sample_value("rsm_clock_skew_seconds", {"process": "here"}) == 0
    assert len(switch.pings) == 1


# --- what stays silent -----------------------------------------------------------------------


@pytest.mark.parametrize("check", sorted(set(Check) - audit.HURRIES_NOBODY))
def test_p17_whatever_is_found_the_switch_hears_nothing(check: Check) -> None:
    switch = FakeSwitch()
    found = dict.fromkeys(Check, 0)
    assert audit.tell_outside(Report(found, "heads"), switch)
    assert not audit.tell_outside(Report(found | {check: 1}, "heads"), switch)
    assert len(switch.pings) == 1


@pytest.mark.parametrize("check", sorted(audit.HURRIES_NOBODY))
def test_what_hurries_nobody_does_not_hide_for_weeks_that_we_stopped(check: Check) -> None:
    found = dict.fromkeys(Check, 0) | {check: 1}
    assert audit.tell_outside(Report(found, "heads"), FakeSwitch())


def test_every_check_is_made_in_every_round(ward: Ward) -> None:
    assert set(audit.audit_due(ward.worker).found) == set(Check)


def test_a_job_that_hangs_is_seen_by_rounds_that_do_not_grow() -> None:
    registry = CollectorRegistry()
    guard = Guard(Board(registry))

    def rounds() -> float | None:
        return registry.get_sample_value("rsm_job_rounds_total", {"job": "open"})

    seen: list[float | None] = []

    def look() -> int:
        seen.append(rounds())
        return 0

    def fail() -> int:
        raise RuntimeError

    guard.once("open", look)
    guard.once("open", fail)
    assert (seen, rounds()) == ([0], 1)  # shown from the beginning of the first round on


def test_a_round_asks_the_same_few_questions_however_many_reports_there_are(ward: Ward) -> None:
    def asked() -> int:
        statements: list[str] = []

        def note(*told: object) -> None:
            statements.append(str(told[2]))

        event.listen(ward.worker.engine, "before_cursor_execute", note)
        audit_now(ward)
        event.remove(ward.worker.engine, "before_cursor_execute", note)
        return len(statements)

    audit_now(ward)
    few = asked()
    for _ in range(5):
        ward.clock.advance(SOON)
        ward.report(MILD)
    audit_now(ward)
    assert asked() == few <= 40


def test_a_report_that_is_gone_when_it_is_to_be_mended_changes_nothing(ward: Ward) -> None:
    gone = Overlooked(ward.patient, ward.clinic.site, ward.patient)
    mend.judge(ward.worker, gone)
    mend.ask(ward.worker, gone)
    assert kinds(ward) == []


def test_an_alert_that_was_closed_before_it_was_healed_stays_closed(
    ward: Ward, sql: Broken
) -> None:
    alert = ward.alarm()
    sql("DELETE FROM escalation")
    with ward.worker.begin(EVERYWHERE) as tx:
        (bad,) = promises.bad_alerts(tx, tx.now)
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        triage.close(tx, alert.id, ward.clinic.nurse, triage.Closing(AlertAction.PHONE_ADVICE))
    before = len(ward.texts())
    mend.alert(ward.worker, bad)
    assert ward.now(alert).state is AlertState.CLOSED
    ward.passes(minutes=120)
    assert len(ward.texts()) == before
