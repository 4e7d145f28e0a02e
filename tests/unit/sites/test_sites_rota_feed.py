"""The iCalendar feed, read by a parser that knows nothing of how it was written."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from rsm.sites.rota.decide import duty_periods
from rsm.sites.rota.feed import Event, calendar, events
from rsm.sites.rota.model import Override, Period, Rota
from tests.rota_world import (
    ANN,
    BEN,
    CARLA,
    NAMES,
    NEW_YORK,
    ident,
    local,
    shift,
    utc,
    weekly,
)

STAMP = utc("2026-10-19T00:00")
ROTA = Rota(
    weekly=weekly(
        shift(ANN, 0, "08:00", "18:00"),
        shift(BEN, 0, "08:00", "18:00", 2),
        shift(CARLA, 5, "20:00", "08:00"),
    )
)
ESCAPES = {"\\\\": "\\", "\\;": ";", "\\,": ",", "\\n": "\n"}
Parsed = list[tuple[str, str]]


def parsed(feed: bytes) -> Parsed:
    """The content lines of a feed as (name, value); refuses what RFC 5545 does not allow."""
    assert feed.endswith(b"\r\n")
    physical = feed[:-2].split(b"\r\n")
    assert all(len(line) <= 75 for line in physical)
    assert not any(mark in line for line in physical for mark in (b"\r", b"\n"))
    assert all(line.decode() for line in physical)  # UTF-8, no character cut in two
    logical = re.sub(rb"\r\n[ \t]", b"", feed[:-2]).decode().split("\r\n")
    return [parsed_line(line) for line in logical]


def parsed_line(line: str) -> tuple[str, str]:
    match = re.fullmatch(r"([A-Z-]+)((?:;[A-Z-]+=[^:;\"]+)*):(.*)", line)
    assert match, line
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", match[3])
    return match[1], match[3]


def text_of(value: str) -> str:
    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value)
    return re.sub(r"\\(?:\\|;|,|n)", lambda found: ESCAPES[found[0]], value)


def entries(feed: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for name, value in parsed(feed):
        if (name, value) == ("BEGIN", "VEVENT"):
            found.append({})
        elif found and name not in {"END", "BEGIN"}:
            assert name not in found[-1], f"{name} twice"
            found[-1][name] = value
    return found


def instant(value: str) -> datetime:
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def week(rota: Rota = ROTA, since: str = "2026-10-19T00:00") -> list[Period]:
    begin = local(since)
    return duty_periods(rota, begin, begin + timedelta(days=7), NEW_YORK)


def test_a_feed_is_one_calendar_of_whole_events() -> None:
    lines = parsed(calendar("Duty", events(week(), NAMES), STAMP))
    assert lines[:2] == [("BEGIN", "VCALENDAR"), ("VERSION", "2.0")]
    assert lines[-1] == ("END", "VCALENDAR")
    assert {"PRODID", "METHOD", "NAME", "X-WR-CALNAME"} <= {name for name, _ in lines}
    begins = [line for line in lines if line == ("BEGIN", "VEVENT")]
    assert len(begins) == len([line for line in lines if line == ("END", "VEVENT")]) == 3


def test_every_duty_is_an_event_from_its_beginning_to_its_end() -> None:
    feed = calendar("Duty", events(week(), NAMES), STAMP)
    assert [
        (each["SUMMARY"], instant(each["DTSTART"]), instant(each["DTEND"]))
        for each in entries(feed)
    ] == [
        ("Ann Abel", local("2026-10-19T08:00"), local("2026-10-19T18:00")),
        ("Ben Brook (2)", local("2026-10-19T08:00"), local("2026-10-19T18:00")),
        ("Carla Cruz", local("2026-10-24T20:00"), local("2026-10-25T08:00")),
    ]
    assert all(each["DTSTAMP"] == "20261019T000000Z" for each in entries(feed))


def test_a_feed_of_one_person_has_only_her_duties() -> None:
    assert [each.summary for each in events(week(), NAMES, only=BEN)] == ["Ben Brook (2)"]


def test_somebody_without_a_name_is_left_out() -> None:
    assert [each.summary for each in events(week(), {CARLA: "Carla"})] == ["Carla"]


def test_an_event_keeps_its_uid_wherever_the_feed_begins() -> None:
    whole = events(week(), NAMES)
    later = events(week(since="2026-10-19T12:00"), NAMES)
    assert later[:3] == whole
    assert len({each.uid for each in later}) == len(later) == 5  # with those of the Monday after


def test_a_shift_that_somebody_else_takes_is_another_event() -> None:
    whole = Override(ident(70), CARLA, local("2026-10-19"), local("2026-10-20"), instead_of=ANN)
    before = events(week(), NAMES)[0]
    after = next(
        each
        for each in events(week(Rota(weekly=ROTA.weekly, overrides=(whole,))), NAMES)
        if each.summary == "Carla Cruz"
    )
    assert (after.since, after.until) == (before.since, before.until)
    assert after.uid != before.uid


def test_pieces_of_one_shift_have_uids_of_their_own_and_the_uid_does_not_tell_who() -> None:
    change = Override(
        ident(70), CARLA, local("2026-10-19T10:00"), local("2026-10-19T12:00"), instead_of=ANN
    )
    besides = Override(ident(71), CARLA, local("2026-10-20T10:00"), local("2026-10-20T12:00"))
    rota = Rota(weekly=ROTA.weekly, overrides=(change, besides))
    listed = events(week(rota), NAMES)
    assert [each.summary for each in listed] == [
        "Ann Abel",
        "Ben Brook (2)",
        "Carla Cruz",
        "Ann Abel",
        "Carla Cruz",
        "Carla Cruz",
    ]
    assert len({each.uid for each in listed}) == 6
    feed = calendar("Duty", listed, STAMP).decode()
    assert not any(str(one) in feed for one in (ANN, BEN, CARLA))


def test_an_empty_feed_is_still_a_calendar() -> None:
    lines = parsed(calendar("Duty", [], STAMP))
    assert ("BEGIN", "VEVENT") not in lines
    assert lines[-1] == ("END", "VCALENDAR")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
@example("Dr. O'Brien; RN, BSN \\ night")
@example("é" * 80)
@example("👩‍⚕️" * 30)
@example("علی‌رضا")  # with a zero-width non-joiner, which belongs to the name
@example("")
def test_every_name_comes_back_as_it_went(name: str) -> None:
    feed = calendar(name, [Event(ANN, STAMP, STAMP + timedelta(hours=1), name)], STAMP)
    (entry,) = entries(feed)
    assert text_of(entry["SUMMARY"]) == name
    assert text_of(dict(parsed(feed))["NAME"]) == name


@given(st.text(st.sampled_from("ab\r\n\x0b\x0c\x00\x85\u2028:;BEGIN")))
@example("Ann\r\nEND:VEVENT\r\nBEGIN:VEVENT")
def test_no_name_can_begin_a_line_of_its_own(name: str) -> None:
    feed = calendar("Duty", [Event(ANN, STAMP, STAMP + timedelta(hours=1), name)], STAMP)
    (entry,) = entries(feed)
    kept = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028]", "", name)
    assert text_of(entry["SUMMARY"]).replace("\n", "") == kept
