"""How a monthly report is written: findings in words, what is left out, both languages. Pure."""

import re
from dataclasses import replace

import pytest

from rsm.improvement.model import Entry
from rsm.instruments.library import find
from rsm.metrics.change_store import Changed
from rsm.metrics.figures import Figure
from rsm.metrics.statistics.change import Paired
from rsm.reports.decide import digest_of
from rsm.web import reports_funders as funders
from rsm.web import reports_words as words
from rsm.web.reports_facts import Facts, last_weeks, year_to
from rsm.web.reports_month import file_of, headline, view_of
from rsm.web.views.month_report import MonthReport, Section
from tests.report_facts import COUNTS, OCTOBER, figures, month_facts, rate

MINUS, PLUS = "\N{MINUS SIGN}", "+"
BOTH = pytest.mark.parametrize("language", ["en", "es"])


def named(view: MonthReport, name: str) -> Section:
    return next(each for each in (*view.sections, *view.funders) if each.name == name)


def with_counts(facts: Facts, **counts: int) -> Facts:
    return replace(facts, now=figures(**(COUNTS | counts)))


@BOTH
def test_every_word_of_it_is_in_its_language(language: str) -> None:
    text = file_of(view_of(month_facts(language)))
    assert f'<html lang="{language}"' in text
    other = {"en": "Lo que esto no puede mostrar", "es": "What this cannot show"}[language]
    mine = {"es": "Lo que esto no puede mostrar", "en": "What this cannot show"}[language]
    assert mine in text
    assert other not in text


@BOTH
def test_it_is_one_file_that_fetches_nothing(language: str) -> None:
    text = file_of(view_of(month_facts(language)))
    assert not re.findall(r'(?:src|href)="(?!data:,|#)', text)
    assert "url(" not in text
    assert "<script" not in text


def test_every_picture_stands_with_its_figures() -> None:
    view = view_of(month_facts())
    drawn = [each for each in (*view.sections, *view.funders) if each.svg]
    assert {each.name for each in drawn} >= {"run_completed", "equity_age", "retention"}
    for each in drawn:
        assert each.rows
        assert f'aria-labelledby="{each.name}"' in each.svg


def test_completion_that_fell_by_more_than_chance_is_said_first() -> None:
    facts = month_facts()  # 288 of 400 after 330 of 400
    assert headline(facts) == (
        "Fewer surveys are finished than in the month before: 72 % of those due."
    )
    same = replace(facts, before=figures(due=400, completed=290))
    assert headline(same) == "72 % of the surveys due are finished."
    more = replace(facts, before=figures(due=400, completed=200))
    assert headline(more).startswith("More surveys are finished")


def test_the_three_headlines_are_completion_loss_and_alerts() -> None:
    assert view_of(month_facts()).headlines == (
        "Fewer surveys are finished than in the month before: 72 % of those due.",
        "Most is lost before the first question: 70 surveys.",
        "50 of 64 alerts were closed within 48 hours.",
    )


def test_most_lost_before_anything_is_sent_is_named() -> None:
    view = view_of(with_counts(month_facts(), not_sent=90))
    assert view.headlines[1] == "Most is lost before anything is sent: 90 surveys."
    view = view_of(with_counts(month_facts(), not_sent=0, not_answered=0, partial=0))
    assert view.headlines[1] == "Nothing is lost on the way."


def test_each_rate_has_its_interval() -> None:
    rows = {row[0]: row[1:] for row in named(view_of(month_facts()), "surveys").rows}
    assert rows["Completed, of due"] == ("288 of 400", "72 %", "67 to 76")
    assert rows["Due"] == ("400", words.NONE, words.NONE)


def test_a_signal_of_the_last_weeks_is_told_in_words_with_the_journal() -> None:
    run = named(view_of(month_facts()), "run_completed")
    assert run.heading == (
        "Completed, of due: in the last four weeks below the centre, by more than chance"
        " (eight in a row on one side, two of three near a limit)"
    )
    assert run.notes == ("1: 12 Aug 2026, Nurses trained", "2: 14 Sep 2026, Calls began")
    assert run.svg.count('class="note"') == 2
    said = [row[0] for row in run.rows if "eight in a row on one side" in row[3]]
    assert said == ["19 Oct 2026"]  # where the stretch ends


def test_a_short_run_says_that_it_is_too_short_and_signals_nothing() -> None:
    run = named(view_of(month_facts()), "run_alerting")
    assert "4 weeks are known, and 12 are needed" in run.heading
    assert {row[3] for row in run.rows} == {""}


def test_an_entry_outside_the_weeks_shown_is_left_out() -> None:
    facts = month_facts()
    inside = Entry(facts.entries[0].id, OCTOBER.first, facts.entries[0].kind, "Roster mended", "")
    view = view_of(replace(facts, entries=(*facts.entries, inside)))
    assert named(view, "run_alerting").notes == ("1: 1 Oct 2026, Roster mended",)


def test_a_group_that_differs_from_the_others_is_named() -> None:
    view = view_of(month_facts())
    assert named(view, "equity_age").heading == (
        "Completion by decade of birth differs by more than chance:"
        " born in the 1940s, born in the 1960s"
    )
    assert "no group differs" in named(view, "equity_language").heading


def test_a_division_with_one_group_on_record_is_no_picture_and_stands_as_incomplete() -> None:
    view = view_of(month_facts())
    assert "equity_sex" not in {each.name for each in view.sections}
    rows = {row[0]: row[1:] for row in named(view, "completeness").rows}
    assert rows["by sex"] == ("210 of 400", "52 %", "48 to 57")
    assert rows["by ethnicity"][0] == "0 of 400"


def test_a_change_is_one_only_beyond_chance() -> None:
    rows = {row[0]: row[1:] for row in named(view_of(month_facts()), "changes").rows}
    assert rows["Completed, of due"] == (
        "82 % (330 of 400)",
        "72 % (288 of 400)",
        f"{MINUS}16 to {MINUS}5",
        "fell",
    )
    assert rows["Baselines completed"][3] == "no more than chance"


def test_a_month_without_data_says_so_and_divides_by_nothing() -> None:
    facts = replace(
        month_facts(),
        now=figures(),
        before=figures(),
        weeks={"completed": {}, "not_sent": {}, "alerting": {}},
        retention=(),
        patients_due=0,
        groups={each: {} for each in month_facts().groups},
    )
    view = view_of(facts)
    assert view.heading == "No survey was due in this month."
    assert view.headlines[2] == "No alert was opened."
    assert any("empty for that reason" in each for each in view.cautions)
    assert not [each for each in view.sections if each.svg]
    assert "nan" not in file_of(view)


def test_what_leaves_a_site_of_four_shows_how_the_asking_went_and_nothing_more() -> None:
    facts = replace(month_facts(leaves=True), patients_due=4)
    view = view_of(facts)
    assert view.small
    assert [each.name for each in view.sections] == ["surveys"]
    assert (view.facts, view.funders) == ((), ())
    assert "<svg" not in file_of(view)
    assert any("left out" in each for each in view.cautions)
    assert view.headlines[0] == "Fewer than 10 people had a survey due in this month."
    assert not re.search(r"\d+ %", " ".join(view.headlines))


def test_inside_the_house_a_site_of_four_sees_everything_with_a_warning() -> None:
    view = view_of(replace(month_facts(), patients_due=4))
    assert not view.small
    assert "run_completed" in {each.name for each in view.sections}
    assert any("do not pass this on" in each for each in view.cautions)


def test_ten_people_are_enough() -> None:
    assert not view_of(replace(month_facts(leaves=True), patients_due=10)).small
    assert view_of(replace(month_facts(leaves=True), patients_due=9)).small


def test_funders_read_how_many_are_known_twice_before_any_change() -> None:
    section = named(view_of(month_facts()), "change_scores")
    assert section.heading == (
        "25 of 40 people with a baseline have a follow-up (62 %), of 52 enrolled"
    )
    rows = {row[0]: row[1:] for row in section.rows}
    assert rows["wellbeing.metric"] == (
        *("40 of 52", "25 of 40", "62 %", "102.1 (14.6)", "110.4 (15.3)", f"{PLUS}8.3 (10.6)"),
        f"{PLUS}0.54 (0.24 to 0.87)",
    )
    assert rows["pain.max"][-1] == "fewer than three people"
    assert rows["fatigue.max"][-1] == "everybody said the same"


def test_no_mean_of_fewer_than_ten_people_leaves_the_house() -> None:
    rows = {row[0]: row for row in named(view_of(month_facts(leaves=True)), "change_scores").rows}
    assert rows["fatigue.max"][-1] == "fewer than 10 people: not in a file that leaves"
    assert rows["fatigue.max"][4:7] == (words.NONE,) * 3
    assert rows["pain.max"][-1] == "fewer than three people"
    assert rows["wellbeing.metric"][5] == "110.4 (15.3)"


def test_scores_are_called_by_their_symptom_and_say_which_way_is_good() -> None:
    weekly = [find("weekly-symptoms")]
    pain = funders._score(Changed("pain.max", 3, 0, None, None), weekly, "en")
    assert pain is not None
    assert pain.name == "Pain (pain.max); higher is worse"
    dolor = funders._item(Changed("pain.severity", 3, 0, None, None), weekly, "es")
    assert dolor is not None
    assert dolor.name == "Dolor (pain.severity)"
    unknown = Changed("of-somebody-else", 3, 0, None, None)
    assert funders._score(unknown, weekly, "en") == unknown


def test_what_is_a_name_and_no_quantity_is_never_subtracted() -> None:
    eq = find("eq-5d-5l")
    profile = next(each for each in eq.scores if each.kind == "profile")
    assert funders._score(Changed(profile.name, 3, 0, None, None), [eq], "en") is None


def test_a_number_is_told_on_its_own_scale() -> None:
    """Stored as a count of its smallest step: 382 is 38.2."""
    safety = find("safety-questions")
    number = next(each for each in safety.items if each.type == "number")
    pairs = Paired(4, 382.0, 370.0, 10.0, 8.0, 0.5)
    found = funders._item(Changed(number.code, 4, 4, 20.0, pairs), [safety], "en")
    assert found is not None
    assert found.pairs == Paired(4, 38.2, 37.0, 1.0, 0.8, 0.5)


@BOTH
def test_funders_read_what_a_group_without_a_comparison_cannot_show(language: str) -> None:
    text = " ".join(view_of(month_facts(language)).limits)
    for said in {
        "en": ("control group", "answered twice", "regression to the mean"),
        "es": ("grupo de control", "dos veces", "regresión a la media"),
    }[language]:
        assert said in text


def test_without_the_part_for_funders_it_is_not_there() -> None:
    view = view_of(month_facts(funders=False))
    assert view.funders == ()
    assert "control group" not in " ".join(view.limits)


def test_a_later_correction_changes_the_digest_and_other_words_do_not() -> None:
    view = view_of(month_facts())
    other = view_of(with_counts(month_facts(), completed=289, by_self=251))
    assert digest_of(view.figures) != digest_of(other.figures)
    reworded = replace(view, heading="Other words", cautions=("other",))
    assert digest_of(reworded.figures) == digest_of(view.figures)


def test_who_stays_goes_on_after_the_month_and_is_no_correction() -> None:
    facts = month_facts()
    later = view_of(replace(facts, retention=facts.retention[:3]))
    assert digest_of(later.figures) == digest_of(view_of(facts).figures)


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert words.number(-3.25, "en", 1) == f"{MINUS}3.2"
    assert words.number(3.5, "es", 1) == "3,5"
    assert words.number(-0.04, "en", 1) == "0.0"
    assert words.signed(0.04, "es", 1) == "0,0"
    assert words.signed(0.5, "es", 1) == "+0,5"
    assert words.percent(1, 0) == words.NONE


def test_a_rate_of_nothing_neither_rose_nor_fell() -> None:
    nothing = Figure("completed", 0.0, 0)
    assert words.change(nothing, rate("completed", 1, 2)) == 0
    assert words.gap_of(rate("completed", 1, 2), nothing) is None


def test_weeks_shown_are_whole_and_the_year_is_of_twelve_months() -> None:
    shown = last_weeks(OCTOBER.days.last)  # a Saturday
    assert (shown.first.weekday(), shown.last.isoformat()) == (0, "2026-10-25")
    assert ((shown.last - shown.first).days + 1) == 26 * 7
    assert year_to(OCTOBER.days.last).first.isoformat() == "2025-11-01"


def test_the_forecast_has_its_bounds_and_stands_after_the_last_month_alone() -> None:
    facts = month_facts()
    assert named(view_of(facts), "forecast").heading.startswith("If all goes on")
    assert named(view_of(replace(facts, forecast=None)), "forecast").rows == ()
    earlier = view_of(replace(facts, is_last=False))
    assert "forecast" not in {each.name for each in earlier.sections}
    assert digest_of(earlier.figures) == digest_of(view_of(facts).figures)
