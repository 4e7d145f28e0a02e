"""Months in seconds: synthetic people, production's flow functions, and one seed that tells all."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from rsm.bootstrap import Addresses
from rsm.cli.demo_sites import side_by_side
from rsm.db.roles import WEB, WORKER, url_as
from rsm.db.work import EVERYWHERE, Database, make_engine
from rsm.flow.audit import audit_due, heads_hash
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid
from rsm.kernel.ids import SeededIds
from rsm.security.keyring import KeyRing
from rsm.simulate import clinic, demo, habits, months, run
from rsm.simulate.demo import Made, Order, Size
from rsm.simulate.months import Doors, Part, Play
from rsm.simulate.people import Months
from rsm.simulate.post import PastText, Post
from rsm.simulate.progress import Progress, Silent
from rsm.simulate.world import World
from tests.conftest import KEYS, SECRET, Server
from tests.databases import fresh_name, waiting

END = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # a Friday noon in New York
SMALL = Size(patients=6, days=21, sites=1)
PUBLIC = "http://127.0.0.1:8000"
FIGURES = """
    SELECT 'survey' AS what, state::text, count(*) FROM occurrence GROUP BY 2
    UNION ALL SELECT 'alert ' || level, state::text, count(*) FROM alert GROUP BY 1, 2
    UNION ALL SELECT 'message ' || purpose, state::text, count(*) FROM message GROUP BY 1, 2
    UNION ALL SELECT 'report', state::text, count(*) FROM response GROUP BY 2
    ORDER BY 1, 2
"""

CALLS = "SELECT outcome, '', count(*) FROM call_attempt GROUP BY 1"
# Whose task is done, though nobody has called.
UNCALLED = """
    SELECT '', '', count(*) FROM task WHERE kind = 'call_patient' AND outcome = 'done'
    AND NOT EXISTS (SELECT FROM call_attempt c WHERE c.occurrence_id = task.occurrence_id)
"""
BY_STAFF = "SELECT '', '', count(*) FROM response WHERE channel = 'staff' AND reporter = 'staff'"
LISTED = """
    SELECT id, (SELECT outcome FROM call_attempt c WHERE c.task_id = task.id), 1
    FROM task WHERE kind = 'call_patient' AND state = 'open'
"""


@dataclass(frozen=True)
class Played:
    """What a simulation left behind."""

    made: Made
    figures: list[tuple[str, str, int]]
    head: str
    wrong: dict[str, int]


@contextmanager
def doors(owner_url: str, begin: datetime, seed: str = "months") -> Iterator[Doors]:
    clock, ids = VirtualClock(begin), SeededIds(seed)
    vault = KeyRing(KEYS, SECRET, ids)
    web = Database(make_engine(url_as(owner_url, WEB, KEYS)), ids, vault, clock)
    worker = Database(make_engine(url_as(owner_url, WORKER, KEYS)), ids, vault, clock)
    try:
        yield Doors(web, worker, clock, ids)
    finally:
        web.close()
        worker.close()


def in_turn(owner_url: str) -> Play:
    """Sites one after the other, in this process."""

    def play_all(parts: Sequence[Part], progress: Progress) -> list[tuple[PastText, ...]]:
        played = []
        for part in parts:
            with doors(owner_url, part.begin, part.seed) as opened:
                played.append(months.play(opened, part, progress))
        return played

    return play_all


def beside(owner_url: str) -> Play:
    """Sites side by side, as `rsm demo` makes them."""
    web, worker = url_as(owner_url, WEB, KEYS), url_as(owner_url, WORKER, KEYS)
    return side_by_side(Addresses(owner_url, web, worker), KEYS)


def play(
    owner_url: str,
    size: Size = SMALL,
    by: Callable[[str], Play] = in_turn,
    end: datetime = END,
) -> Played:
    order = Order(end, PUBLIC, size)
    with doors(owner_url, order.begin) as opened:
        made = demo.make(opened, order, by(owner_url), Silent())
        with opened.worker.begin(EVERYWHERE) as tx:
            head = heads_hash(tx)
        found = {check.value: count for check, count in audit_due(opened.worker).found.items()}
    return Played(made, read(owner_url, FIGURES), head, {k: v for k, v in found.items() if v})


def read(owner_url: str, query: str) -> list[tuple[str, str, int]]:
    engine = create_engine(owner_url)
    with engine.connect() as connection:
        rows = [(str(row[0]), str(row[1]), int(row[2])) for row in connection.execute(text(query))]
    engine.dispose()
    return rows


@pytest.fixture
def another_url(server: Server) -> Iterator[str]:
    """A second clone of the template, for the same simulation once more."""
    with waiting(fresh_name(), server.shelf) as place:
        place.make()
        yield server.url_of(place.name)


def test_weeks_pass_people_answer_and_no_promise_is_broken(owner_url: str) -> None:
    played = play(owner_url)
    figures = {(what, state): count for what, state, count in played.figures}
    assert figures["survey", "completed"] >= 6
    assert figures["message survey_invite", "delivered"] >= figures["survey", "completed"] - 5
    assert played.wrong == {}


def test_a_visitor_finds_every_kind_of_work(owner_url: str) -> None:
    played = play(owner_url, Size(patients=14, days=21, sites=1))
    figures = {row[:2] for row in played.figures}
    assert ("alert urgent", "open") in figures
    assert ("alert urgent", "acknowledged") in figures
    assert ("alert emergency", "open") in figures
    assert ("alert soon", "open") in figures
    addresses = {number for one in played.made.texts for number in (one.sender, one.to)}
    mails = {one for one in addresses if "@" in one}
    assert mails
    assert all(one.endswith("example.org") for one in mails)
    numbers = addresses - mails
    assert [number for number in numbers if number[5:10] != "55501" or len(number) != 12] == []


def test_whom_a_person_calls_answers_on_the_phone_and_every_call_is_noted(owner_url: str) -> None:
    played = play(owner_url, Size(patients=10, days=28, sites=1))
    calls = dict(row[:2] for row in read(owner_url, CALLS))
    assert "reached" in calls
    assert {"voicemail", "no_answer"} & set(calls)
    ended = read(
        owner_url,
        "SELECT outcome, '', count(*) FROM task WHERE kind = 'call_patient'"
        " AND state = 'done' GROUP BY 1",
    )
    assert {row[0] for row in ended} <= {"done", "not_reached", "not_needed"}
    assert read(owner_url, UNCALLED) == [("", "", 0)]
    assert read(owner_url, BY_STAFF)[0][2] > 0
    assert played.wrong == {}


RULES = """
    SELECT 'expected', '', count(*) FROM expected_level WHERE ended_at IS NULL
    UNION ALL SELECT 'override', CASE WHEN patient_id IS NOT NULL THEN 'hers'
        WHEN decided_by IS NULL THEN 'waits' ELSE 'agreed' END, count(*)
        FROM rule_override WHERE ended_at IS NULL GROUP BY 2
    UNION ALL SELECT 'release', state::text, count(*) FROM rule_release GROUP BY 2
    UNION ALL SELECT 'judged', '', count(*) FROM shadow_judgement
    UNION ALL SELECT 'held', reason::text, count(*) FROM suppressed_finding GROUP BY 2
"""


def test_a_visitor_finds_what_rules_are_and_how_they_are_changed(owner_url: str) -> None:
    played = play(owner_url, Size(patients=16, days=28, sites=1))
    found = {row[:2]: row[2] for row in read(owner_url, RULES)}
    assert found["expected", ""] >= 1
    assert {each for each in found if each[0] == "override"} == {
        ("override", "hers"), ("override", "agreed"), ("override", "waits")
    }  # fmt: skip
    assert found["release", "shadow"] == 1
    assert found["judged", ""] > 10
    assert sum(count for (what, _), count in found.items() if what == "held") > 0
    assert played.wrong == {}


# In New York: Friday noon, Sunday morning, Tuesday night.
@pytest.mark.parametrize(
    "later",
    [
        timedelta(),
        pytest.param(timedelta(hours=46), marks=pytest.mark.soak),
        pytest.param(timedelta(hours=111), marks=pytest.mark.soak),
    ],
)
def test_a_visitor_finds_a_few_to_call_whenever_the_demo_is_started(
    owner_url: str, later: timedelta
) -> None:
    played = play(owner_url, Size(patients=16, days=21, sites=1), end=END + later)
    assert 2 <= len(read(owner_url, LISTED)) <= 5
    before = [outcome for _, outcome, _ in read(owner_url, LISTED) if outcome != "None"]
    assert sorted(before) == ["reached", "voicemail"]
    assert played.wrong == {}


def test_the_same_seed_gives_the_same_figures_and_the_same_audit_head(
    owner_url: str, another_url: str
) -> None:
    one, other = play(owner_url), play(another_url)
    assert one.figures == other.figures
    assert one.head == other.head
    assert one.made == other.made


def test_sites_side_by_side_come_to_the_same_as_one_after_the_other(
    owner_url: str, another_url: str
) -> None:
    size = Size(patients=6, days=14, sites=2)
    one, other = play(owner_url, size), play(another_url, size, beside)
    assert one.figures == other.figures
    assert one.head == other.head
    assert one.made == other.made
    assert one.wrong == {}


def test_answering_item_by_item_comes_to_the_same_as_entering_at_once(
    owner_url: str, another_url: str
) -> None:
    reports = "SELECT 'report', answers::text, 1 FROM response WHERE state = 'final' ORDER BY 2"
    assert one_week(owner_url, one_by_one=True) > 2
    assert one_week(another_url, one_by_one=False) > 2
    assert read(owner_url, reports) == read(another_url, reports)


def one_week(owner_url: str, *, one_by_one: bool) -> int:
    """Everybody's first surveys; returns how many events of answering there were."""
    span, book = Months((END - timedelta(days=9)).date(), 9), habits.shipped()
    with doors(owner_url, Order(END, PUBLIC, Size(4, 9)).begin) as opened:
        built = clinic.build(opened.web, clinic.BLUEPRINTS[:1])
        cast = run.cast(built.sites, 4, "week", book, span)
        post = Post(opened.clock, opened.ids, cast.unreachable)
        world = World(opened.web, opened.worker, opened.clock, post, PUBLIC, "week", one_by_one)
        run.enter(world, cast, book, span, END)
        run.run_until(world, END, Silent())
    return read(owner_url, "SELECT '', '', count(*) FROM answer_event")[0][2]


def test_impossible_habits_are_refused_with_the_line() -> None:
    shipped = (habits.LIBRARY / "habits.toml").read_text()
    with pytest.raises(Invalid, match=r"mine\.toml:\d+: patients\.forgets"):
        habits.parse_habits(re.sub(r"(?m)^forgets = 0", "forgets = 1", shipped), "mine.toml")
