"""Random courses of one patient: whatever is kept quiet, nothing worse is ever hidden (P15)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from rsm.alerts import decide, expected, handling, suppressed
from rsm.alerts import service as alerts
from rsm.alerts.expected import StandingLevel
from rsm.alerts.expected_words import NewLevel
from rsm.alerts.model import (
    AlertAction,
    AlertView,
    Facts,
    Finding,
    InstrumentSpec,
    Judgement,
    QuietReason,
)
from rsm.alerts.packs import folder, parse_pack, whole_text
from rsm.alerts.plan import EVERY_LEVEL
from rsm.alerts.quiet import worst_grades
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import spec_of
from rsm.db.work import Database, Tx
from rsm.flow import answer, triage
from rsm.flow.outcome import outcome_of
from rsm.instruments.library import find
from rsm.kernel.answers import Answers, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertState, Channel, Level, Reporter
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from tests.alert_world import Ward, agree_to, build_ward

SYMPTOMS = ("pain", "nausea", "shortness-of-breath")
SPEC = spec_of(find("weekly-symptoms"))
CODES = {item.code for item in SPEC.items}
STEPS = 30


@dataclass
class Heard:
    """What the rules said of the report that was sent last."""

    judged: list[tuple[Facts, Judgement]] = field(default_factory=list)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    kept = Heard()
    judge = decide.judge

    def listen(
        pack: RulePack, spec: InstrumentSpec, facts: Facts, levels: frozenset[Level] = EVERY_LEVEL
    ) -> Judgement:
        judgement = judge(pack, spec, facts, levels)
        kept.judged.append((facts, judgement))
        return judgement

    monkeypatch.setattr(decide, "judge", listen)
    return kept


@dataclass
class Course:
    """One patient, her nurse, and chance."""

    ward: Ward
    heard: Heard
    draw: Random

    def step(self) -> None:
        self.ward.clock.advance(timedelta(minutes=self.draw.choice((1, 20, 600, 9000))))
        reports = (self.report,) * 3
        self.draw.choice((*reports, self.take, self.close, self.expect))()

    # --- what the nurse does ---

    def take(self) -> None:
        for alert in self.open():
            if not alert.is_held(self.ward.clock.now()) and self.draw.random() < 0.7:
                self.ward.take(alert, self.ward.clinic.nurse)

    def close(self) -> None:
        for alert in self.open():
            if self.draw.random() < 0.5:
                with self.ward.clinic.begin(self.ward.clinic.nurse) as tx:
                    end = triage.Closing(AlertAction.PHONE_ADVICE)
                    triage.close(tx, alert.id, self.ward.clinic.nurse, end)

    def expect(self) -> None:
        clinic = self.ward.clinic
        with clinic.begin(clinic.nurse) as tx:
            until = tx.now + timedelta(days=self.draw.randint(1, 30))
            symptom, grade = self.draw.choice(SYMPTOMS), self.draw.randint(1, 3)
            new = NewLevel(
                clinic.site, self.ward.patient, symptom, grade, until, "Known.", clinic.nurse
            )
            expected.set_level(tx, new)

    def open(self) -> list[AlertView]:
        return [each for each in self.ward.worklist() if each.state is not AlertState.CLOSED]

    # --- what the patient does ---

    def report(self) -> None:
        answers = self.answers()
        with self.ward.clinic.begin() as tx:
            pin = sites.get(tx, self.ward.clinic.site).instrument
            survey = schedules.report_now(tx, patients.locked(tx, self.ward.patient), pin).id
            levels = expected.standing(tx, self.ward.patient)
        if self.draw.random() < 0.5:
            for item, given in answers.items():
                with self.ward.clinic.begin() as tx:
                    answer.save(tx, survey, item, given, Author())
        with self.ward.clinic.begin() as tx:
            by = Author(channel=Channel.STAFF, reporter=Reporter.STAFF)
            answer.enter(tx, survey, answers, "", by)
        self.check(survey, levels)

    def answers(self) -> Answers:
        given: Answers = {}
        for symptom in SYMPTOMS:
            for attribute in ("frequency", "severity", "interference"):
                item = f"{symptom}.{attribute}"
                if item in CODES:
                    given = {**given, item: answered(self.draw.choice((0, 1, 2, 2, 3, 3, 4)))}
        return given

    # --- what must hold after each report ---

    def held(self) -> set[UUID]:
        return {alert.id for alert in self.open()}

    def check(self, survey: UUID, levels: Sequence[StandingLevel]) -> None:
        facts, judgement = self.heard.judged[-1]
        with self.ward.clinic.begin() as tx:
            outcome = outcome_of(tx, survey)
            kept = suppressed.of_response(tx, outcome.response.id)
            why = {(each.rule, each.item): each.reason for each in kept}
            own = {alert.id for alert in self.own(tx, survey)}
            for finding in (*judgement.findings, *judgement.covered):
                reason = why.get((finding.rule, finding.item))
                if reason is QuietReason.EXPECTED:
                    assert self.is_expected(finding, facts, levels)
                elif reason is QuietReason.DIGEST:
                    assert finding.level is Level.INFO
                else:
                    where = own if reason is None else self.held() | own
                    assert self.is_held(tx, finding, where), (finding, reason)
        level = judgement.level
        assert (outcome.level is None) == (level is None)
        if level is not None and outcome.level is not None:
            assert outcome.level.rank >= level.rank

    def own(self, tx: Tx, survey: UUID) -> list[AlertView]:
        hers = handling.of_patient(tx, self.ward.patient)
        return [alert for alert in hers if alert.occurrence_id == survey]

    def is_held(self, tx: Tx, finding: Finding, alert_ids: set[UUID]) -> bool:
        """One of these alerts holds the rule and item, at as high a level and value."""
        rows = handling.findings(tx, list(alert_ids))
        return any(
            (row.rule, row.item) == (finding.rule, finding.item)
            and row.level.rank >= finding.level.rank
            and row.current >= finding.current
            for found in rows.values()
            for row in found
        )

    def is_expected(self, finding: Finding, facts: Facts, levels: Sequence[StandingLevel]) -> bool:
        """A level in force covers the grade, and nothing of the symptom is above it."""
        worst = worst_grades(SPEC, facts)
        return not finding.red and any(
            each.level.symptom == finding.symptom
            and each.level.since <= facts.at < each.level.until
            and worst[finding.symptom] <= each.level.grade
            for each in levels
        )


@pytest.mark.parametrize("seed", range(2))
def test_nothing_worse_is_ever_hidden(
    web_db: Database, worker_db: Database, clock: VirtualClock, heard: Heard, seed: int
) -> None:
    ward = build_ward(web_db, worker_db, clock)
    name = ("uab-like", "star")[seed % 2]
    body = whole_text((folder() / f"{name}.toml").read_text("utf-8"), name)
    with ward.clinic.begin() as tx:
        pin = alerts.publish(tx, parse_pack(body, name)[0], body)
    agree_to(ward, "rule_pack", pin)
    course = Course(ward, heard, Random(seed))
    for _ in range(STEPS):
        course.step()
    with ward.clinic.begin() as tx:
        since = clock.now() - timedelta(days=999)
        whole = suppressed.of_site(tx, ward.clinic.site, since, clock.now())
    assert {each.reason for each in whole} >= {QuietReason.ALREADY_OPEN}
