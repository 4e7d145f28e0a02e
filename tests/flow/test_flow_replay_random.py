"""Replay equals live, whatever happened: random weeks of three patients, with everything quiet.

Reports with numbers, words and scores; drafts, second thoughts, late answers, corrections and
relatives; alerts that are taken and closed in between; expected levels, and a digest.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, QuietReason
from rsm.alerts.packs import folder, parse_pack, whole_text
from rsm.alerts.schema import RulePack
from rsm.db.work import Database
from rsm.flow import answer, expected, replay, triage
from rsm.flow.expected import Wish
from rsm.instruments import library
from rsm.instruments import service as instruments
from rsm.kernel.answers import Answers, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Expired
from rsm.kernel.words import AlertState, Channel, Pin, Reporter
from rsm.metrics.model import Period
from rsm.metrics.replay_model import Survey
from rsm.patients import service as patients
from rsm.patients import treatment
from rsm.patients.model import TreatmentEventKind
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from tests.alert_world import Ward, agree_to, build_ward
from tests.conftest import MONDAY_NINE

PROXY = Author(reporter=Reporter.PROXY)
WORDS = ("", "", "Slept badly", "My chest hurts a little")
ITEMS = ("pain.severity", "nausea.severity", "shortness-of-breath.severity", "temperature")
MORE = """
[[rules]]
id = "rise"
title = "The worst of pain rose"
level = "soon"
scores = ["pain.max"]
when = { kind = "worse_by", by = 1, since = "baseline" }
sure = "our_choice"
source = "A test."

[[rules]]
id = "again"
title = "Two in a row"
level = "info"
items = ["nausea.severity"]
when = { kind = "in_a_row", value = 1, reports = 2 }
sure = "our_choice"
source = "A test."

[[rules]]
id = "warmer"
title = "Warmer than before"
level = "info"
numbers = ["temperature"]
when = { kind = "worse_by", by = 0.5, since = "previous" }
if_item_absent = "skip"
sure = "our_choice"
source = "A test."

[[rules]]
id = "silence"
title = "A window without a report"
level = "info"
about = "silence"
when = { kind = "not_reported", windows = 1 }
sure = "our_choice"
source = "A test."

[[rules]]
id = "early"
title = "Mild, early in the treatment of an adult"
level = "info"
items = ["fatigue.severity"]
when = { kind = "at_least", value = 1 }
subgroup = { days_since_treatment = { below = 21 }, age = { at_least = 18 } }
sure = "our_choice"
source = "A test."
"""


@dataclass
class Life:
    """What has happened so far, and to whom."""

    ward: Ward
    chance: Random
    asks: Pin
    people: list[UUID]
    missed: list[UUID] = field(default_factory=list)

    def grades(self) -> dict[str, int]:
        pick = self.chance.choice
        return {
            "pain.frequency": pick((1, 1, 2)),
            "pain.severity": pick((0, 1, 2, 2, 3)),
            "nausea.frequency": 1,
            "nausea.severity": pick((0, 1, 2)),
            "fatigue.severity": pick((0, 1)),
            "shortness-of-breath.severity": pick((0, 0, 1, 3)),
            "temperature": pick((366, 371, 379, 383)),
        }

    def some(self) -> Answers:
        kept = {code: value for code, value in self.grades().items() if self.chance.random() < 0.8}
        return {code: answered(value) for code, value in kept.items()}

    def by(self) -> Author:
        return PROXY if self.chance.random() < 0.25 else Author()

    def survey(self) -> UUID:
        with self.ward.clinic.begin() as tx:
            who = patients.locked(tx, self.chance.choice(self.people))
            return schedules.report_now(tx, who, self.asks).id

    # --- what can happen -------------------------------------------------------------------------

    def report(self) -> None:
        survey = self.survey()
        with self.ward.clinic.begin() as tx:
            answer.enter(tx, survey, self.some(), self.chance.choice(WORDS), self.by())

    def draft(self) -> None:
        """Answers one by one, some of them changed, and sent in the end or not."""
        survey, by = self.survey(), self.by()
        for _ in range(self.chance.randrange(2, 6)):
            self.ward.clock.advance(timedelta(minutes=1))
            item = self.chance.choice(ITEMS)
            with self.ward.clinic.begin() as tx:
                answer.save(tx, survey, item, answered(self.grades()[item]), by)
        self.ward.clock.advance(timedelta(minutes=1))
        if self.chance.random() < 0.7:
            with self.ward.clinic.begin() as tx:
                answer.submit(tx, survey, self.chance.choice(WORDS), by)

    def miss(self) -> None:
        """A window of the plan goes by; it may be answered later."""
        survey = self.survey()
        with self.ward.clinic.begin() as tx:
            found = tx.session.execute(
                text(
                    "UPDATE occurrence SET scheduled = true, state = 'missed', next_at = NULL,"
                    " miss_reason = 'not_answered', closes_at = :now, closed_at = :now"
                    " WHERE id = :id AND state = 'open' RETURNING id"
                ),
                {"id": survey, "now": tx.now},
            ).first()
        if found is not None:
            self.missed.append(survey)

    def late(self) -> None:
        if self.missed:
            survey = self.missed.pop(self.chance.randrange(len(self.missed)))
            with self.ward.clinic.begin() as tx:
                answer.enter(tx, survey, self.some(), "", self.by())

    def correct(self) -> None:
        query = "SELECT id FROM response WHERE state = 'final' ORDER BY submitted_at, id"
        nurse = self.ward.clinic.nurse
        with self.ward.clinic.begin(nurse) as tx:
            if finals := list(tx.session.scalars(text(query))):
                by = Author(channel=Channel.STAFF, recorded_by=nurse)
                chosen = responses.view(tx, self.chance.choice(finals))
                grades = self.grades()
                changes = {item: answered(grades[item]) for item in ITEMS if item in chosen.answers}
                if changes:
                    answer.correct(tx, chosen.id, changes, by)

    def care(self) -> None:
        """An alert is taken, and perhaps closed."""
        nurse = self.ward.clinic.nurse
        with self.ward.clinic.begin() as tx:
            waiting = handling.worklist(tx, self.ward.clinic.site)
        if not waiting:
            return
        alert = self.chance.choice(waiting)
        if alert.state is AlertState.OPEN:
            self.ward.take(alert, nurse)
        if self.chance.random() < 0.6:
            with self.ward.clinic.begin(nurse) as tx:
                triage.view(tx, alert.id, nurse)
                triage.close(tx, alert.id, nurse, triage.Closing(AlertAction.EXPECTED))

    def expect(self) -> None:
        nurse = self.ward.clinic.nurse
        wish = Wish(self.chance.choice(("pain", "nausea")), self.chance.choice((1, 2)), 14, "Known")
        with self.ward.clinic.begin(nurse) as tx:
            expected.expect(tx, self.chance.choice(self.people), wish, nurse)

    def goes_on(self, steps: int) -> None:
        usual = (self.report, self.report, self.report, self.draft, self.draft)
        rest = (self.miss, self.late, self.correct, self.care, self.care, self.expect)
        for _ in range(steps):
            self.ward.clock.advance(timedelta(hours=self.chance.randrange(5, 60)))
            try:
                self.chance.choice((*usual, *rest))()
            except (Conflict, Expired):
                continue  # such as a survey of today that was sent already


def prepared(ward: Ward, chance: Random) -> tuple[Life, RulePack]:
    body = (folder() / "uab-like.toml").read_text("utf-8")
    body = body.replace("expected_days = 30", "expected_days = 30\ndigest = true")
    body = body.replace(
        '[[cases]]\nname = "Severe pain"', MORE + '\n[[cases]]\nname = "Severe pain"'
    )
    whole = whole_text(body, "random").replace('version = "1.0.0"', 'version = "9.0.0"', 1)
    pack = parse_pack(whole, "random")[0]
    safety = library.body("safety-questions")
    people = [ward.patient]
    people += [ward.clinic.enrol_patient(name=f"P {n}", phone=f"+1202555013{n}") for n in (2, 3)]
    with ward.clinic.begin() as tx:
        site = sites.get(tx, ward.clinic.site)
        more = instruments.publish(tx, library.find("safety-questions"), safety)
        asks = instruments.publish_merged(tx, [site.instrument, more])
        pin = alerts.publish(tx, pack, whole)
        begun = patients.locked(tx, people[0])
        treatment.put_event(tx, begun, TreatmentEventKind.TREATMENT_START, date(2026, 10, 12))
    agree_to(ward, "rule_pack", pin)
    return Life(ward, chance, asks, people), pack


def differing(found: list[Survey]) -> list[tuple[Survey, object, object]]:
    return [
        (one, dict(one.raised.findings), dict(one.replayed.findings))
        for one in found
        if one.raised.level is not one.replayed.level
        or one.raised.alerts != one.replayed.alerts
        or dict(one.raised.findings) != dict(one.replayed.findings)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happened_a_replay_gives_what_the_rules_raised(
    web_db: Database, worker_db: Database, clock: VirtualClock, seed: int
) -> None:
    ward = build_ward(web_db, worker_db, clock)
    life, pack = prepared(ward, Random(seed))
    life.goes_on(40)
    period = Period(MONDAY_NINE - timedelta(days=1), ward.clock.now() + timedelta(seconds=1))
    with ward.clinic.begin() as tx:
        found = list(replay.surveys(tx, ward.clinic.site, pack, period))
        opened = tx.session.execute(
            text("SELECT count(*) FROM alert WHERE kind = 'symptom'")
        ).scalar_one()
    assert differing(found) == []
    assert sum(one.opened for one in found) == opened
    assert sum(one.raised.level is not None for one in found) > 8
    assert any(QuietReason.ALREADY_OPEN in one.held for one in found)
