"""Roll-ups of some hundred random surveys against a plain recomputation that shares no code."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, update

from rsm.db.work import Database, Scope
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Channel, Level, Reporter, SurveyState
from rsm.messaging.model import MessageState
from rsm.metrics import rollup
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import Days
from rsm.patients.model import CallOutcome
from rsm.patients.tables import CallAttempt, Patient
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from tests.clinic import build_clinic
from tests.conftest import MONDAY_NINE
from tests.hand_clinic import FIRST, PIN, Rows, surveys

WEEKS, PATIENTS = 8, 12
ALL_DAYS = Days(FIRST - timedelta(days=1), FIRST + timedelta(weeks=WEEKS))


@dataclass
class Fact:
    """One survey as it was drawn."""

    patient: int
    week: int
    state: SurveyState
    scheduled: bool
    never_asked: bool
    started: bool
    texts: list[MessageState] = field(default_factory=list)
    reached: bool = False
    report: tuple[Reporter, bool, bool] | None = None  # who, taken down by staff, late
    alerted: bool = False


LEFT = frozenset({MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED})


def drawn(dice: random.Random, patient: int, week: int) -> Fact:
    state = dice.choice(list(SurveyState))
    done = state in {SurveyState.COMPLETED, SurveyState.PARTIAL}
    kinds = [*sorted(LEFT), MessageState.SUPPRESSED]  # in the same order in each process
    reporter, by_staff, late = dice.choice(list(Reporter)), dice.random() < 0.3, dice.random() < 0.2
    return Fact(
        patient,
        week,
        state,
        scheduled=dice.random() < 0.9,
        never_asked=dice.random() < 0.2,
        started=done or dice.random() < 0.2,
        texts=[dice.choice(kinds) for _ in range(dice.choice((0, 1, 1, 2)))],
        reached=dice.random() < 0.15,
        report=(reporter, by_staff, late) if done or dice.random() < 0.1 else None,
        alerted=dice.random() < 0.3,
    )


def put_down(rows: Rows, patient: UUID, staff: UUID, fact: Fact) -> None:
    """As rows, past the services: whatever can stand there."""
    opens = MONDAY_NINE - timedelta(weeks=3) + timedelta(weeks=fact.week)
    missed = "too_late" if fact.never_asked else "not_answered"
    key = rows.survey(
        patient,
        fact.week,
        fact.state,
        scheduled=fact.scheduled,
        miss_reason=missed if fact.state is SurveyState.MISSED else None,
        started_at=opens if fact.started else None,
        next_at=None if fact.state.is_over else opens,
    )
    for number, state in enumerate(fact.texts):
        rows.text(
            key,
            patient,
            state,
            business_key=f"survey:{key}:{number}",
            handed_over_at=opens if state in LEFT else None,
        )
    if fact.reached:
        called = {"occurrence_id": key, "patient_id": patient, "at": opens, "by": staff}
        rows.add(CallAttempt, **called, outcome=CallOutcome.REACHED, is_test=False)
    if fact.alerted:
        rows.alert(Level.SOON, None, None, occurrence_id=key, patient_id=patient)
    if fact.report is not None:
        reporter, by_staff, late = fact.report
        rows.add(
            Response,
            patient_id=patient,
            occurrence_id=key,
            revision=1,
            state=ResponseState.FINAL,
            reporter=reporter,
            recorded_by=staff if by_staff else None,
            channel=Channel.WEB,
            language="en",
            instrument=PIN,
            answers={},
            started_at=opens,
            submitted_at=opens,
            late=late,
            is_test=False,
        )


def counted(fact: Fact, first: bool) -> dict[str, bool]:
    """What a survey counts for, in the words of `definitions`."""
    called_off = fact.scheduled and fact.state is SurveyState.CANCELLED
    over = fact.state in {SurveyState.COMPLETED, SurveyState.PARTIAL, SurveyState.MISSED}
    due = over and fact.scheduled
    completed = due and fact.state is SurveyState.COMPLETED
    missed = due and fact.state is SurveyState.MISSED
    sent = any(state in LEFT for state in fact.texts)
    delivered = MessageState.DELIVERED in fact.texts
    kept_back = bool(fact.texts) and not sent and not fact.reached
    never = fact.never_asked or kept_back
    reporter, by_staff, late = fact.report or (Reporter.SELF, False, False)
    helped = reporter is not Reporter.SELF or by_staff
    return {
        "due": due,
        "called_off": called_off,
        "sent": due and sent,
        "delivered": due and delivered,
        "started": due and (fact.started or fact.state is not SurveyState.MISSED),
        "completed": completed,
        "completed_delivered": completed and delivered,
        "by_self": completed and not helped,
        "assisted": completed and helped,
        "by_proxy": completed and reporter is Reporter.PROXY,
        "by_staff": completed and helped and reporter is not Reporter.PROXY,
        "late": due and late,
        "partial": due and fact.state is SurveyState.PARTIAL,
        "not_answered": missed and not never,
        "not_sent": missed and never,
        "alerting": due and fact.alerted and fact.state is not SurveyState.MISSED,
        "items_answered": False,
        "items_alerting": False,
        "baseline_due": due and first,
        "baseline_completed": completed and first,
        "unscheduled": over and not fact.scheduled and fact.state is not SurveyState.MISSED,
    }


def firsts(facts: list[Fact]) -> dict[int, int]:
    """The week of each patient's first planned survey that was not cancelled."""
    asked = [one for one in facts if one.scheduled and one.state is not SurveyState.CANCELLED]
    return {
        patient: min(one.week for one in asked if one.patient == patient)
        for patient in {one.patient for one in asked}
    }


@pytest.mark.parametrize("seed", range(3))
def test_every_measure_of_every_dimension_is_as_recomputed(
    seed: int, web_db: Database, worker_db: Database, owner: Engine
) -> None:
    dice = random.Random(seed)
    clinic = build_clinic(web_db)
    rows = Rows(owner, clinic.site, SeededIds("recomputed"))
    patients = [clinic.enrol_patient(f"Ann {number}") for number in range(PATIENTS)]
    sexes = [dice.choice(("female", "male", None)) for _ in patients]
    tests = {number for number in range(PATIENTS) if dice.random() < 0.15}
    facts = [drawn(dice, patient, week) for patient in range(PATIENTS) for week in range(WEEKS)]
    for fact in facts:
        put_down(rows, patients[fact.patient], clinic.charge, fact)
        if dice.random() < 0.1:  # a worker is at it all the while
            rollup.roll_up_due(worker_db)
    with owner.begin() as connection:
        for number, sex in enumerate(sexes):
            ours = Patient.id == patients[number]
            values = {"sex": sex, "is_test": number in tests}
            connection.execute(update(Patient).where(ours).values(values))
    rollup.roll_up_all(worker_db)

    began = firsts(facts)
    wanted: dict[str, Counter[str]] = {}
    for fact in facts:
        if fact.patient in tests:
            continue
        found = counted(fact, began.get(fact.patient) == fact.week)
        wanted.setdefault(sexes[fact.patient] or "", Counter()).update(
            {name: int(holds) for name, holds in found.items()}
        )
    with web_db.begin(Scope.site(clinic.site)) as tx:
        by_sex = surveys(tx, clinic.site, ALL_DAYS, Dimension.SEX)
        everybody = surveys(tx, clinic.site, ALL_DAYS)[""]
    assert by_sex == wanted
    for name, count in everybody.items():
        assert count == sum(one[name] for one in wanted.values())
