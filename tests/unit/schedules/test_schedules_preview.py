"""`rsm schedule preview`: plans from the library or a file, with cycles, events and ends."""

import json
from pathlib import Path

import pytest

from rsm.cli import main
from rsm.schedules.library import plan_text

FROM = ("--zone", "America/New_York", "--from", "2026-10-19")


def previewed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert main(["schedule", "preview", *arguments, *FROM, "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_the_contract_of_a_window(capsys: pytest.CaptureFixture[str]) -> None:
    (window,) = previewed(capsys, "weekly", "--count", "1")
    assert list(window) == [
        "window", "local", "at", "closes_at", "reminders", "call_at", "asks"
    ]  # fmt: skip


def test_cycles_and_events_are_given_by_their_dates(capsys: pytest.CaptureFixture[str]) -> None:
    cycles = ("--cycle", "2026-11-09", "--cycle", "2026-10-19")
    found = previewed(capsys, "chemo-cycle", *cycles, "--event", "treatment_end=2026-11-14")
    assert [each["window"] for each in found] == ["2026-10-22", "2026-10-26", "2026-11-12"]


def test_a_file_and_a_last_day(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(plan_text("taper"), encoding="utf-8")
    found = previewed(capsys, str(path), "--until", "2026-11-02", "--count", "20")
    assert [each["window"] for each in found] == ["2026-10-19", "2026-10-26", "2026-11-02"]


def test_for_people_it_says_what_follows(capsys: pytest.CaptureFixture[str]) -> None:
    cycle = ("--cycle", "2026-10-19")
    assert main(["schedule", "preview", "chemo-cycle", *cycle, *FROM]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "2026-10-22T09:00  America/New_York  until 2026-10-26T01:00:00Z  site"
    assert shown[-1] == "then it waits for: cycle"
    assert main(["schedule", "preview", "daily-14", "--count", "20", *FROM]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "then it is complete"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("weekly", "--event", "surgry=2026-10-19"), "did you mean `surgery`"),
        (("weekly", "--event", "surgery"), "not a usable date"),
        (("weekly", "--cycle", "soon"), "cycle: `soon` is not a usable date"),
        (("weekly", "--until", "never"), "until: `never` is not a usable date"),
        (("nowhere.toml",), "cannot be read"),
        (("weekli",), "did you mean `weekly`"),
    ],
)
def test_a_slip_says_what_is_right(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    assert main(["schedule", "preview", *arguments, *FROM]) == 2
    assert says in capsys.readouterr().err
