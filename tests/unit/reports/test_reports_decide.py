"""When a report is due on the site's own clock, and what it is known by."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from rsm.kernel.errors import Invalid
from rsm.metrics.model import Days
from rsm.reports import decide
from rsm.reports.model import Made, Month, Wish

NEW_YORK, APIA, HONOLULU = "America/New_York", "Pacific/Apia", "Pacific/Honolulu"
OCTOBER = Month(date(2026, 10, 1))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def due(now: datetime, zone: str = NEW_YORK, day: int = 1, since: datetime = LONG_AGO) -> str:
    found = decide.month_due(Wish(day, "en"), since, now, zone)
    return str(found) if found else ""


def test_a_month_knows_its_days_its_neighbours_and_its_name() -> None:
    assert OCTOBER.days == Days(date(2026, 10, 1), date(2026, 10, 31))
    assert (str(OCTOBER.before), str(OCTOBER.after)) == ("2026-09", "2026-11")
    assert Month.of(date(2026, 1, 31)).before == Month(date(2025, 12, 1))
    assert Month.of(date(2024, 2, 29)).days.last == date(2024, 2, 29)
    assert Month.named("2026-10") == OCTOBER


@pytest.mark.parametrize("name", ["", "2026", "2026-13", "2026-1", "2026-10-01", "../../x", "now"])
def test_what_is_no_month_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        Month.named(name)


def test_a_month_is_known_by_its_first_day() -> None:
    with pytest.raises(ValueError, match="first day"):
        Month(date(2026, 10, 2))


def test_it_is_due_at_seven_on_the_sites_clock() -> None:
    assert due(datetime(2026, 11, 1, 11, 59, tzinfo=UTC)) == "2026-09"  # 6:59 in New York
    assert due(datetime(2026, 11, 1, 12, 0, tzinfo=UTC)) == "2026-10"  # winter time began at 2:00


def test_summer_time_moves_the_instant_and_not_the_hour() -> None:
    assert decide.due_at(OCTOBER.before, 1, NEW_YORK) == datetime(2026, 10, 1, 11, tzinfo=UTC)
    assert decide.due_at(OCTOBER, 1, NEW_YORK) == datetime(2026, 11, 1, 12, tzinfo=UTC)
    # In Chile the night that ends winter time leaves no midnight; seven o'clock is there.
    found = decide.due_at(Month(date(2026, 8, 1)), 6, "America/Santiago")
    assert found == datetime(2026, 9, 6, 10, tzinfo=UTC)


def test_one_instant_is_another_month_on_another_clock() -> None:
    now = datetime(2026, 10, 31, 18, 30, tzinfo=UTC)  # 1 November, 7:30 in Apia; 8:30 in Honolulu
    assert due(now, APIA) == "2026-10"
    assert due(now, HONOLULU) == "2026-09"
    assert decide.last_over(now, APIA) == OCTOBER
    assert decide.last_over(now, HONOLULU) == OCTOBER.before


def test_whoever_asks_after_the_day_begins_with_the_next_month() -> None:
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert due(now, since=datetime(2026, 11, 15, tzinfo=UTC)) == ""
    assert due(datetime(2026, 12, 1, 13, tzinfo=UTC), since=now) == "2026-11"


def test_a_worker_that_stood_still_makes_up_for_it() -> None:
    assert due(datetime(2026, 11, 28, 9, 0, tzinfo=UTC)) == "2026-10"
    assert due(datetime(2026, 12, 1, 9, 0, tzinfo=UTC)) == "2026-10"  # before the next one is due


def test_a_day_beyond_the_tenth_and_a_language_without_words_are_refused() -> None:
    with pytest.raises(Invalid) as raised:
        decide.must_be_possible(Wish(11, "fr"))
    assert {problem.where for problem in raised.value.problems} == {"day", "language"}
    decide.must_be_possible(Wish(10, "es"))


def test_a_site_reads_its_first_language_that_reports_are_written_in() -> None:
    assert decide.language_for(["es", "en"]) == "es"
    assert decide.language_for(["ar", "es-MX", "en"]) == "es"
    assert decide.language_for(["ar"]) == "en"
    assert decide.language_for([]) == "en"


def test_the_mail_is_one_for_each_site_month_and_reader() -> None:
    site, reader, other = UUID(int=1), UUID(int=2), UUID(int=3)
    keys = {
        decide.key_of(site, OCTOBER, reader),
        decide.key_of(site, OCTOBER, other),
        decide.key_of(site, OCTOBER.after, reader),
        decide.key_of(other, OCTOBER, reader),
    }
    assert len(keys) == 4
    assert decide.key_of(site, OCTOBER, reader) in keys


def test_the_same_figures_have_the_same_digest_and_others_have_another() -> None:
    assert decide.digest_of({"b": [1, "ñ"], "a": 2}) == decide.digest_of({"a": 2, "b": [1, "ñ"]})
    assert decide.digest_of([1, 2]) != decide.digest_of([2, 1])


def test_a_month_is_named_in_the_readers_language() -> None:
    assert decide.month_name(OCTOBER, "en") == "October 2026"
    assert decide.month_name(OCTOBER, "es") == "octubre de 2026"


def test_a_report_without_its_three_headlines_is_none() -> None:
    with pytest.raises(ValueError, match="3 headlines"):
        Made("<p>", "d", "v", ("one",))
