"""What a nurse does about a task: what its page offers, else it is done and says so."""

from collections.abc import Callable, Mapping
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import enrol, pauses, set_aside, stops
from rsm.kernel.words import TaskState
from rsm.messaging import breaker
from rsm.patients import service as records
from rsm.patients.model import PauseReason, as_entered
from rsm.simulate import phone_calls
from rsm.simulate.clinic import BuiltSite
from rsm.simulate.draws import Draws
from rsm.simulate.habits import StaffHabits
from rsm.simulate.patients import Patients
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskOutcome, TaskView

# Whom to call is the coordinators' list.
BY_NURSES = tuple(kind for kind in TaskKind if kind is not TaskKind.CALL_PATIENT)


class Chores:
    """The tasks of one site, as its nurses do them."""

    def __init__(self, site: BuiltSite, patients: Patients, habits: StaffHabits) -> None:
        self._place = site.blueprint.place
        self._patients = patients
        self._habits = habits
        self._ways: Mapping[TaskKind, Callable[[Tx, UUID, Draws], TaskOutcome]] = {
            TaskKind.END_PAUSE: self._asks_whether_she_is_back,
            TaskKind.CONFIRM_PAUSE: _was_not_so,
            TaskKind.RELEASE_TEXTS: _lets_them_go,
            TaskKind.UNCLEAR_STOP: self._asks_what_she_meant,
            TaskKind.CHECK_CONTACT: self._asks_for_her_number,
            TaskKind.SILENT: self._calls_her,
            TaskKind.UNREACHED: self._calls_her,
        }

    def do(self, tx: Tx, task: TaskView) -> None:
        """Do it, and end it if that has not. Raises as the flow does."""
        way, outcome = self._ways.get(task.kind), TaskOutcome.DONE
        if way is not None and task.patient_id is not None:
            draws = Draws.of(self._patients.world.seed, "chore", task.id, tx.now)
            outcome = way(tx, task.patient_id, draws)
        if tasks.get(tx, task.id).state is TaskState.OPEN:
            set_aside.finish_task(tx, task.id, outcome)

    def _asks_whether_she_is_back(self, tx: Tx, patient_id: UUID, _draws: Draws) -> TaskOutcome:
        if self._patients.is_away(patient_id):
            pauses.still_away(tx, patient_id, PauseReason.INPATIENT)
        else:
            pauses.home_again(tx, patient_id)
        return TaskOutcome.DONE

    def _asks_what_she_meant(self, tx: Tx, patient_id: UUID, draws: Draws) -> TaskOutcome:
        if draws.chance(self._habits.unclear_meant_stop):
            stops.meant_stop(tx, patient_id)
        else:
            stops.meant_something_else(tx, patient_id)
        return TaskOutcome.DONE

    def _calls_her(self, tx: Tx, patient_id: UUID, draws: Draws) -> TaskOutcome:
        """Her silence is looked into: on the phone she tells how she is, or nobody is reached."""
        person = self._patients.known[patient_id]
        hers = phone_calls.reaches(person, phone_calls.number_of(tx, patient_id))
        if not hers or not draws.chance(self._habits.reaches_silent):
            return TaskOutcome.NOT_REACHED
        phone_calls.ask_today(tx, patient_id, person)
        return TaskOutcome.DONE

    def _asks_for_her_number(self, tx: Tx, patient_id: UUID, _draws: Draws) -> TaskOutcome:
        """Somebody knows it, and it is entered; everything is as it was for whom it was right."""
        person = self._patients.known[patient_id]
        if not person.fate.wrong_number or person.phone is None:
            return TaskOutcome.DONE
        phone = self._place.other_phone(person.phone)
        if not self._patients.moves_to(patient_id, phone):
            return TaskOutcome.NOT_REACHED
        record = records.read(tx, patient_id)
        new = as_entered(record).model_copy(update={"phone": phone})
        enrol.change(tx, patient_id, new, record.facts.changes)
        return TaskOutcome.DONE


def _was_not_so(tx: Tx, patient_id: UUID, _draws: Draws) -> TaskOutcome:
    """Nobody's text has meant it: whoever dies here is ended by the desk."""
    pauses.undo(tx, patient_id)
    return TaskOutcome.DONE


def _lets_them_go(tx: Tx, patient_id: UUID, _draws: Draws) -> TaskOutcome:
    breaker.release(tx, patient_id)
    return TaskOutcome.DONE
