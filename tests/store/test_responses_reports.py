"""Reports: saved item by item, final once, corrected by revisions (P3, P7, P11, P12).

Lessons 66 to 71: pinned versions, late and partial answers, edits, missing is not zero.
"""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.instruments import library
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.kernel.words import Pin, Reporter, SurveyState
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseState
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.scoring import service as scoring
from tests.survey_world import OPENS, World, build_world

WEEK = timedelta(weeks=1)
SELF = Author()
PROXY = Author(reporter=Reporter.PROXY)


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


def send(world: World, survey: OccurrenceView, by: Author = SELF, **values: int) -> None:
    """Answer and send: keywords are items with `_` for `.`."""
    given = {code.replace("_", "."): answered(value) for code, value in values.items()}
    given["pain.frequency"] = answered(4)  # the gate of the others
    with world.begin() as tx:
        world.facts(tx)
        responses.save(tx, survey, given, by)
        responses.record(tx, survey, "", by)
        schedules.mark(tx, survey.id, SurveyState.COMPLETED)


def test_each_answer_is_kept_and_the_later_one_counts(world: World, owner: Engine) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        responses.save(tx, survey, {"pain.severity": answered(1)}, SELF)
        draft = responses.save(tx, survey, {"pain.severity": answered(4)}, SELF)
    assert draft.state is ResponseState.DRAFT
    assert draft.answers == {"pain.severity": answered(4)}
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT value FROM answer_event ORDER BY seq")).scalars()
        assert list(kept) == [1, 4]


def test_an_item_whose_gate_is_zero_is_a_structural_zero(world: World) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        responses.save(
            tx, survey, {"pain.frequency": answered(0), "nausea.frequency": REFUSED}, SELF
        )
        final = responses.record(tx, survey, "", SELF)
    assert final.answers["pain.severity"].status is AnswerStatus.STRUCTURAL_ZERO
    assert final.answers["nausea.frequency"] == REFUSED
    assert "nausea.severity" not in final.answers


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        ("pain.severity", answered(5)),
        ("pain.severity", answered(-1)),
        ("headache.severity", answered(1)),
        ("pain.severity", Answer(AnswerStatus.STRUCTURAL_ZERO, 0)),
        ("pain.severity", Answer(AnswerStatus.NOT_APPLICABLE)),
    ],
)
def test_what_the_instrument_does_not_know_is_refused_and_nothing_kept(
    world: World, item: str, answer: Answer
) -> None:
    survey = world.open_survey()
    with world.begin() as tx, pytest.raises(Invalid):
        responses.save(tx, survey, {item: answer}, SELF)
    with world.begin() as tx:
        assert responses.of_occurrence(tx, survey.id) is None


def test_a_report_is_final_once_whoever_sends_it_at_the_same_time(
    world: World, web_db: Database, owner: Engine
) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        responses.save(tx, survey, {"pain.severity": answered(2)}, SELF)
    barrier, found = threading.Barrier(2), []

    def press() -> None:
        with world.as_patient(web_db) as tx:
            barrier.wait()
            world.facts(tx)
            found.append(responses.record(tx, survey, "", SELF).id)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM response")).scalar_one() == 1


def test_a_report_that_was_sent_takes_no_more_answers(world: World) -> None:
    survey = world.open_survey()
    send(world, survey, pain_severity=1)
    with world.begin() as tx, pytest.raises(Conflict):
        responses.save(tx, survey, {"pain.severity": answered(0)}, SELF)


def test_words_are_sealed_and_too_many_are_refused(world: World, owner: Engine) -> None:
    survey = world.open_survey()
    with world.begin() as tx, pytest.raises(Invalid):
        responses.record(tx, survey, "x" * 1001, SELF)
    with world.begin() as tx:
        final = responses.record(tx, survey, "  my left foot\r\nhurts ", SELF)
        assert responses.words(tx, final.id) == "my left foot\nhurts"
    with owner.connect() as connection:
        row = connection.execute(text("SELECT r::text FROM response r")).scalar_one()
        assert b"left foot".hex() not in row
        assert "left foot" not in row


def test_history_holds_earlier_final_reports_of_the_same_reporter(
    world: World, clock: VirtualClock
) -> None:
    send(world, world.open_survey(), pain_severity=1)
    clock.advance(WEEK)
    send(world, world.open_survey(), PROXY, pain_severity=3)
    clock.advance(WEEK)
    with world.begin() as tx:
        before = responses.history(tx, world.patient, clock.now(), [Reporter.SELF])
        by_proxy = responses.history(tx, world.patient, clock.now(), [Reporter.PROXY])
        of_both = responses.history(tx, world.patient, clock.now(), list(Reporter))
        none = responses.history(tx, world.patient, OPENS, [Reporter.SELF])
    assert [(each.at, each.answers["pain.severity"].value) for each in before] == [(OPENS, 1)]
    assert [each.answers["pain.severity"].value for each in by_proxy] == [3]
    assert none == []
    assert [each.at for each in of_both] == [OPENS, OPENS + WEEK]


def test_what_somebody_else_answered_is_kept_out_of_history(
    world: World, clock: VirtualClock
) -> None:
    survey = world.open_survey()
    send(world, survey, pain_severity=4)
    with world.begin() as tx:
        assert responses.quarantine(tx, survey) == 1
        assert responses.quarantine(tx, survey) == 0
    clock.advance(WEEK)
    with world.begin() as tx:
        assert responses.history(tx, world.patient, clock.now(), [Reporter.SELF]) == []
        kept = responses.of_occurrence(tx, survey.id)
    assert kept is not None
    assert kept.quarantined_at == OPENS


def test_what_staff_took_down_is_not_set_aside_with_a_wrong_number(world: World) -> None:
    survey = world.open_survey()
    send(world, survey, Author(recorded_by=world.clinic.nurse), pain_severity=4)
    with world.begin() as tx:
        assert responses.quarantine_recent(tx, world.patient, OPENS) == 0


def test_a_correction_is_a_revision_and_names_the_reports_to_judge_again(
    world: World, clock: VirtualClock, owner: Engine
) -> None:
    first = world.open_survey()
    send(world, first, pain_severity=3)
    clock.advance(WEEK)
    second = world.open_survey()
    send(world, second, pain_severity=3)
    with world.begin() as tx:
        old = responses.of_occurrence(tx, first.id)
        assert old is not None
        fixed = responses.correct(
            tx,
            old.id,
            {"pain.severity": answered(1)},
            Author(recorded_by=world.clinic.nurse),
        )
        assert responses.view(tx, old.id).state is ResponseState.SUPERSEDED
        with pytest.raises(Conflict):
            responses.correct(tx, old.id, {}, SELF)
    assert (fixed.response.revision, fixed.response.at) == (2, OPENS)
    assert fixed.response.answers["pain.severity"] == answered(1)
    assert [each.occurrence_id for each in fixed.later] == [second.id]
    with owner.connect() as connection:
        finals = "SELECT count(*) FROM response WHERE occurrence_id = :id AND state = 'final'"
        assert connection.execute(text(finals), {"id": first.id}).scalar_one() == 1


def test_a_window_that_closes_on_a_draft_keeps_the_time_of_its_last_answer(
    world: World, clock: VirtualClock
) -> None:
    survey = world.open_survey()
    clock.advance(timedelta(hours=2))
    with world.begin() as tx:
        responses.save(tx, survey, {"pain.severity": answered(3)}, SELF)
    clock.advance(timedelta(days=3))
    with world.begin() as tx:
        final = responses.close_partial(tx, survey)
        again = responses.close_partial(tx, survey)
    assert final is not None
    assert (final.at, final.late) == (OPENS + timedelta(hours=2), False)
    assert again is None


def test_a_late_report_is_stored_and_marked_late(world: World, clock: VirtualClock) -> None:
    survey = world.open_survey()
    clock.advance(timedelta(days=6))
    with world.begin() as tx:
        by_phone = Author(recorded_by=world.clinic.nurse)
        responses.save(tx, survey, {"pain.severity": answered(3)}, by_phone)
        assert responses.record(tx, survey, "", by_phone).late


def test_scores_are_kept_once_with_the_version_that_made_them(world: World) -> None:
    survey = world.open_survey()
    send(world, survey, pain_severity=3)
    with world.begin() as tx:
        final = responses.of_occurrence(tx, survey.id)
        assert final is not None
        made = scoring.score(tx, final)
        assert scoring.score(tx, final) == made
        assert scoring.scores(tx, [final.id]) == {final.id: made}
        assert final.instrument == survey.instrument


def test_an_instrument_is_published_once_and_never_changes(world: World) -> None:
    with world.begin() as tx:
        pin = instruments.publish_shipped(tx, "weekly-symptoms")
        assert instruments.publish_shipped(tx, "weekly-symptoms") == pin
        loaded = instruments.load(tx, pin)
        assert isinstance(loaded, Instrument)
        assert loaded.pin == pin
        other = loaded.model_copy(update={"recall_days": 14})
        other = Instrument.model_validate_json(other.model_dump_json())
        with pytest.raises(Invalid, match="not the text"):
            instruments.publish(tx, other, library.body("weekly-symptoms"))
        with pytest.raises(NotFound):
            instruments.load(tx, Pin(pin.key, pin.version, "0" * 64))


def test_structure_without_wording_is_not_published(world: World) -> None:
    with world.begin() as tx, pytest.raises(Invalid):
        instruments.publish_shipped(tx, "pro-ctcae")


def test_an_answer_that_was_skipped_has_no_value(world: World) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        draft = responses.save(tx, survey, {"pain.severity": SKIPPED}, SELF)
    assert draft.answers["pain.severity"].value is None


def test_what_staff_took_down_is_part_of_the_patients_own_history(
    world: World, clock: VirtualClock
) -> None:
    """A correction of it judges her own later reports again, and no proxy's (decision 11)."""
    send(world, world.open_survey(), Author(reporter=Reporter.STAFF), pain_severity=1)
    clock.advance(WEEK)
    send(world, world.open_survey(), PROXY, pain_severity=2)
    clock.advance(WEEK + timedelta(hours=1))  # the clocks went back
    own = world.open_survey()
    send(world, own, pain_severity=3)
    with world.begin() as tx:
        surveys = schedules.recent(tx, world.patient, 4)
        taken_down = responses.of_occurrence(tx, surveys[-1].id)
        assert taken_down is not None
        assert [each.occurrence_id for each in responses.later(tx, taken_down)] == [own.id]


# --- a draft that was set aside ------------------------------------------------------------------


def begun_by_another(world: World) -> OccurrenceView:
    """A survey that whoever had her phone has begun; that was found out, and it is open still."""
    survey = world.open_survey()
    with world.begin() as tx:
        responses.save(tx, survey, {"pain.severity": answered(4), "pain.frequency": SKIPPED}, SELF)
        assert responses.quarantine(tx, survey) == 1
        assert responses.of_occurrence(tx, survey.id) is None
    return survey


def test_nobody_goes_on_with_a_draft_that_was_set_aside(world: World) -> None:
    survey = begun_by_another(world)
    with world.begin() as tx:
        first = responses.on_record(tx, survey.id)
        new = responses.save(tx, survey, {"pain.frequency": answered(1)}, SELF)
        assert first is not None
        assert new.id != first.id
        assert (new.revision, new.quarantined_at) == (2, None)
        assert dict(new.answers) == {"pain.frequency": answered(1)}
        assert responses.view(tx, first.id).answers["pain.severity"] == answered(4)  # kept (P12)
        final = responses.record(tx, survey, "", SELF)
        assert final.id == new.id
        assert responses.of_occurrence(tx, survey.id) == final
        assert responses.revisions(tx, final) == {final.id}


def test_sending_at_once_after_it_sends_nothing_of_it(world: World) -> None:
    survey = begun_by_another(world)
    with world.begin() as tx:
        final = responses.record(tx, survey, "", SELF)
    assert final.is_final
    assert final.quarantined_at is None
    assert not final.answers


def test_the_closing_makes_no_report_of_what_was_not_hers(world: World) -> None:
    survey = begun_by_another(world)
    with world.begin() as tx:
        assert responses.close_partial(tx, survey) is None
        kept = responses.on_record(tx, survey.id)
    assert kept is not None
    assert not kept.is_final
