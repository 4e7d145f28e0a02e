"""What was known when: however late reports come in, each is judged with what was known then."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rsm.flow.course import judgings
from rsm.kernel.answers import answered
from rsm.kernel.words import Reporter
from rsm.metrics.replay_model import Version

BEGIN = datetime(2026, 10, 5, tzinfo=UTC)


@st.composite
def courses(draw: st.DrawFn) -> list[Version]:
    """Up to eight surveys of one patient; some come late, some are corrected or set aside."""
    versions: list[Version] = []
    for survey in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, 40))
        known = at + draw(st.sampled_from([0, 0, 0, 3, 20]))
        reporter = draw(st.sampled_from(Reporter))
        aside = draw(st.sampled_from([None, None, None, 5]))
        gone = None if aside is None else known + aside
        last = 2 if gone is None and draw(st.booleans()) else 1
        for revision in range(1, last + 1):
            known += draw(st.integers(1, 10)) if revision > 1 else 0
            versions.append(_version(survey, revision, at, known, reporter, gone))
    return versions


def _version(  # noqa: PLR0917 - a row as it is
    survey: int, revision: int, at: int, known: int, reporter: Reporter, gone: int | None
) -> Version:
    return Version(
        id=UUID(int=survey * 10 + revision),
        patient_id=UUID(int=1),
        occurrence_id=UUID(int=survey),
        revision=revision,
        reporter=reporter,
        instrument="x",
        answers={f"{survey}.{revision}": answered(1)},
        at=BEGIN + timedelta(hours=at),
        known_at=BEGIN + timedelta(hours=known, minutes=2 * survey + revision),  # never two at once
        is_sent=True,
        counted=gone is None,
        set_aside_at=None if gone is None else BEGIN + timedelta(hours=gone),
    )


def stood(version: Version, versions: list[Version], moment: datetime) -> bool:
    """Whether it was known at that moment, neither corrected nor set aside by then."""
    if version.known_at > moment:
        return False
    if version.set_aside_at is not None and version.set_aside_at < moment:
        return False
    return not any(
        other.occurrence_id == version.occurrence_id
        and other.revision > version.revision
        and other.known_at <= moment
        for other in versions
    )


@given(courses())
def test_each_judging_sees_exactly_what_stood_then(versions: list[Version]) -> None:
    for each in judgings(versions):
        by_proxy = each.version.reporter is Reporter.PROXY
        expected = [
            version
            for version in versions
            if version.at < each.version.at
            and (version.reporter is Reporter.PROXY) == by_proxy
            and stood(version, versions, each.at)
        ]
        expected.sort(key=lambda version: (version.at, version.id))
        assert [report.answers for report in each.history] == [one.answers for one in expected]


@given(courses())
def test_every_report_that_counts_is_judged_and_after_each_late_one_again(
    versions: list[Version],
) -> None:
    told = list(judgings(versions))
    first = {each.version.id: each.at for each in reversed(told)}
    assert first == {one.id: one.known_at for one in versions if one.counted}
    assert [each.at for each in told] == sorted(each.at for each in told)
