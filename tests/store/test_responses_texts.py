"""Answers in words, several options and dates as they are kept: sealed, on record, corrected."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.instruments import library
from rsm.instruments import service as instruments
from rsm.instruments.branching import days
from rsm.instruments.decide import effective
from rsm.instruments.load import load_instrument
from rsm.kernel.answers import SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Channel, Relation, Reporter
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security import patient_keys
from tests.survey_world import World, build_world

SELF = Author()
SECRET = "Grandmother's quinces disagree with me"
OTHER = "Only the marzipan did"


def words(what: str) -> Answer:
    return Answer(AnswerStatus.ANSWERED, 1, text=what)


def picked(*codes: int) -> Answer:
    return Answer(AnswerStatus.ANSWERED, len(codes), codes)


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


def short(world: World) -> OccurrenceView:
    """A report of today that asks the short measure."""
    with world.begin() as tx:
        pin = instruments.publish_shipped(tx, "short-measure")
        return schedules.report_now(tx, world.facts(tx), pin)


def save(world: World, survey: OccurrenceView, by: Author = SELF, **given: Answer) -> None:
    with world.begin() as tx:
        world.facts(tx)
        responses.save(tx, survey, {_code(name): each for name, each in given.items()}, by)


def _code(name: str) -> str:
    return name.replace("__", ".").replace("_", "-")


def finish(world: World, survey: OccurrenceView, said: str = "") -> UUID:
    with world.begin() as tx:
        world.facts(tx)
        return responses.record(tx, survey, said, SELF).id


def every_row(owner: Engine) -> str:
    """All that the database holds, as text: every table with its rows."""
    with owner.connect() as connection:
        names = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        rows = [
            str(connection.execute(text(f'SELECT t::text FROM "{name}" t')).scalars().all())
            for name in names
        ]
    return "\n".join(rows)


def as_bytes(words_: str) -> str:
    """How a column of bytes shows what is not sealed."""
    return words_.encode().hex()


def test_words_are_sealed_wherever_they_are_kept(
    world: World, owner: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    survey = short(world)
    save(world, survey, tell_us=words(OTHER))
    save(world, survey, tell_us=words(SECRET), feeling__severity=answered(1))
    report = finish(world, survey, "and a word at the end")
    kept = every_row(owner)
    for said in (SECRET, OTHER, "a word at the end"):
        assert said not in kept
        assert as_bytes(said) not in kept
        assert said not in caplog.text
    with world.begin() as tx:
        assert responses.texts(tx, report) == {"tell-us": SECRET}
        view = responses.view(tx, report)
        assert view.answers["tell-us"] == answered(1)
        assert view.has_words
        assert SECRET not in repr(view)
        assert responses.words(tx, report) == f"{SECRET}\n\nand a word at the end"


def test_each_event_keeps_its_own_words(world: World, owner: Engine) -> None:
    survey = short(world)
    save(world, survey, tell_us=words(OTHER))
    save(world, survey, tell_us=words(SECRET))
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT text_sealed FROM answer_event ORDER BY seq"))
        sealed = [bytes(row.text_sealed) for row in rows]
    with world.begin() as tx:
        box = patient_keys.box(tx, world.patient)
        assert [box.open(each, "answer_event.text") for each in sealed] == [OTHER, SECRET]


def test_words_that_were_taken_back_are_gone_from_the_report_but_not_from_the_record(
    world: World, owner: Engine
) -> None:
    survey = short(world)
    save(world, survey, tell_us=words(SECRET))
    save(world, survey, tell_us=SKIPPED)
    report = finish(world, survey)
    with world.begin() as tx:
        assert responses.texts(tx, report) == {}
        assert not responses.view(tx, report).has_words
    with owner.connect() as connection:
        query = text("SELECT count(*) FROM answer_event WHERE text_sealed IS NOT NULL")
        assert connection.execute(query).scalar_one() == 1


def test_words_behind_a_branch_that_closed_are_on_record_and_not_in_the_report(
    world: World,
) -> None:
    body = library.body("short-measure").replace('key = "short-measure"', 'key = "gated"', 1)
    gated = body.replace(
        'code = "tell-us"\n',
        'code = "tell-us"\nasked_when = { any = [{ item = "ache.presence", '
        'operator = "equals", value = 1 }] }\n',
    )
    with world.begin() as tx:
        pin = instruments.publish(tx, load_instrument(gated), gated)
        survey = schedules.report_now(tx, world.facts(tx), pin)
    save(world, survey, ache__presence=answered(1), tell_us=words(SECRET))
    save(world, survey, ache__presence=answered(0))
    with world.begin() as tx:
        draft = responses.of_occurrence(tx, survey.id)
        assert draft is not None
        counted = effective(instruments.load(tx, pin), draft.answers)
        assert responses.words(tx, draft.id) == SECRET
        assert responses.words(tx, draft.id, counted) == ""  # what rules read on the way
    report = finish(world, survey)
    with world.begin() as tx:
        assert "tell-us" not in responses.view(tx, report).answers
        assert responses.texts(tx, report) == {}


def test_several_options_and_a_date_are_kept_as_they_were_given(
    world: World, owner: Engine
) -> None:
    survey = short(world)
    day = answered(days(date(2026, 10, 18)))
    save(world, survey, troubles=picked(1, 4), last_visit=day)
    save(world, survey, troubles=picked(2))
    with world.begin() as tx:
        draft = responses.of_occurrence(tx, survey.id)
        assert draft is not None
        assert draft.answers == {"troubles": picked(2), "last-visit": day}
    with owner.connect() as connection:
        query = text("SELECT picked FROM answer_event WHERE item = 'troubles' ORDER BY seq")
        assert list(connection.execute(query).scalars()) == [[1, 4], [2]]
        empty = text("SELECT count(*) FROM answer_event WHERE picked IS NULL")
        assert connection.execute(empty).scalar_one() == 1


@pytest.mark.parametrize(
    ("item", "answer", "what"),
    [
        ("troubles", Answer(AnswerStatus.ANSWERED, 2, (0, 1)), "cannot be chosen with others"),
        ("troubles", answered(2), "nothing was chosen"),
        ("helped_by", answered(9), "9 is not on its scale"),
        ("tell_us", words("x" * 501), "has 501 characters"),
        ("tell_us", answered(1), "nothing was written"),
        ("last_visit", answered(days(date(2026, 10, 22))), "2026-10-22 is too late"),
        ("week_overall", answered(11), "11 is not on its scale"),
        ("feeling__severity", Answer(AnswerStatus.ANSWERED, 1, text=SECRET), "one value only"),
    ],
)
def test_what_is_no_answer_of_its_type_is_refused_and_says_why(
    world: World, item: str, answer: Answer, what: str
) -> None:
    survey = short(world)
    with pytest.raises(Invalid) as caught:
        save(world, survey, SELF, **{item: answer})
    assert what in str(caught.value)
    assert SECRET not in str(caught.value)


def test_tomorrow_here_may_be_today_where_she_is(world: World) -> None:
    save(world, short(world), last_visit=answered(days(date(2026, 10, 20))))


def test_a_correction_keeps_the_words_and_changes_only_what_it_says(world: World) -> None:
    survey = short(world)
    save(world, survey, tell_us=words(SECRET), troubles=picked(1, 2))
    report = finish(world, survey, "the end")
    staff = Author(Reporter.STAFF, Channel.STAFF, recorded_by=world.clinic.nurse)
    with world.begin() as tx:
        world.facts(tx)
        second = responses.correct(tx, report, {"troubles": picked(3)}, staff).response
        assert second.answers["troubles"] == picked(3)
        assert responses.texts(tx, second.id) == {"tell-us": SECRET}
        assert responses.words(tx, second.id) == f"{SECRET}\n\nthe end"
        third = responses.correct(tx, second.id, {"tell-us": words(OTHER)}, staff).response
        assert responses.texts(tx, third.id) == {"tell-us": OTHER}
        assert responses.texts(tx, report) == {"tell-us": SECRET}


def test_who_was_erased_has_no_words_any_more(world: World) -> None:
    survey = short(world)
    save(world, survey, tell_us=words(SECRET))
    report = finish(world, survey)
    with world.begin() as tx:
        patient_keys.destroy(tx, world.patient)
        assert responses.texts(tx, report) == {}
        assert responses.words_of(tx, [report]) == {}
        assert responses.view(tx, report).answers["tell-us"] == answered(1)


# --- who, and when -------------------------------------------------------------------------------


def test_each_answer_knows_its_proxy_and_the_report_who_answered_last(
    world: World, owner: Engine
) -> None:
    survey = short(world)
    child = Author(Reporter.PROXY, Channel.WEB, relation=Relation.CHILD)
    save(world, survey, feeling__severity=answered(2))
    save(world, survey, child, week_overall=answered(4))
    report = finish(world, survey)
    with world.begin() as tx:
        view = responses.view(tx, report)
        assert (view.reporter, view.relation) == (Reporter.PROXY, Relation.CHILD)
        corrected = responses.correct(
            tx, report, {"week-overall": answered(5)}, Author(Reporter.STAFF, Channel.STAFF)
        )
        assert corrected.response.relation is Relation.CHILD  # whose report it is, stays
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT reporter, relation FROM answer_event ORDER BY seq"))
        assert [tuple(row) for row in rows] == [
            ("self", None),
            ("proxy", "child"),
            ("staff", None),
        ]


def test_the_date_on_the_paper_stands_beside_the_time_of_its_entry(world: World) -> None:
    survey = short(world)
    paper = Author(
        Reporter.SELF,
        Channel.PAPER,
        recorded_by=uuid4(),
        answered_on=date(2026, 10, 1),
        backfilled=True,
    )
    save(world, survey, paper, feeling__severity=answered(3))
    save(world, survey, replace(paper, answered_on=None, backfilled=False), troubles=picked(1))
    report = finish(world, survey)
    with world.begin() as tx:
        view = responses.view(tx, report)
        assert view.answered_on == date(2026, 10, 1)
        assert view.backfilled
        assert view.at == tx.now
        assert view.channel is Channel.PAPER


def test_a_date_on_paper_is_held_against_the_day_of_the_paper(world: World) -> None:
    paper = Author(Reporter.SELF, Channel.PAPER, answered_on=date(2026, 10, 1))
    with pytest.raises(Invalid, match="too late"):
        save(world, short(world), paper, last_visit=answered(days(date(2026, 10, 12))))


def test_rules_and_scores_look_back_at_whole_reports_and_see_numbers_apart(world: World) -> None:
    survey = short(world)
    save(world, survey, ache__presence=answered(1), ache__where=picked(2, 4))
    save(world, survey, feeling__severity=answered(4), helped_by=answered(1))
    finish(world, survey)
    with world.begin() as tx:
        later = tx.now + timedelta(days=1)
        (past,) = responses.history(tx, world.patient, later, (Reporter.SELF,))
    assert past.answers == {"ache.presence": answered(1), "feeling.severity": answered(4)}
    assert past.numbers == {"ache.where": 2.0}
    assert past.given["helped-by"] == answered(1)
