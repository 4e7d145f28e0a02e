"""Synthetic patients who are asked by an automated call: they take it, or not, and press keys."""

from collections.abc import Callable
from dataclasses import dataclass

from rsm.db.work import Scope
from rsm.flow import answer as surveys
from rsm.flow import inbound, voice_survey, voice_turn
from rsm.flow.voice_turn import Step, Turn
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answer, AnswerStatus
from rsm.kernel.words import Channel, Reporter
from rsm.messaging import service as messaging
from rsm.messaging.model import AnsweredBy, CallTurn, MessageState, Spoken, StatusReport
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.simulate.draws import Draws
from rsm.simulate.people import Person
from rsm.simulate.post import PastCall
from rsm.simulate.world import World

# How she feels, as the answers to a whole survey: `rsm.simulate.patients` knows her course.
FillsIn = Callable[[Person, Instrument, OccurrenceView], dict[str, Answer]]
_MOST_TURNS = 200


@dataclass(frozen=True)
class Callee:
    """Who is called: how often nobody or a machine takes it, and how she would answer."""

    person: Person
    nobody: float
    machine: float
    fills_in: FillsIn


def rings(world: World, callee: Callee, call: PastCall, *, silent: bool) -> None:
    """Her phone rings: nobody takes it, a machine does, or she answers by keys."""
    person, fills_in = callee.person, callee.fills_in
    luck = Draws.of(person.seed, "rings", call.at).between(0, 1)
    if silent or luck < callee.nobody:
        report(world, call, MessageState.UNDELIVERED)
        return
    if luck < callee.nobody + callee.machine:
        _turn(world, call, "", AnsweredBy.MACHINE)
    else:
        _answers(world, person, call, fills_in)
    report(world, call, MessageState.DELIVERED)


def report(world: World, call: PastCall, state: MessageState) -> None:
    """What the provider says of its end."""
    inbound.receive_status(world.web, StatusReport(call.sid, state), call.site_id, call.message_id)


def _answers(world: World, person: Person, call: PastCall, fills_in: FillsIn) -> None:
    """Key by key, until the call ends; in months at a stretch all answers at once, which is the
    same rules in a fifth of the time."""
    heard = _turn(world, call, "", AnsweredBy.PERSON)
    sheet: dict[str, Answer] = {}
    for _ in range(_MOST_TURNS):
        token = heard.keys_url.rpartition("/")[2]
        now = voice_turn.opened(world.web.vault, call.message_id, token) if token else None
        if now is None:
            return
        if now.step is Step.ITEM and not sheet:
            survey, sheet = _sheet(world, person, call, fills_in)
            if not world.one_by_one:
                _enters(world, person, survey, sheet)
                return
        heard = _turn(world, call, _key(person, now, sheet), token=token)


def _key(person: Person, now: Turn, sheet: dict[str, Answer]) -> str:
    match now.step:
        case Step.YEAR:
            return str(person.entry.birth_date.year)
        case Step.OFFER:
            return "2"  # on with the questions: staff hear of it anyway
        case Step.ITEM:
            given = sheet.get(now.item)
            if given is not None and given.value is not None:
                return str(given.value)
            not_measured = given is not None and given.status is AnswerStatus.NOT_APPLICABLE
            return "0" if not_measured else "9"
        case _:
            return "1" if now.step is not Step.LAST else "2"


def _sheet(
    world: World, person: Person, call: PastCall, fills_in: FillsIn
) -> tuple[OccurrenceView, dict[str, Answer]]:
    with world.web.begin(Scope.site(call.site_id)) as tx:
        due = messaging.whereabouts(tx, call.message_id)
        survey = schedules.unfinished(tx, due.patient_id) if due and due.patient_id else None
        if survey is None:
            raise RuntimeError("a question is asked of no open survey")
        return survey, fills_in(person, instruments.load(tx, survey.instrument), survey)


def _enters(world: World, person: Person, survey: OccurrenceView, sheet: dict[str, Answer]) -> None:
    by = Author(Reporter.SELF, Channel.VOICE, person.entry.language)
    with world.as_patient(survey.site_id, survey.patient_id) as tx:
        surveys.enter(tx, survey.id, sheet, "", by)


def _turn(
    world: World,
    call: PastCall,
    keys: str,
    by: AnsweredBy = AnsweredBy.UNKNOWN,
    token: str = "",
) -> Spoken:
    given = CallTurn(call.sid, call.to, keys, by)
    where = call.site_id, call.message_id
    return voice_survey.turn(world.web, given, where, token, world.public_url)
