"""What a synthetic coordinator does: works the call list, one call after the other."""

from datetime import datetime, timedelta
from functools import partial

from rsm.db.work import Tx
from rsm.flow import calls
from rsm.flow.calls import CallMade
from rsm.kernel.errors import RsmError
from rsm.kernel.words import TaskState
from rsm.patients import calls as noted
from rsm.patients import service as records
from rsm.patients.model import CallOutcome
from rsm.schedules import service as schedules
from rsm.simulate import phone_calls
from rsm.simulate.clinic import BuiltSite
from rsm.simulate.draws import Draws
from rsm.simulate.habits import CallHabits, Came
from rsm.simulate.patients import Patients
from rsm.simulate.rounds import make_rounds
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskView

# Before the end: the list is left for whoever comes then.
_NO_CALLS = timedelta(hours=20)
_LATEST = timedelta(hours=1)  # before the closing: later is no time to be called again


class Coordinator:
    """Who works the call list of one site, in desk hours of working days, until the last day."""

    def __init__(
        self, site: BuiltSite, patients: Patients, habits: CallHabits, end: datetime
    ) -> None:
        self._world = patients.world
        self._site = site
        self._who = site.who("coordinator")
        self._patients = patients
        self._habits = habits
        self._end = end
        make_rounds(self._world, site.blueprint.zone, habits.round_hours, self._works_the_list)

    def _works_the_list(self) -> None:
        now = self._world.now
        if now >= self._end - _NO_CALLS:
            return
        with self._world.as_staff(self._site.site_id, self._who.staff_id) as tx:
            listed = tasks.open_tasks(tx, self._site.site_id, calls.ON_LIST)
        due = [task for task in listed if task.not_before is None or task.not_before <= now]
        for place, task in enumerate(task for task in due if self._is_hers(task)):
            wait = timedelta(minutes=self._habits.minutes_per_call) * place
            self._world.later(wait, partial(self._calls, task))

    def _is_hers(self, task: TaskView) -> bool:
        """Those whom a visitor is to find are left to the scene."""
        return task.patient_id is not None and not self._patients.is_staged(task.patient_id)

    def _calls(self, task: TaskView) -> None:
        try:
            with self._world.as_staff(self._site.site_id, self._who.staff_id) as tx:
                self._rings(tx, tasks.get(tx, task.id))
        except RsmError:
            return  # she has left the list meanwhile: the page says so

    def _rings(self, tx: Tx, task: TaskView) -> None:
        if task.state is not TaskState.OPEN or task.patient_id is None or not task.occurrence_id:
            return
        number = phone_calls.number_of(tx, task.patient_id)
        best = calls.best_hours(tx, records.peek(tx, task.patient_id))
        if number is None or not best.contain(tx.now):
            return
        person = self._patients.known[task.patient_id]
        survey = schedules.occurrence(tx, task.occurrence_id)
        tried = len(noted.of_surveys(tx, [survey.id]).get(survey.id, ()))
        draws = Draws.of(person.seed, "call", survey.opens_at, tried)
        came = draws.weighted(self._habits.comes_to)
        if not phone_calls.reaches(person, number):
            calls.record_call(tx, task.id, CallMade(CallOutcome.WRONG_NUMBER))
        elif came is Came.ANSWERS:
            phone_calls.take_down(tx, person, survey)
        elif came is Came.NOT_NOW:
            later = best.first(tx.now + timedelta(hours=draws.whole(2, 20)))
            asked_for = later if later < survey.closes_at - _LATEST else None
            calls.record_call(tx, task.id, CallMade(CallOutcome.REACHED, next_try=asked_for))
        else:
            calls.record_call(tx, task.id, CallMade(CallOutcome(came.value)))
