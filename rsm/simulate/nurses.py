"""What synthetic nurses do: answer their phones, go through the worklist, close, do tasks."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from uuid import UUID

from rsm.alerts import handling
from rsm.alerts.model import AlertAction
from rsm.flow import triage
from rsm.flow.triage import Closing
from rsm.kernel.errors import RsmError
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import AlertState, Channel, Level
from rsm.simulate.chores import BY_NURSES, Chores
from rsm.simulate.clinic import BuiltSite, Worker
from rsm.simulate.draws import Draws
from rsm.simulate.habits import StaffHabits
from rsm.simulate.patients import Patients
from rsm.simulate.post import PastText
from rsm.simulate.rounds import make_rounds
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskView

_CODE = re.compile(r"\bACK ([0-9A-Z]{4,})\b")
_BUNDLE = re.compile(r"more alerts wait|alertas nuevas")
_ALERT = re.compile(r"/alerts/([0-9a-f-]{36})")
# Before the end: no more rounds, nothing closed any more, nobody looks.
_NO_ROUNDS = timedelta(hours=20)
_NOTHING_CLOSED = timedelta(hours=2)
_SILENCE = timedelta(minutes=16)
_SATURDAY = 5
_SEVERE: Mapping[AlertAction, float] = MappingProxyType(
    {
        AlertAction.PHONE_ADVICE: 5.0,
        AlertAction.MEDICINE_CHANGE: 3.0,
        AlertAction.VISIT_TODAY: 1.5,
        AlertAction.EMERGENCY_DEPARTMENT: 0.6,
        AlertAction.NOT_REACHED: 0.8,
        AlertAction.KNOWN: 1.0,
    }
)
_MILD: Mapping[AlertAction, float] = MappingProxyType(
    {
        AlertAction.PHONE_ADVICE: 4.0,
        AlertAction.EXPECTED: 3.0,
        AlertAction.KNOWN: 2.0,
        AlertAction.MEDICINE_CHANGE: 1.0,
        AlertAction.WRONG_THRESHOLD: 0.3,
    }
)


def usual_minutes(habits: StaffHabits, local: datetime) -> float:
    """The median until a text is answered at this hour: longer at night and at weekends."""
    evening, morning = habits.night
    factor = habits.weekend_factor if local.weekday() >= _SATURDAY else 1.0
    if (local.hour - evening) % 24 < (morning - evening) % 24:
        factor *= habits.night_factor
    return factor * habits.answers_text_minutes_median


class Nurses:
    """The nurses of one site until `end`, before which they leave something for whoever comes then.

    The day before nobody goes through the lists; in the last hours alerts are taken, but not
    closed; in the last minutes nobody looks.
    """

    def __init__(
        self, site: BuiltSite, patients: Patients, habits: StaffHabits, end: datetime
    ) -> None:
        world = patients.world
        self._world = world
        self._site = site
        self._habits = habits
        self._end = end
        self._free_at: dict[UUID, datetime] = {}
        self._chores = Chores(site, patients, habits)
        for worker in site.on_duty:
            world.phones[worker.phone] = partial(self._reads, worker)
        world.phones[site.safety_phone] = self._safety_contact_reads
        make_rounds(world, site.blueprint.zone, habits.round_hours, self._makes_round)

    def _ends_within(self, span: timedelta) -> bool:
        return self._world.now >= self._end - span

    # --- the phone ---------------------------------------------------------------------------

    def _reads(self, who: Worker, text: PastText) -> None:
        if _BUNDLE.search(text.body):
            self._reads_bundle(who, text)
            return
        code, link = _CODE.search(text.body), _ALERT.search(text.body)
        if code is None or link is None or self._ends_within(_SILENCE):
            return
        draws = Draws.of(self._world.seed, who.email, text.at, code[1])
        if draws.chance(self._habits.lets_pass):
            return
        minutes = self._answers_after(draws)
        alert_id, by_text = UUID(link[1]), draws.chance(self._habits.by_text)

        def answers() -> None:
            if by_text:
                self._replies(who.phone, code[1])
            else:
                self._takes(who, alert_id)
            self._works_on(who, alert_id)

        self._world.later(timedelta(minutes=minutes), answers)

    def _answers_after(self, draws: Draws) -> float:
        local = local_of(self._world.now, zone_named(self._site.blueprint.zone))
        median = usual_minutes(self._habits, local)
        return draws.around(median, self._habits.answers_text_minutes_spread)

    def _reads_bundle(self, who: Worker, text: PastText) -> None:
        """Several alerts in one text: she opens the worklist and takes what nobody has."""
        draws = Draws.of(self._world.seed, who.email, text.at, "bundle")
        if self._ends_within(_SILENCE) or draws.chance(self._habits.lets_pass):
            return
        minutes = self._answers_after(draws)

        def takes_all() -> None:
            with self._world.as_staff(self._site.site_id, who.staff_id) as tx:
                waiting = [
                    alert.id
                    for alert in handling.worklist(tx, self._site.site_id)
                    if alert.state is AlertState.OPEN and alert.level is not Level.INFO
                ]
            for alert_id in waiting:
                if self._takes(who, alert_id):
                    self._works_on(who, alert_id)

        self._world.later(timedelta(minutes=minutes), takes_all)

    def _safety_contact_reads(self, text: PastText) -> None:
        if code := _CODE.search(text.body):
            phone = self._site.safety_phone
            self._world.later(timedelta(minutes=6), lambda: self._replies(phone, code[1]))

    def _replies(self, phone: str, code: str) -> None:
        text = self._world.post.text(phone, self._site.staff_sender, f"ACK {code}")
        self._world.hand_in(text)

    # --- an alert ----------------------------------------------------------------------------

    def _takes(self, who: Worker, alert_id: UUID) -> bool:
        try:
            with self._world.as_staff(self._site.site_id, who.staff_id) as tx:
                triage.view(tx, alert_id, who.staff_id)
                triage.acknowledge(tx, alert_id, who.staff_id, Channel.WEB)
        except RsmError:
            return False  # a colleague was faster: the page names her
        return True

    def _works_on(self, who: Worker, alert_id: UUID) -> None:
        draws = Draws.of(self._world.seed, "works", alert_id, who.email)
        minutes = draws.around(self._habits.works_minutes_median, self._habits.works_minutes_spread)
        begins = now = self._world.now
        if self._habits.one_at_a_time:
            begins = max(now, self._free_at.get(who.staff_id, now))
        done = self._free_at[who.staff_id] = begins + timedelta(minutes=minutes)
        self._world.agenda.add(done, lambda: self._closes(who, alert_id, draws))

    def _closes(self, who: Worker, alert_id: UUID, draws: Draws) -> None:
        leaves_open = self._ends_within(_NOTHING_CLOSED)
        try:
            with self._world.as_staff(self._site.site_id, who.staff_id) as tx:
                alert = triage.view(tx, alert_id, who.staff_id)
                if alert.owner_id != who.staff_id or alert.state is AlertState.CLOSED:
                    return
                severe = alert.level in {Level.URGENT, Level.EMERGENCY}
                action = draws.weighted(_SEVERE if severe else _MILD)
                triage.record_action(tx, alert_id, who.staff_id, action)
                if not leaves_open:
                    triage.close(tx, alert_id, who.staff_id, Closing(action))
        except RsmError:
            return  # moved on meanwhile: the page says so

    # --- the round ---------------------------------------------------------------------------

    def _makes_round(self) -> None:
        local = local_of(self._world.now, zone_named(self._site.blueprint.zone))
        nurses = self._site.at_work(local)[:2]
        if self._ends_within(_NO_ROUNDS) or not nurses:
            return
        who = nurses[self._world.now.timetuple().tm_yday % len(nurses)]
        draws = Draws.of(self._world.seed, self._site.site_id, self._world.now)
        with self._world.as_staff(self._site.site_id, who.staff_id) as tx:
            waiting = [
                alert.id
                for alert in handling.worklist(tx, self._site.site_id)
                if alert.state is AlertState.OPEN
            ]
            to_do = tasks.open_tasks(tx, self._site.site_id, BY_NURSES)
        for alert_id in waiting:
            if draws.chance(self._habits.takes_at_round) and self._takes(who, alert_id):
                self._works_on(who, alert_id)
        for task in to_do:
            if draws.chance(self._habits.finishes_task):
                self._does(who, task)

    def _does(self, who: Worker, task: TaskView) -> None:
        try:
            with self._world.as_staff(self._site.site_id, who.staff_id) as tx:
                self._chores.do(tx, task)
        except RsmError:
            return  # it is done, or cannot be done: the page says so
