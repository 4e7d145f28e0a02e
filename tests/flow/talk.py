"""A survey by text, for flow tests: a clinic, a phone, a patient who chose to answer by text."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from rsm.alerts import handling
from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.flow import outbound
from rsm.instruments import service as instruments
from rsm.instruments.decide import next_item
from rsm.instruments.model import Item
from rsm.kernel.answers import Answers
from rsm.kernel.clock import VirtualClock
from rsm.messaging.incoming import ConversationEnd
from rsm.patients import service as patients
from rsm.patients import texting
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.survey_world import World, add_patient, build_world


@dataclass
class Talk:
    """The world of a patient who answers by text; her survey is open, the first text has left."""

    world: World
    post: Post
    phone: Phone = field(init=False)

    def __post_init__(self) -> None:
        self.phone = Phone(self.post, PATIENT_PHONE)

    def heard(self) -> list[str]:
        """Every text that her phone ever got."""
        return self.phone.gets()

    def last(self) -> str:
        return self.heard()[-1]

    def says(self, *bodies: str) -> str:
        """She texts these, one after another; returns the last text that she got."""
        for body in bodies:
            self.phone.says(body)
            self.post.deliver()
        return self.last()

    def survey(self, patient: UUID | None = None) -> OccurrenceView:
        with self.world.begin() as tx:
            return schedules.recent(tx, patient or self.world.patient, 1)[0]

    def report(self) -> ResponseView:
        with self.world.begin() as tx:
            found = responses.on_record(tx, self.survey().id)
        assert found is not None
        return found

    def answers(self) -> Answers:
        return self.report().answers

    def next_item(self) -> Item | None:
        """What is asked next, by what is answered so far."""
        with self.world.begin() as tx:
            instrument = instruments.load(tx, self.survey().instrument)
            standing = responses.of_occurrence(tx, self.survey().id)
        return next_item(instrument, standing.answers if standing else {})

    def answers_all(self, value: str = "0", most: int = 60) -> str:
        """She answers every question with this; returns the text that follows the last."""
        for _ in range(most):
            if self.next_item() is None:
                return self.last()
            self.says(value)
        raise AssertionError("it never ends")

    def alerts(self) -> list[AlertView]:
        with self.world.begin() as tx:
            return handling.worklist(tx, self.world.clinic.site)

    def tasks(self) -> list[TaskKind]:
        with self.world.begin() as tx:
            return [task.kind for task in tasks.open_tasks(tx, self.world.clinic.site)]

    def ends(self) -> list[ConversationEnd | None]:
        """How each of her conversations ended, the first one first; None: it is open."""
        of_hers = "SELECT outcome FROM conversation WHERE patient_id = :id"
        query = f"{of_hers} ORDER BY ended_at NULLS LAST, id"
        with self.world.begin() as tx:
            rows = tx.session.execute(text(query), {"id": self.world.patient})
            return [ConversationEnd(row[0]) if row[0] else None for row in rows]

    def purposes(self) -> list[str]:
        """What was written to her, by purpose, in order of their keys' making."""
        query = (
            "SELECT purpose FROM message WHERE patient_id = :id AND audience = 'patient'"
            " ORDER BY created_at, business_key"
        )
        with self.world.begin() as tx:
            return list(tx.session.scalars(text(query), {"id": self.world.patient}))

    def works(self) -> None:
        """One round of the worker."""
        outbound.open_due(self.post.db)
        outbound.advance_due(self.post.db)
        self.post.deliver()


def begin(web: Database, worker: Database, clock: VirtualClock, **others: object) -> Talk:
    """Maria answers by text, and her survey is open."""
    world = build_world(web, **others)
    by_text(world, world.patient)
    talk = Talk(world, Post(world.clinic, worker, clock))
    talk.works()
    return talk


def by_text(world: World, patient: UUID, wanted: bool = True) -> None:
    with world.begin() as tx:
        texting.choose(tx, patients.locked(tx, patient), wanted)


def second_patient(talk: Talk, **others: object) -> UUID:
    """Somebody with the same phone, who answers by text as well."""
    made = add_patient(talk.world.clinic, name="Pedro Alvarez", **others)
    by_text(talk.world, made)
    return made
