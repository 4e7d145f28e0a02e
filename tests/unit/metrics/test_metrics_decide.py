"""Buckets, medians and P90, worked out by hand."""

from collections import Counter
from dataclasses import fields
from datetime import timedelta
from math import ceil, inf

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.registry import CollectorRegistry

from rsm.kernel.ids import SeededIds, new_id
from rsm.metrics import sums
from rsm.metrics.decide import (
    ACKNOWLEDGE_BOUNDS,
    CLOSE_BOUNDS,
    Ranked,
    percentile,
    times,
)
from rsm.metrics.definitions import MEASURES
from rsm.metrics.dimensions import Dimension
from rsm.metrics.exporter import Board
from rsm.metrics.gauges import site_labels
from rsm.metrics.model import AlertCounts
from rsm.metrics.series import EXPORTED, EXPORTED_NAMES
from tests.conftest import MONDAY_NINE

HOUR = timedelta(hours=1)


def test_what_is_not_over_counts_as_longest() -> None:
    found = times([Ranked.of({60: 1, None: 1, 47 * 60: 1})], CLOSE_BOUNDS)
    assert found.buckets == (2, 0, 0, 1)
    assert found.median == 47 * HOUR  # the second of three
    assert found.p90 is None  # the third is not over: nobody knows how long it takes


def test_a_time_on_a_bound_is_in_the_later_bucket() -> None:
    on_bounds = {48 * 60: 1, 72 * 60: 1, 7 * 24 * 60: 1}
    assert times([Ranked.of(on_bounds)], CLOSE_BOUNDS).buckets == (0, 1, 1, 1)


def test_there_is_a_bucket_more_than_there_are_bounds() -> None:
    for bounds in (CLOSE_BOUNDS, ACKNOWLEDGE_BOUNDS):
        assert times((), bounds).buckets == (0,) * (len(bounds) + 1)


def test_ten_hours_have_their_median_at_the_fifth_and_their_p90_at_the_ninth() -> None:
    hours = Ranked.of({60 * number: 1 for number in range(10, 0, -1)})
    assert percentile([hours], 0.5) == 5 * HOUR
    assert percentile([hours], 0.9) == 9 * HOUR


def test_nothing_has_no_median() -> None:
    assert percentile((), 0.5) is None
    assert percentile([Ranked()], 0.5) is None


MINUTES = st.dictionaries(st.none() | st.integers(0, 20_000), st.integers(1, 5), max_size=12)


@given(st.lists(MINUTES, min_size=1, max_size=4), st.sampled_from((0.5, 0.9)))
def test_parts_together_are_ranked_as_if_they_were_one(
    parts: list[dict[int | None, int]], share: float
) -> None:
    together: Counter[int | None] = Counter()
    for part in parts:
        together.update(part)
    ranked = [Ranked.of(part) for part in parts]
    assert times(ranked, CLOSE_BOUNDS) == times([Ranked.of(together)], CLOSE_BOUNDS)
    one_by_one = sorted((inf if each is None else each) for each in together.elements())
    nearest = one_by_one[ceil(share * len(one_by_one)) - 1] if one_by_one else inf
    found = percentile(ranked, share)
    assert found == (None if nearest == inf else timedelta(minutes=nearest))


def test_whatever_is_counted_is_defined() -> None:
    defined = {measure.id for measure in MEASURES}
    counted = {*sums.surveys(Dimension.ALL).counts, *(each.name for each in fields(AlertCounts))}
    assert counted <= defined


def test_every_measure_says_what_it_counts_and_whom_it_leaves_out() -> None:
    assert len({measure.id for measure in MEASURES}) == len(MEASURES)
    for measure in MEASURES:
        assert measure.words
        assert measure.numerator
        assert any("test patients" in word for word in measure.excluded)


def test_labels_are_never_a_person() -> None:
    allowed = {"site", "level", "check", "reason", "process", "channel", "state", "lane", "job"}
    allowed |= {"stage", "quantile", "why", "finding", "measure"}
    assert {label for series in EXPORTED for label in series.labels} <= allowed


def test_sites_of_one_name_are_told_apart() -> None:
    ids = SeededIds("sites")
    first, second, third = (new_id(ids, MONDAY_NINE) for _ in range(3))
    labels = site_labels({first: "Lakeside Clinic", second: "Lakeside clinic", third: "Hill"})
    assert labels[third] == "hill"
    assert labels[first].startswith("lakeside-clinic-")
    assert len(set(labels.values())) == 3


def test_the_board_describes_every_series_and_forgets_what_is_anothers() -> None:
    registry = CollectorRegistry()
    board = Board(registry)
    described = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in board.describe()
    }
    assert described == EXPORTED_NAMES
    board.show_audit({"P1": 2})
    board.beat("worker", 5.0)
    board.job_failed("open")
    shown = generate_latest(registry).decode()
    assert 'rsm_audit_problems{check="P1"} 2.0' in shown
    assert 'rsm_job_failures_total{job="open"} 1.0' in shown
    board.forget_audit()
    shown = generate_latest(registry).decode()
    assert "rsm_audit_problems{" not in shown
    assert 'rsm_heartbeat_timestamp_seconds{process="worker"} 5.0' in shown
