"""One survey, any door: the same answers, given by each door or by several in turn, with breaks
and with everything handed in twice, are the same report, the same scores and the same alert."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database, Tx
from rsm.flow import answer, judge
from rsm.flow.outcome import Outcome
from rsm.flow.voice_line import Line
from rsm.instruments.decide import effective
from rsm.instruments.model import Instrument
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, Answers, answered
from rsm.kernel.clock import VirtualClock
from rsm.responses import service as responses
from rsm.responses import store
from rsm.responses.decide import document_of
from rsm.responses.model import Author, ResponseView
from rsm.web import patient_answering
from rsm.web.patient_visit import Visit
from tests.flow.every_door import Call, Door, Link, Nurse, Paper, Proxy, Tablet, Text
from tests.flow.every_door_her import (
    LEFT_LONG,
    Given,
    Her,
    House,
    draw_sheet,
    given_of,
    well_but_for,
)
from tests.survey_world import build_world

Doors = Sequence[type[Door]]
ALONE: Sequence[Doors] = (
    (Link,),
    (Text,),
    (Call,),
    (Nurse,),
    (Proxy, Proxy),  # two voices never share a report: no other door goes on with hers
    (Tablet,),
    (Paper,),
)
MIXED: Sequence[Doors] = (
    (Text, Link, Call, Nurse),
    (Call, Tablet, Text, Call),
    (Link, Call, Tablet, Text),
)
REFUSING: Sequence[Doors] = ((Paper,), (Text,), (Tablet, Link, Text, Nurse))
MOST = 60  # questions, before we say that it does not end


@pytest.fixture
def house(web_db: Database, worker_db: Database, clock: VirtualClock) -> Iterator[House]:
    with ExitStack() as open_until:
        yield House(build_world(web_db), worker_db, clock, open_until)


# --- how she comes to answer it -------------------------------------------------------------------


def goes_through(her: Her, doors: Doors) -> None:
    """She begins by the first door, and the last one sends."""
    for kind in doors[:-1]:
        door = kind(her)
        door.enter()
        answers_some(her, door, her.draws.randint(1, 3))
        door.leave()
        if her.chance(0.5):
            her.house.clock.advance(LEFT_LONG)
            her.house.works()
    door = doors[-1](her)
    door.enter()
    answers_some(her, door, MOST)
    assert door.asks() is None
    door.send()
    her.house.works()


def answers_some(her: Her, door: Door, most: int) -> None:
    for _ in range(most):
        item = door.asks()
        if item is None or (her.sheet[item] == REFUSED and not door.refuses):
            return
        if door.takes_back and her.chance(0.15):
            slips(her, door, item)
        gives(her, door, item, her.sheet[item])


def slips(her: Her, door: Door, item: str) -> None:
    """She gives another answer first, and goes back."""
    wrong = SKIPPED if her.sheet[item] == answered(0) else answered(0)
    gives(her, door, item, wrong)
    door.back_to(item)
    assert door.asks() == item


def gives(her: Her, door: Door, item: str, said: Answer) -> None:
    door.give(item, said, again=her.chance(0.3))
    her.given.append(Given(item, said.status, said.value, door.channel, door.reporter))


# --- what stands in the end -----------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """What must not depend on the door."""

    answers: object
    scores: object
    survey: object
    alerts: Sequence[object]


def found(owner: Engine, her: Her, query: str) -> list[tuple[object, ...]]:
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), {"id": her.world.patient})]


def kept(owner: Engine, her: Her) -> Kept:
    """Everything of hers: one survey, one report, one set of scores."""
    reports = found(
        owner,
        her,
        "SELECT r.state, r.revision, r.answers, s.scores, o.state FROM response r"
        " LEFT JOIN score_set s ON s.response_id = r.id"
        " JOIN occurrence o ON o.id = r.occurrence_id WHERE r.patient_id = :id",
    )
    ((state, revision, answers, scores, survey),) = reports
    assert (state, revision) == ("final", 1)
    alerts = found(
        owner,
        her,
        "SELECT a.id, a.kind, a.level, f.rule, f.item, f.level, f.current_value FROM alert a"
        " LEFT JOIN finding f ON f.alert_id = a.id WHERE a.patient_id = :id"
        " ORDER BY a.kind, a.level, f.rule, f.item",
    )
    openings = found(
        owner,
        her,
        "SELECT e.alert_id FROM alert_event e JOIN alert a ON a.id = e.alert_id"
        " WHERE a.patient_id = :id AND e.kind = 'opened'",
    )
    assert len(openings) == len({row[0] for row in alerts})
    return Kept(answers, scores, survey, [row[1:] for row in alerts])


def events(owner: Engine, her: Her) -> list[tuple[object, ...]]:
    columns = "item, status, value, channel, reporter"
    query = f"SELECT {columns} FROM answer_event WHERE patient_id = :id ORDER BY seq"
    return found(owner, her, query)


def thanks(owner: Engine, her: Her) -> int:
    """How many texts have told her that it is done."""
    query = "SELECT 1 FROM message WHERE patient_id = :id AND business_key ~ '^survey.*done$'"
    return len(found(owner, her, query))


def check(owner: Engine, her: Her, doors: Doors) -> Kept:
    """Each answer that she gave is stored once, as hers by that door; she is thanked once."""
    assert events(owner, her) == [tuple(each) for each in her.given], "events"
    assert thanks(owner, her) == (1 if doors[-1] is Text else 0), "thanks"
    stands = kept(owner, her)
    assert stands.scores
    counted = effective(her.house.instrument, given_of(her.house.instrument, her.sheet))
    assert stands.answers == document_of(counted), "answers"
    return stands


# --- the tests ------------------------------------------------------------------------------------


def play(
    house: House, owner: Engine, ways: Sequence[Doors], seed: int, *, refuses: bool = False
) -> None:
    draws = Random(seed)
    sheet = draw_sheet(house.instrument, draws, refuses)
    people = [house.somebody(sheet, draws) for _ in ways]
    house.works()
    all_kept = []
    for doors, her in zip(ways, people, strict=True):
        goes_through(her, doors)
        all_kept.append((doors, check(owner, her, doors)))
    _, first = all_kept[0]
    assert first.alerts  # there is something to tell
    assert {doors: stands for doors, stands in all_kept if stands != first} == {}


@pytest.mark.parametrize("seed", [6])
def test_by_whichever_door_alone_it_is_the_same_report(
    house: House, owner: Engine, seed: int
) -> None:
    play(house, owner, ALONE, seed)


@pytest.mark.parametrize("seed", [148])
def test_by_several_doors_in_turn_it_is_the_same_report(
    house: House, owner: Engine, seed: int
) -> None:
    play(house, owner, MIXED, seed)


@pytest.mark.parametrize("seed", [35])
def test_what_she_would_rather_not_say_is_the_same_by_every_door_that_asks(
    house: House, owner: Engine, seed: int
) -> None:
    """A call offers no key for it: there she can leave a question out."""
    play(house, owner, REFUSING, seed, refuses=True)


# --- it would be noticed --------------------------------------------------------------------------


def writes_every_second(patch: pytest.MonkeyPatch) -> None:
    writes, answers = store.add_events, count()

    def add(
        tx: Tx, draft: ResponseView, given: Answers, by: Author, sealed: Mapping[str, bytes]
    ) -> None:
        if next(answers) % 2:
            writes(tx, draft, given, by, sealed)

    patch.setattr(store, "add_events", add)


def takes_down_every_second(patch: pytest.MonkeyPatch) -> None:
    entered = answer.enter

    def enter(tx: Tx, survey: UUID, answers: Answers, words: str, by: Author) -> Outcome:
        return entered(tx, survey, dict(list(answers.items())[::2]), words, by)

    patch.setattr(answer, "enter", enter)


def knows_no_turn_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Line, "is_new", lambda _: True)


def knows_no_post_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Visit, "shown", lambda _: {})
    patch.setattr(patient_answering, "_given_before", lambda *_: {})


def sends_less(patch: pytest.MonkeyPatch) -> None:
    def fewer(instrument: Instrument, answers: Answers) -> Answers:
        return dict(list(effective(instrument, answers).items())[:-1])

    patch.setattr(responses, "effective", fewer)


@dataclass(frozen=True)
class Broken:
    """A door with a fault of ours in it, and where it must be noticed."""

    door: type[Door]
    breaks: Callable[[pytest.MonkeyPatch], None]
    seen_in: str


@pytest.mark.parametrize(
    "broken",
    [
        Broken(Text, writes_every_second, "events"),
        Broken(Nurse, takes_down_every_second, "events"),
        Broken(Call, knows_no_turn_again, "events"),
        Broken(Link, knows_no_post_again, "events"),
        Broken(Nurse, sends_less, "answers"),
    ],
    ids=lambda broken: broken.breaks.__name__,
)
def test_a_door_that_loses_doubles_or_changes_something_would_be_noticed(
    house: House, owner: Engine, monkeypatch: pytest.MonkeyPatch, broken: Broken
) -> None:
    her = house.somebody(well_but_for(house.instrument), Random(5))
    house.works()
    broken.breaks(monkeypatch)
    goes_through(her, (broken.door,))
    with pytest.raises(AssertionError, match=broken.seen_in):
        check(owner, her, (broken.door,))


def test_a_door_whose_answers_nobody_judges_would_be_noticed(
    house: House, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = well_but_for(house.instrument, pain_severity=4)
    by_nurse, on_paper = (house.somebody(sheet, Random(5)) for _ in range(2))
    house.works()
    goes_through(on_paper, (Paper,))
    monkeypatch.setattr(judge, "judge_or_review", lambda *_: judge.Judged())
    goes_through(by_nurse, (Nurse,))
    one, other = kept(owner, on_paper), kept(owner, by_nurse)
    assert one.answers == other.answers
    assert one.scores != other.scores
    assert one.alerts != other.alerts
