"""How long answering took, from reports as they were given."""

from datetime import timedelta
from uuid import UUID

from rsm.db.work import Database
from rsm.flow import answer, outbound
from rsm.instruments.decide import next_item
from rsm.instruments.library import find
from rsm.kernel.answers import Answer, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Reporter
from rsm.metrics.burden import seconds_taken
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from tests.survey_world import World, add_patient, build_world


def report(world: World, patient: UUID, clock: VirtualClock, minutes: int, by: Author) -> None:
    """She answers all of it in that time."""
    with world.begin() as tx:
        survey = schedules.recent(tx, patient, 1)[0]
        answer.start(tx, survey.id, by)
    clock.advance(timedelta(minutes=minutes))
    instrument, answers = find("weekly-symptoms"), dict[str, Answer]()
    while (item := next_item(instrument, answers)) is not None:
        answers[item.code] = answered(0)
    with world.begin() as tx:
        for code, each in answers.items():
            answer.save(tx, survey.id, code, each, by)
        answer.submit(tx, survey.id, "", by)


def test_only_what_one_person_answered_on_the_web_in_one_go_counts(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_world(web_db)
    others = [add_patient(world.clinic, phone=f"+120255501{n:02}") for n in range(50, 53)]
    first, second, third, last = world.patient, *others
    outbound.open_due(worker_db)
    alone = Author(Reporter.SELF, Channel.WEB)
    report(world, first, clock, 3, alone)
    report(world, second, clock, 5, alone)
    report(world, third, clock, 7, Author(Reporter.SELF, Channel.SMS))
    report(world, last, clock, 90, alone)  # laid aside in between
    with world.begin() as tx:
        pin = world.instrument(tx)
        assert sorted(seconds_taken(tx, [pin])) == [180, 300]
        assert seconds_taken(tx, []) == []
