"""A survey by telephone: who is at the other end, and how her answers are taken down."""

from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import entry
from rsm.flow.entry import Taken
from rsm.instruments import service as instruments
from rsm.kernel.words import Channel, Relation
from rsm.patients import service as patients
from rsm.schedules.model import OccurrenceView
from rsm.simulate.draws import Draws
from rsm.simulate.people import Person
from rsm.simulate.sheets import fill_in

_RELATIVES = (Relation.PARTNER, Relation.CHILD, Relation.SIBLING)


def number_of(tx: Tx, patient_id: UUID) -> str | None:
    """The number that staff would dial, as on the call list; None when she has none now."""
    by_voice = patients.address(tx, patient_id, Channel.VOICE)
    return by_voice or patients.address(tx, patient_id, Channel.SMS)


def reaches(person: Person, number: str | None) -> bool:
    """Whether she has the phone of that number, rather than somebody else or nobody."""
    return number is not None and not (person.fate.wrong_number and number == person.phone)


def take_down(tx: Tx, person: Person, survey: OccurrenceView) -> None:
    """She answers as she would have by herself; for whom a relative answers, the relative does."""
    sheet = fill_in(person, instruments.load(tx, survey.instrument), survey)
    relation = Draws.of(person.seed, "relative").pick(_RELATIVES) if person.fate.proxy else None
    who = person.entry
    taken = Taken(sheet, who.language, relation=relation, interpreter=who.interpreter)
    entry.take_down(tx, survey.id, taken)


def ask_today(tx: Tx, patient_id: UUID, person: Person) -> None:
    """The survey that is open, else a report of today. Raises as `entry.begin`."""
    take_down(tx, person, entry.begin(tx, patient_id))
