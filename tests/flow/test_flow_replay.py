"""Replay: the pack that was live gives exactly what was raised live, whatever came late."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rsm.alerts import decide
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, AlertView, Facts, InstrumentSpec, Judgement
from rsm.alerts.packs import folder
from rsm.alerts.plan import EVERY_LEVEL
from rsm.alerts.schema import RulePack
from rsm.db.work import Database, Scope, Tx
from rsm.flow import answer, replay, triage
from rsm.kernel.answers import Answers, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Channel, Level, Reporter
from rsm.metrics import replay_store
from rsm.metrics.model import Period
from rsm.metrics.replay_model import Limit, Survey, Verdict
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.simulate.demo import Size
from rsm.simulate.rules_scene import RulesScene
from rsm.sites import service as sites
from tests.alert_world import Ward, build_ward
from tests.conftest import MONDAY_NINE
from tests.flow.test_flow_simulate import END, doors, play

WEEK = timedelta(days=7)
PROXY = Author(reporter=Reporter.PROXY)
SHORT = "shortness-of-breath.severity"
# Without its gate's answer a severity does not count.
PAIN = [{"pain.frequency": 2, "pain.severity": grade} for grade in range(5)]


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def period(ward: Ward) -> Period:
    return Period(MONDAY_NINE - WEEK, ward.clock.now() + timedelta(seconds=1))


def live_pack(tx: Tx, site: UUID) -> RulePack:
    return alerts.load(tx, sites.get(tx, site).rule_pack)


def replayed(ward: Ward, pack: RulePack | None = None) -> list[Survey]:
    with ward.clinic.begin() as tx:
        chosen = pack or live_pack(tx, ward.clinic.site)
        return list(replay.surveys(tx, ward.clinic.site, chosen, period(ward)))


def shipped(ward: Ward, name: str) -> RulePack:
    body = (folder() / f"{name}.toml").read_text()
    with ward.clinic.begin() as tx:
        return replay.read_for(tx, ward.clinic.site, period(ward), body, name)


def assert_same(found: Sequence[Survey], alerts_there: int) -> None:
    assert found
    for one in found:
        assert one.replayed.level is one.raised.level
        assert dict(one.replayed.findings) == dict(one.raised.findings)
        assert one.replayed.alerts == one.raised.alerts
        assert one.opened or one.held or one.raised.level is None  # told, or kept with its reason
    assert sum(one.opened for one in found) == alerts_there


def count(tx: Tx, query: str) -> int:
    return int(tx.session.execute(text(query)).scalar_one())


# --- a simulated clinic ----------------------------------------------------------------------


def test_replaying_the_live_pack_on_a_simulated_clinic_gives_what_was_raised(
    owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A replay says that it judges without the changes of the site's people.
    monkeypatch.setattr(RulesScene, "_proposes", lambda *_: None)
    played = play(owner_url, Size(patients=20, days=28, sites=1))
    assert played.wrong == {}
    whole = Period(END - 30 * WEEK, END + WEEK)
    with doors(owner_url, END) as opened:
        with opened.web.begin(Scope()) as tx:
            (site,) = sites.ids(tx)
        with opened.web.begin(Scope.site(site)) as tx:
            found = list(replay.surveys(tx, site, live_pack(tx, site), whole))
            raised = count(
                tx,
                "SELECT count(*) FROM alert a JOIN patient p ON p.id = a.patient_id"
                " WHERE kind = 'symptom' AND NOT p.is_test AND NOT EXISTS (SELECT FROM response r"
                " WHERE r.occurrence_id = a.occurrence_id AND r.quarantined_at IS NOT NULL)",
            )
            reports = count(tx, "SELECT count(*) FROM response WHERE state = 'final'")
    assert raised > 5
    assert reports > 20
    assert_same(found, raised)


# --- what comes late, what is mended, what is on the way ---------------------------------------


def open_survey(ward: Ward, patient: UUID) -> UUID:
    with ward.clinic.begin() as tx:
        pin = sites.get(tx, ward.clinic.site).instrument
        return schedules.report_now(tx, patients.locked(tx, patient), pin).id


def save(ward: Ward, survey: UUID, item: str, value: int, by: Author | None = None) -> None:
    with ward.clinic.begin() as tx:
        answer.save(tx, survey, item, answered(value), by or Author())


def submit(ward: Ward, survey: UUID, by: Author | None = None) -> None:
    with ward.clinic.begin() as tx:
        answer.submit(tx, survey, "", by or Author())


def mend(ward: Ward, survey: UUID, values: Mapping[str, int]) -> None:
    changes: Answers = {item: answered(value) for item, value in values.items()}
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        standing = responses.of_occurrence(tx, survey)
        assert standing is not None
        by = Author(channel=Channel.STAFF, recorded_by=ward.clinic.nurse)
        answer.correct(tx, standing.id, changes, by)


def live_through_it(ward: Ward) -> None:
    """Weeks with everything that makes knowing differ from answering."""
    second = ward.clinic.enrol_patient(name="Ruth Okafor", phone="+12025550132")
    ward.report(PAIN[1])
    first = ward.report(PAIN[0] | {SHORT: 0}, second)
    assert first is None
    ward.clock.advance(WEEK)
    mended = open_survey(ward, ward.patient)
    for item, value in (PAIN[2] | {"nausea.frequency": 3}).items():
        ward.clock.advance(timedelta(minutes=1))
        save(ward, mended, item, value)
    ward.clock.advance(timedelta(minutes=1))
    submit(ward, mended)
    ward.report(PAIN[3], second, PROXY)
    ward.clock.advance(WEEK)
    ward.report(PAIN[3] | {"nausea.frequency": 2})
    ward.report(PAIN[2], second, PROXY)
    ward.clock.advance(timedelta(hours=3))
    mend(ward, mended, PAIN[0] | {"nausea.frequency": 0})
    ward.clock.advance(timedelta(hours=3))
    changed = open_survey(ward, second)
    for value in (4, 1):  # she took it back before she sent it: a nurse was told all the same
        ward.clock.advance(timedelta(minutes=1))
        save(ward, changed, SHORT, value)
    ward.clock.advance(timedelta(minutes=1))
    submit(ward, changed)
    ward.clock.advance(WEEK)
    left = open_survey(ward, ward.patient)
    ward.clock.advance(timedelta(minutes=1))
    save(ward, left, SHORT, 4)


def test_corrections_proxies_drafts_and_second_thoughts_come_to_the_same(ward: Ward) -> None:
    live_through_it(ward)
    with ward.clinic.begin() as tx:
        there = count(tx, "SELECT count(*) FROM alert WHERE kind = 'symptom'")
        revisions = count(tx, "SELECT max(revision) FROM response")
    assert revisions == 2
    found = replayed(ward)
    assert_same(found, there)
    assert {one.raised.level for one in found} >= {Level.URGENT, Level.EMERGENCY}


def test_what_was_set_aside_is_out_of_the_figures_but_was_history_until_then(ward: Ward) -> None:
    ward.report(PAIN[0])
    ward.clock.advance(WEEK)
    ward.report(PAIN[2])
    ward.clock.advance(timedelta(hours=1))
    with ward.clinic.begin() as tx:
        responses.quarantine_recent(tx, ward.patient, MONDAY_NINE - WEEK)
    ward.clock.advance(WEEK)
    ward.report(PAIN[3])
    (only,) = replayed(ward)
    assert only.raised.level is Level.URGENT
    assert dict(only.replayed.findings) == dict(only.raised.findings)


@dataclass
class Asked:
    """The facts that were put to the rules: of reports as sent, and on the way."""

    sent: list[Facts] = field(default_factory=list)
    on_the_way: list[Facts] = field(default_factory=list)


def read(facts: Facts) -> Facts:
    """With what is only read once a rule looks at it."""
    return replace(
        facts,
        history=list(facts.history),
        baseline=dict(facts.baseline or {}),
        baseline_values=dict(facts.baseline_values),
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    put = Asked()
    judge = decide.judge

    def listen(
        pack: RulePack,
        spec: InstrumentSpec,
        facts: Facts,
        levels: frozenset[Level] = EVERY_LEVEL,
        pending: Collection[str] = (),
    ) -> Judgement:
        (put.sent if levels == EVERY_LEVEL else put.on_the_way).append(read(facts))
        return judge(pack, spec, facts, levels, pending)

    monkeypatch.setattr(decide, "judge", listen)
    return put


def test_a_replay_puts_the_very_facts_that_live_judging_put(ward: Ward, asked: Asked) -> None:
    live_through_it(ward)
    live = replace(asked)
    asked.sent, asked.on_the_way = [], []
    replayed(ward)
    assert len(live.sent) > 8
    assert [one for one in asked.sent if asked.sent.count(one) != live.sent.count(one)] == []
    assert len(asked.sent) == len(live.sent)
    # What was only saved as it was sent in the end needs no second look.
    assert len(asked.on_the_way) == 3
    assert [one for one in asked.on_the_way if one not in live.on_the_way] == []


# --- another pack ------------------------------------------------------------------------------


def close(ward: Ward, alert: AlertView | None, outcome: AlertAction) -> None:
    assert alert is not None
    nurse = ward.clinic.nurse
    ward.take(alert, nurse)
    with ward.clinic.begin(nurse) as tx:
        triage.view(tx, alert.id, nurse)
        triage.close(tx, alert.id, nurse, triage.Closing(outcome))


def test_another_pack_is_held_against_what_the_nurses_made_of_the_alerts(ward: Ward) -> None:
    others = [
        ward.clinic.enrol_patient(name=f"Patient {n}", phone=f"+1202555015{n}") for n in range(3)
    ]
    for one in others:
        ward.report(PAIN[0], one)
    ward.clock.advance(WEEK)
    close(ward, ward.report(PAIN[3], others[0]), AlertAction.MEDICINE_CHANGE)
    close(ward, ward.report(PAIN[2], others[1]), AlertAction.PHONE_ADVICE)
    close(ward, ward.report(PAIN[2], others[2]), AlertAction.EXPECTED)
    pack = shipped(ward, "severe-only")
    with ward.clinic.begin() as tx:
        found = replay.replay(tx, ward.clinic.site, pack, period(ward), 12)
    assert (found.surveys, found.kept, found.gained, found.lost) == (6, 1, 0, 2)
    assert (found.sensitivity.part, found.sensitivity.whole) == (1, 2)
    verdicts = {row.verdict: (row.raised, row.kept) for row in found.verdicts}
    assert verdicts[Verdict.ACTED] == (2, 1)
    assert verdicts[Verdict.EXPECTED] == (1, 0)
    assert [lost.level for lost in found.lost_acted] == [Level.SOON]
    assert found.raised.alerts == 3
    assert found.replayed.alerts == 1
    assert found.replayed.hours_per_week == pytest.approx(found.replayed.per_week / 5)
    assert Limit.FEW in found.limits
    assert sum(found.raised.hours) == sum(found.raised.weeks.values()) == 3


def test_a_period_without_reports_is_refused_in_words(ward: Ward) -> None:
    empty = Period(MONDAY_NINE - 3 * WEEK, MONDAY_NINE - 2 * WEEK)
    with ward.clinic.begin() as tx, pytest.raises(Invalid, match="no report was answered from"):
        replay.replay(tx, ward.clinic.site, live_pack(tx, ward.clinic.site), empty)


def test_a_pack_for_another_instrument_is_refused(ward: Ward) -> None:
    ward.report(PAIN[3])
    body = (folder() / "severe-only.toml").read_text()
    other = body.replace('key = "weekly-symptoms"', 'key = "esas-r"')
    with ward.clinic.begin() as tx, pytest.raises(Invalid, match="is for esas-r"):
        replay.read_for(tx, ward.clinic.site, period(ward), other, "other.toml")


def test_a_typo_in_a_pack_is_told_with_its_line(ward: Ward) -> None:
    ward.report(PAIN[3])
    body = (folder() / "severe-only.toml").read_text()
    wrong = body.replace('kind = "at_least", value = 3', 'kind = "at_least", value = 3, if = 1')
    with ward.clinic.begin() as tx, pytest.raises(Invalid, match=r"mine\.toml:\d+"):
        replay.read_for(tx, ward.clinic.site, period(ward), wrong, "mine.toml")


def test_another_sites_reports_are_not_there(ward: Ward) -> None:
    ward.report(PAIN[3])
    with ward.clinic.db.begin(Scope()) as tx:
        elsewhere = replay_store.instruments(tx, ward.clinic.site, period(ward))
    assert elsewhere == {}
