"""A window is missed: two running, or one of somebody who always answered, ask for a person."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import answer, calls, enrol, outbound, silence
from rsm.flow.calls import CallMade
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import SurveyState
from rsm.patients.model import CallOutcome, PauseReason
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskOutcome, TaskView
from tests.survey_world import World, build_world

WEEK = timedelta(weeks=1)
ABOUT = (TaskKind.UNREACHED, TaskKind.SILENT)


@dataclass
class Weeks:
    """The patient's weeks, lived one after another, each from Monday at eleven to the next."""

    world: World
    worker: Database
    clock: VirtualClock
    owner: Engine

    def live(self, story: str) -> None:
        """A letter a week: Answers, is Silent, is not Delivered anything, is Called and reached."""
        for letter in story:
            outbound.open_due(self.worker)
            self._text_state("undelivered" if letter == "D" else "delivered")
            if letter == "A":
                self._answer()
            for _ in range(3):
                self.clock.advance(timedelta(days=1))
                outbound.advance_due(self.worker)
            if letter == "C":
                self._call()
            self._text_state("undelivered" if letter == "D" else "delivered")
            self.clock.advance(timedelta(days=4))
            outbound.advance_due(self.worker)

    def _text_state(self, state: str) -> None:
        """What the carrier says of the texts that were still waiting to go."""
        change = "UPDATE message SET state = :state, next_at = NULL WHERE state = 'queued'"
        with self.owner.begin() as connection:
            connection.execute(text(change), {"state": state})

    def _answer(self) -> None:
        with self.world.begin() as tx:
            survey = schedules.recent(tx, self.world.patient, 1)[0]
            given = {"pain.frequency": answered(0)}
            answer.enter(tx, survey.id, given, "", Author())

    def _call(self) -> None:
        with self.world.clinic.begin(self.world.clinic.nurse) as tx:
            (task,) = tasks.open_tasks(tx, self.world.clinic.site, calls.ON_LIST)
            calls.record_call(tx, task.id, CallMade(CallOutcome.REACHED))

    def look_into_it(self) -> None:
        """The nurse has looked, and nothing came of it."""
        (task,) = self.asked()
        with self.world.clinic.begin(self.world.clinic.nurse) as tx:
            tasks.finish(tx, task.id, TaskOutcome.DONE)

    def asked(self) -> list[TaskView]:
        with self.world.begin() as tx:
            return tasks.open_tasks(tx, self.world.clinic.site, ABOUT)

    def kinds(self) -> list[TaskKind]:
        return [task.kind for task in self.asked()]


@pytest.fixture
def weeks(web_db: Database, worker_db: Database, clock: VirtualClock, owner: Engine) -> Weeks:
    world = build_world(web_db)
    clock.advance(timedelta(hours=2))  # later than nine also after the clocks have gone back
    return Weeks(world, worker_db, clock, owner)


def test_one_missed_survey_of_a_new_patient_is_no_sign(weeks: Weeks) -> None:
    weeks.live("S")
    assert weeks.kinds() == []


def test_not_reached_for_two_windows_a_nurse_is_asked_once_per_episode(weeks: Weeks) -> None:
    weeks.live("SS")
    assert weeks.kinds() == [TaskKind.UNREACHED]
    weeks.live("SS")
    assert weeks.kinds() == [TaskKind.UNREACHED]


def test_a_silence_that_lasts_is_somebodys_again_after_every_four_windows(
    weeks: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "_BACK", 7)  # weeks: it may last longer than is looked back
    weeks.live("SS")
    for _ in range(2):
        weeks.look_into_it()
        weeks.live("SSS")
        assert weeks.kinds() == []  # a person has just looked
        weeks.live("S")
        assert weeks.kinds() == [TaskKind.UNREACHED]


def test_a_new_episode_asks_anew(weeks: Weeks) -> None:
    weeks.live("SSA")
    assert weeks.kinds() == []  # she answered: nobody needs to look any more
    weeks.live("SS")
    assert weeks.kinds() == [TaskKind.UNREACHED]


def test_who_always_answered_and_falls_silent_is_missed_after_one_window(weeks: Weeks) -> None:
    weeks.live("AAAS")
    (task,) = weeks.asked()
    assert task.kind is TaskKind.SILENT
    assert "regularly" in task.reason


def test_never_delivered_is_told_apart_from_not_answered(weeks: Weeks) -> None:
    weeks.live("AAAD")
    assert weeks.kinds() == []
    weeks.live("D")
    (task,) = weeks.asked()
    assert task.kind is TaskKind.UNREACHED
    assert "None of the check-ins came through" in task.reason


def test_whoever_was_spoken_with_is_not_silent(weeks: Weeks) -> None:
    weeks.live("SCS")
    assert weeks.kinds() == []


def test_a_pause_breaks_no_run_and_asks_for_nobody(weeks: Weeks) -> None:
    weeks.live("S")
    with weeks.world.begin() as tx:
        enrol.pause(tx, weeks.world.patient, PauseReason.TRAVEL)
    weeks.live("SS")
    with weeks.world.begin() as tx:
        states = [each.state for each in schedules.recent(tx, weeks.world.patient, 60)]
        assert states == [SurveyState.CANCELLED, SurveyState.CANCELLED, SurveyState.MISSED]
        enrol.resume(tx, weeks.world.patient)
    assert weeks.kinds() == []
    weeks.live("S")
    assert weeks.kinds() == [TaskKind.UNREACHED]
