"""The archive's policy names every table; a row says the same for ever; nothing is filed twice."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsm.bootstrap import metadata
from rsm.kernel.ids import SeededIds, new_id
from rsm.kernel.words import Channel
from rsm.reports.archive_compare import Comparison, Filed
from rsm.reports.archive_model import Month, Refused, Row, file_name, following, month_of
from rsm.reports.archive_policy import DROPPED, EMPTIED, SHELVED, STAYS
from rsm.reports.archive_rows import Digest, row_of

SITE = UUID(int=7)


def row(number: int, state: str = "sent") -> Row:
    return row_of({"id": UUID(int=number), "state": state})


def filed(number: int, state: str = "sent", *, noted: bool = True) -> Filed:
    return Filed(row(number, state), "a file", noted)


# --- the policy ---------------------------------------------------------------------------


def test_every_table_has_one_fate_and_a_reason() -> None:
    named = [each.table for each in (*SHELVED, *DROPPED)]
    named += [*EMPTIED, *(table for tables in STAYS.values() for table in tables)]
    assert sorted(named) == sorted(metadata().tables)
    assert all((*STAYS, *EMPTIED.values(), *(each.why for each in (*SHELVED, *DROPPED))))


@pytest.mark.parametrize("shelved", SHELVED, ids=lambda each: each.table)
def test_what_is_archived_is_a_sites_and_nothing_points_to_it(shelved: object) -> None:
    tables = metadata().tables
    table = tables[getattr(shelved, "table", "")]
    assert {"id", "site_id"} <= set(table.c.keys())
    pointed = {key.column.table for each in tables.values() for key in each.foreign_keys}
    assert table not in pointed


# --- months -------------------------------------------------------------------------------


@given(st.dates(date(2001, 1, 1), date(2199, 12, 31)), st.integers(0, 86_399_999))
def test_an_id_lies_in_the_month_in_which_it_was_made(day: date, millisecond: int) -> None:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(milliseconds=millisecond)
    made = new_id(SeededIds("month"), at)
    month = Month(SHELVED[0], SITE, day.replace(day=1))
    first, end = month.span
    assert first <= made < end
    assert month_of(made) == month.first
    assert month_of(end) == following(month.first)


def test_a_file_is_called_by_site_table_month_and_part() -> None:
    assert file_name(SITE, "link", "2024-03", 1) == f"{SITE}/link/2024-03.parquet"
    assert file_name(SITE, "link", "2024-03", 2) == f"{SITE}/link/2024-03.2.parquet"


# --- rows ---------------------------------------------------------------------------------


def test_a_line_does_not_depend_on_zone_order_types_or_later_columns() -> None:
    at = datetime(2024, 3, 4, 12, tzinfo=UTC)
    one = row_of({"id": SITE, "at": at, "body": b"\x01", "channel": Channel.SMS, "facts": {"a": 1}})
    there = {"facts": '{"a":1}', "channel": "sms", "body": b"\x01", "id": str(SITE), "later": None}
    other = row_of(there | {"at": at.astimezone(timezone(timedelta(hours=-5)))})
    assert one.line == other.line


def test_a_digest_tells_rows_that_differ_are_missing_or_stand_otherwise() -> None:
    def digest(*rows: Row) -> str:
        made = Digest()
        assert list(made.over(rows)) == list(rows)
        assert made.rows == len(rows)
        return made.hex

    same = digest(row(1), row(2))
    others = (digest(row(1)), digest(row(2), row(1)), digest(row(1), row(2, "failed")))
    assert same == digest(row(1), row(2))
    assert same not in others


# --- what is still to be written ----------------------------------------------------------


def test_what_no_file_has_is_fresh_and_what_one_has_is_there_again() -> None:
    comparison = Comparison([filed(2), filed(4)])
    fresh = comparison.fresh([row(1), row(2), row(3)])
    assert [each.id for each in fresh] == [row(1).id, row(3).id]
    assert (comparison.again, comparison.new) == ([UUID(int=2)], 2)


def test_a_row_that_a_file_has_otherwise_is_refused() -> None:
    with pytest.raises(Refused, match="a file: the database has a row otherwise"):
        list(Comparison([filed(2, "failed")]).fresh([row(1), row(2)]))


@pytest.mark.parametrize("gone", [1, 3])
def test_a_file_that_nobody_noted_has_no_row_that_is_gone(gone: int) -> None:
    left = sorted([filed(2, noted=False), filed(gone, noted=False)], key=lambda each: each.row.id)
    with pytest.raises(Refused, match="nobody noted it"):
        list(Comparison(left).fresh([row(2)]))


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_every_row_is_fresh_or_there_again_and_never_both(stored: set[int], kept: set[int]) -> None:
    comparison = Comparison(filed(number) for number in sorted(kept))
    fresh = [UUID(each.id).int for each in comparison.fresh(row(each) for each in sorted(stored))]
    assert fresh == sorted(stored - kept)
    assert [each.int for each in comparison.again] == sorted(stored & kept)
