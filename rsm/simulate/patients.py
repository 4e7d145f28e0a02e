"""What synthetic patients do: join, read their texts, answer, write, say STOP, leave."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import answer as surveys
from rsm.flow import enrol
from rsm.instruments import service as instruments
from rsm.invitations import service as invitations
from rsm.invitations.model import Resolved
from rsm.kernel.answers import Answer
from rsm.kernel.errors import RsmError
from rsm.kernel.keywords import Keyword
from rsm.patients import workers
from rsm.patients.model import NewPatient, PatientStatus, PauseReason
from rsm.simulate import texters
from rsm.simulate.answering import answer_of
from rsm.simulate.draws import Draws
from rsm.simulate.habits import PatientHabits
from rsm.simulate.people import Months, Person
from rsm.simulate.post import PastText
from rsm.simulate.sheets import author, fill_in
from rsm.simulate.world import World

_LINK = re.compile(r"/s/([a-z2-7]{32})\b")
_DESK_OPENS = time(14)  # UTC: morning or noon at every site
_IN_TIME = 40.0  # hours: before anybody would telephone
_WORDS = {
    "en": (
        "Is it all right to take the pills with food?",
        "My appointment on Thursday, is it at nine or at ten?",
        "I slept badly all week, who can I talk to?",
    ),
    "es": ("¿Puedo tomar las pastillas con comida?", "¿Con quién puedo hablar de mi cita?"),
}


@dataclass(frozen=True)
class Home:
    """A site as its patients know it."""

    site_id: UUID
    desk: UUID  # who enters patients: a coordinator
    sender: str


@dataclass(frozen=True)
class LastDays:
    """From `since` on these people (by their seeds) answer nothing, and all others do in time."""

    since: datetime
    silent: frozenset[str]


class Patients:
    """Everybody's plans and answers. `meet` makes a person known and plans her months."""

    def __init__(
        self,
        world: World,
        habits: PatientHabits,
        months: Months,
        last_days: LastDays | None = None,
    ) -> None:
        self.world = world
        self._last_days = last_days
        self._habits = habits
        self._months = months
        self.known: dict[UUID, Person] = {}
        self._homes: dict[UUID, Home] = {}
        self._at_home: dict[str, list[Person]] = defaultdict(list)  # by phone and e-mail address
        self._texters: dict[str, UUID] = {}  # who answers by text, by her seed
        self._links: dict[str, list[str]] = defaultdict(list)  # that came to her, by her seed

    def meet(self, home: Home, person: Person, place: int) -> None:
        """Plan what will happen to her, from the day on which she is entered."""
        at = self._day(person.fate.enrols) + timedelta(minutes=place)
        self.world.agenda.add(at, lambda: self._enter(home, person))

    def home(self, patient_id: UUID) -> Home:
        """Where a patient who is known belongs."""
        return self._homes[patient_id]

    def is_away(self, patient_id: UUID) -> bool:
        """Whether her pause has its reason today."""
        pauses = self.known[patient_id].fate.pauses
        return pauses is not None and self.world.now < self._day(sum(pauses))

    def moves_to(self, patient_id: UUID, phone: str) -> bool:
        """From now on she reads what comes to that phone; False when it is somebody's already."""
        if phone in self.world.phones:
            return False
        person = self.known[patient_id]
        self.world.phones[phone] = lambda text: self._reads(person, text)
        return True

    def is_staged(self, patient_id: UUID) -> bool:
        """Whether she is one of those whom a visitor is to find without an answer."""
        last = self._last_days
        return last is not None and self.known[patient_id].seed in last.silent

    def _day(self, number: int) -> datetime:
        day = self._months.first + timedelta(days=number)
        return datetime.combine(day, _DESK_OPENS, UTC)

    def _enter(self, home: Home, person: Person) -> None:
        with self.world.as_staff(home.site_id, home.desk) as tx:
            patient_id = enrol.enter(tx, home.site_id, _looked_after(tx, home, person))
        self.known[patient_id] = person
        self._homes[patient_id] = home
        if person.entry.status is not PatientStatus.ENROLLED or person.phone is None:
            return
        for address in filter(None, (person.phone, person.entry.email)):
            self._at_home[address].append(person)
            self.world.phones[address] = self._comes
        for number, deed in self._plans(home, person, patient_id):
            at = self._day(number) + timedelta(hours=1)
            if at > self.world.now:
                self.world.agenda.add(at, deed)

    def _plans(
        self, home: Home, person: Person, patient_id: UUID
    ) -> Sequence[tuple[int, Callable[[], None]]]:
        fate = person.fate
        plans: list[tuple[int, Callable[[], None]]] = []
        if fate.stops is not None:
            plans.append((fate.stops, lambda: self._texts(home, person, "STOP", Keyword.STOP)))
        if fate.texts is not None:
            words = Draws.of(person.seed, "words").pick(_WORDS[person.entry.language])
            plans.append((fate.texts, lambda: self._texts(home, person, words)))
        if fate.pauses is not None:
            begins, length = fate.pauses
            plans.append((begins, self._desk(home, lambda tx: _pause(tx, patient_id))))
            plans.append(
                (begins + length, self._desk(home, lambda tx: enrol.resume(tx, patient_id)))
            )
        by_text = texters.chooses_at(person, self._habits.by_text, self._months.days)
        if by_text is not None and not self.is_staged(patient_id):
            self._texters[person.seed] = patient_id
            plans.append((by_text, self._desk(home, lambda tx: texters.choose(tx, patient_id))))
        if fate.leaves is not None:
            day, reason = fate.leaves
            plans.append((day, self._desk(home, lambda tx: enrol.end(tx, patient_id, reason))))
        return plans

    def _desk(self, home: Home, what: Callable[[Tx], None]) -> Callable[[], None]:
        """Somebody at the desk does it, if it can still be done."""

        def deed() -> None:
            try:
                with self.world.as_staff(home.site_id, home.desk) as tx:
                    what(tx)
            except RsmError:
                return  # she left before her pause ended, or the like: the page refuses as well

        return deed

    def _texts(
        self, home: Home, person: Person, words: str, keyword: Keyword | None = None
    ) -> None:
        if person.phone is not None:
            text = self.world.post.text(person.phone, home.sender, words, keyword)
            self.world.hand_in(text)

    # --- a text has come ---------------------------------------------------------------------

    def _comes(self, text: PastText) -> None:
        """To a phone that is hers, or hers and somebody else's at home: it is hers whose link it
        is, and else of whoever was there first."""
        people = self._at_home[text.to]
        link = _LINK.search(text.body) if len(people) > 1 else None
        found = invitations.resolve(self.world.web, link[1]) if link is not None else None
        whose = self.known.get(found.patient_id) if found is not None else None
        self._reads(whose or people[0], text)

    def _reads(self, person: Person, text: PastText) -> None:
        found = _LINK.search(text.body)
        if found is None:
            self._replies(person, text)
            return
        token, draws = found[1], Draws.of(person.seed, "reads", text.at)
        if person.fate.wrong_number and text.to == person.phone:
            wait = timedelta(minutes=draws.around(20, 1))
            self.world.later(wait, lambda: self._stranger(text))
            return
        mood = self._mood(person, token)
        forgets = mood.chance(person.fate.forgets) or self._is_silent(person, mood)
        hours = mood.around(person.fate.hours_median, self._habits.answer_hours_spread)
        if forgets and draws.chance(self._habits.heeds_reminder):
            hours = draws.around(3.0, 0.8)
            forgets = "reminder" not in text.body and "recordamos" not in text.body
        last = self._last_days
        if last is not None and text.at >= last.since:
            forgets, hours = person.seed in last.silent, min(hours, _IN_TIME)
        if not forgets:
            self.world.later(timedelta(hours=hours), lambda: self._opens(person, token))

    def _is_silent(self, person: Person, mood: Draws) -> bool:
        """Few answer in the last weeks of their lives; drawn only then."""
        day = (self.world.now.date() - self._months.first).days
        last = person.fate.is_last(day, self._habits.silent_days)
        return last and mood.chance(self._habits.silent_share)

    def _replies(self, person: Person, text: PastText) -> None:
        """She answers by replying to texts: what holds no link may be a question."""
        patient_id = self._texters.get(person.seed)
        if patient_id is not None and text.to == person.phone:
            site_id = self._homes[patient_id].site_id
            texters.reads(self.world, person, site_id, text, answer_of)

    def _mood(self, person: Person, token: str) -> Draws:
        """Of one survey, recognised by its link, which the reminder repeats. Links are secrets of
        this installation: their order is not, so that a seed means the same everywhere."""
        links = self._links[person.seed]
        if token not in links:
            links.append(token)
        return Draws.of(person.seed, "survey", links.index(token))

    def _stranger(self, text: PastText) -> None:
        reply = self.world.post.text(text.to, text.sender, "Wrong number")
        self.world.hand_in(reply)
        self.world.phones.pop(text.to, None)

    # --- the survey --------------------------------------------------------------------------

    def _opens(self, person: Person, token: str) -> None:
        found = invitations.resolve(self.world.web, token)
        if found is None:
            return
        try:
            with self._begin(person, found) as tx:
                survey = surveys.start(tx, found.occurrence_id, author(person))
                instrument = instruments.load(tx, survey.instrument)
        except RsmError:
            return  # sent already, or closed: the page says so
        sheet = fill_in(person, instrument, survey)
        seconds = self._habits.seconds_per_question * len(sheet)
        leaves = self._leaves(person, token)
        done = partial(self._sends, person, found, sheet, leaves=leaves)
        self.world.later(timedelta(seconds=seconds), done)

    def _leaves(self, person: Person, token: str) -> bool:
        if self._last_days is not None and self.world.now >= self._last_days.since:
            return False
        place = self._links[person.seed].index(token)
        return Draws.of(person.seed, "leaves", place).chance(self._habits.leaves_partial)

    def _sends(
        self, person: Person, found: Resolved, sheet: dict[str, Answer], *, leaves: bool
    ) -> None:
        by, survey_id = author(person), found.occurrence_id
        half = dict(list(sheet.items())[: len(sheet) // 2])
        try:
            if leaves or self.world.one_by_one:
                for item, given in (half if leaves else sheet).items():
                    with self._begin(person, found) as tx:
                        surveys.save(tx, survey_id, item, given, by)
            if leaves:
                return
            with self._begin(person, found) as tx:
                if self.world.one_by_one:
                    surveys.submit(tx, survey_id, "", by)
                else:
                    surveys.enter(tx, survey_id, sheet, "", by)
        except RsmError:
            return  # the window closed meanwhile: the page says so
        self.world.thanked.append(survey_id)

    def _begin(self, person: Person, found: Resolved) -> AbstractContextManager[Tx]:
        return self.world.as_patient(found.site_id, found.patient_id, proxy=person.fate.proxy)


def _pause(tx: Tx, patient_id: UUID) -> None:
    enrol.pause(tx, patient_id, PauseReason.INPATIENT)


def _looked_after(tx: Tx, home: Home, person: Person) -> NewPatient:
    """Her entry, with one of the site's staff who looks after her."""
    known = [*workers.active(tx, home.site_id).values()]
    chosen = Draws.of(person.seed, "worker").pick(known)
    return person.entry.model_copy(update={"worker": chosen.email})
