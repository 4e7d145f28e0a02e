"""What of a month leaves the house: no group, week or word in which one could be recognised."""

from dataclasses import replace
from datetime import UTC, datetime

from rsm.metrics.dimensions import Dimension
from rsm.web.reports_month import view_of
from rsm.web.views.month_report import MonthReport, Section
from tests.report_facts import month_facts, rate


def named(view: MonthReport, name: str) -> Section:
    return next(each for each in view.sections if each.name == name)


def test_a_group_of_a_few_people_is_not_in_a_file_that_leaves() -> None:
    """Of 96 people 4 were born in the 1940s: alone they could be worked out from all together, so
    the next group is left out with them; and then one alone is no division any more."""
    people = {Dimension.AGE: {"1940": 4, "1950": 50, "1960": 42}}
    leaving = replace(month_facts(leaves=True), people={**month_facts().people, **people})
    sections = {each.name: each for each in view_of(leaving).sections}
    assert "equity_age" not in sections
    assert "equity_language" in sections
    inside = named(view_of(replace(leaving, wanted=month_facts().wanted)), "equity_age")
    assert [row[0] for row in inside.rows] == [
        "born in the 1940s", "born in the 1950s", "born in the 1960s"
    ]  # fmt: skip
    more = {"1960": rate("completed", 90, 110), "1970": rate("completed", 30, 40)}
    groups = {**leaving.groups[Dimension.AGE], **more}
    four = replace(
        leaving,
        groups={**leaving.groups, Dimension.AGE: groups},
        people={**leaving.people, Dimension.AGE: people[Dimension.AGE] | {"1970": 10}},
    )
    section = named(view_of(four), "equity_age")
    assert [row[0] for row in section.rows] == ["born in the 1950s", "born in the 1960s"]
    assert "groups of fewer than 10 people are left out" in section.counted
    complete = {row[0]: row[1] for row in named(view_of(leaving), "completeness").rows}
    assert complete["by decade of birth"] == "400 of 400"


def test_a_week_of_a_few_surveys_is_no_point_in_a_file_that_leaves() -> None:
    def alerting(*, leaves: bool) -> list[str]:
        facts = month_facts(leaves=leaves)
        (first, *later) = facts.weeks["alerting"]
        weeks = {first: rate("alerting", 1, 2)} | {each: rate("alerting", 5, 30) for each in later}
        facts = replace(facts, weeks={**facts.weeks, "alerting": weeks})
        return [row[1] for row in named(view_of(facts), "run_alerting").rows]

    assert alerting(leaves=False)[0] == "1 of 2"
    assert alerting(leaves=True) == ["5 of 30"] * 3


def test_what_a_person_wrote_into_the_journal_leaves_only_when_it_was_shared() -> None:
    now = datetime(2026, 9, 1, tzinfo=UTC)
    facts = month_facts(leaves=True)
    hers = replace(facts.entries[0], title="After Mrs Alvarez called", written_at=now)
    shared = replace(facts.entries[1], shared=True, written_at=now)
    view = view_of(replace(facts, entries=(hers, shared)))
    assert named(view, "run_completed").notes == (
        "1: 12 Aug 2026, Training", "2: 14 Sep 2026, Calls began"
    )  # fmt: skip
    inside = view_of(replace(facts, entries=(hers, shared), wanted=month_facts().wanted))
    assert "Alvarez" in named(inside, "run_completed").notes[0]
