"""Stories: a file plays the same again, and as few people as possible stand in it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from rsm.kernel.errors import Invalid
from rsm.simulate.orders import Order
from rsm.simulate.programme import programme
from rsm.simulate.promises import Broken
from rsm.simulate.shortest import shortest
from rsm.simulate.simulation import Outcome
from rsm.simulate.story import Line, Story, read_story

AT = datetime(2026, 10, 14, 9, 0, tzinfo=UTC)
SITE, HER, ROW = UUID(int=1), UUID(int=2), UUID(int=3)
PEOPLE = tuple(f"1:0:{number}" for number in range(8))
ORDER = Order(programme("demo"), "1", 8, 4, 1, date(2026, 10, 12), "http://127.0.0.1:8000")
BROKEN = Broken("P1", "a reminder was due and is nowhere", SITE, HER, (ROW,), AT)
STORY = Story(BROKEN, replace(ORDER, only=frozenset(PEOPLE[3:4])), (Line(AT, "survey opens"),))


def world(breaks: Callable[[frozenset[str]], bool], tries: list[int]) -> Callable[[Order], Outcome]:
    """Simulations in which the promise breaks whenever these people are among those who play."""

    def again(order: Order) -> Outcome:
        people = order.only or frozenset()
        tries.append(len(people))
        stories = (replace(STORY, order=order),) if breaks(people) else ()
        return Outcome(AT, True, tuple(each.broken for each in stories), {}, "", stories)

    return again


def test_whom_it_happens_to_alone_is_the_shortest_story() -> None:
    tries: list[int] = []
    found = shortest(STORY, PEOPLE, world(lambda people: PEOPLE[3] in people, tries))
    assert found.people == (PEOPLE[3],)
    assert tries == [1]


def test_where_it_takes_two_the_others_are_left_out_by_halves() -> None:
    tries: list[int] = []
    both = {PEOPLE[2], PEOPLE[3]}
    found = shortest(STORY, PEOPLE, world(lambda people: both <= people, tries))
    assert set(found.people) == both
    assert tries == [1, 4, 2, 2, 1, 1]


def test_what_cannot_be_had_shorter_takes_everybody_at_her_site() -> None:
    """So that it breaks when it is played again."""
    found = shortest(STORY, PEOPLE, world(lambda _people: False, []))
    assert set(found.people) == set(PEOPLE)
    assert (found.broken, found.lines) == (STORY.broken, STORY.lines)


def test_whoever_waits_may_end_the_search() -> None:
    tries: list[int] = []
    shortest(STORY, PEOPLE, world(lambda _people: True, tries), lambda: len(tries) < 1)
    assert tries == [1]
    tries.clear()
    both = {PEOPLE[2], PEOPLE[3]}
    found = shortest(STORY, PEOPLE, world(lambda people: both <= people, tries), lambda: not tries)
    assert tries == [1]
    assert set(found.people) == set(PEOPLE)


def test_a_story_says_in_which_file_it_is_kept() -> None:
    assert f"--replay {STORY.name}" in STORY.as_text()
    assert "--replay out/stories/P1.toml" in STORY.as_text("out/stories/P1.toml")


def test_a_story_ends_a_little_after_the_break() -> None:
    orders: list[Order] = []

    def again(order: Order) -> Outcome:
        orders.append(order)
        return Outcome(AT, True, (), {}, "")

    shortest(STORY, PEOPLE, again)
    assert all(AT < order.ends_at <= AT + timedelta(hours=6) for order in orders)


def test_a_file_holds_the_whole_order_and_no_more_than_ids_and_kinds(tmp_path: Path) -> None:
    own = replace(STORY.order, pack='key = "mine"\ntitle = "\u00fcber \\"x\\""\n')
    kept = tmp_path / STORY.name
    kept.write_text(replace(STORY, order=own).as_toml(), encoding="utf-8")
    again = read_story(kept)
    assert (again.broken, again.lines) == (STORY.broken, STORY.lines)
    assert replace(again.order, until=None) == own
    assert "P1 broke" in again.as_text()


def test_what_is_no_story_is_refused(tmp_path: Path) -> None:
    for text in ("", "promise = 1\n", STORY.as_toml().replace("2026-10-12", "soon")):
        file = tmp_path / "no-story.toml"
        file.write_text(text)
        with pytest.raises(Invalid, match=r"no-story\.toml"):
            read_story(file)
    with pytest.raises(Invalid, match="cannot be read"):
        read_story(tmp_path / "nowhere.toml")
