"""A run of the benchmark, or of the fault campaign, that cannot be begun or does not come to its
end: it says so, and what was measured by then is kept."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import kept, large
from tests.bench.figures import Figure, percentile, table
from tests.campaign import __main__ as campaign

Said = pytest.CaptureFixture[str]
RULES = Figure("rules, first pack", "/s", (90.0, 110.0, 100.0), (40.0, 50.0, 60.0), "floor: a loop")

ABOUT = {"commit": "abc", "at": "2026-11-20T10:00:00+00:00", "load": "0.1 0.1 0.1"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs are kept; no server is started."""

    @contextmanager
    def nothing(_patients: int) -> Iterator[None]:
        yield None

    monkeypatch.setattr(bench, "open_ward", nothing)
    monkeypatch.setattr(bench, "make_floor_tables", lambda _: None)
    monkeypatch.setattr(bench, "LOG", tmp_path / "log")
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(bench, "place", lambda _: tmp_path / "abc.json")
    monkeypatch.setattr(bench, "about", lambda: dict(ABOUT))
    return tmp_path


def measures(monkeypatch: pytest.MonkeyPatch, ends: BaseException | None) -> None:
    """Rules can be measured; at the next part it ends like that."""

    def measure(part: str, _ward: object) -> tuple[list[Figure], str]:
        if part != "rules" and ends is not None:
            raise ends
        return [RULES], ""

    monkeypatch.setattr(bench, "_measure", measure)


@pytest.mark.parametrize("ends", [RuntimeError("submit answered 503"), KeyboardInterrupt()])
def test_what_was_measured_before_it_broke_is_printed_kept_and_marked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said, ends: BaseException
) -> None:
    measures(monkeypatch, ends)
    with pytest.raises(type(ends)):
        bench.main(["rules", "submit", "desk"])
    said = capsys.readouterr().out
    assert "rules, first pack" in said
    assert "PARTIAL. It ended early; not measured: submit, desk." in said
    found = json.loads((folder / "abc.json").read_text())
    assert found["missing"] == ["submit", "desk"]
    assert [each["name"] for each in found["figures"]] == [RULES.name]


def test_a_run_that_is_whole_misses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    measures(monkeypatch, None)
    assert bench.main(["rules", "submit"]) == 0
    said = capsys.readouterr().out
    assert "PARTIAL" not in said
    assert "kept in abc.json" in said
    assert json.loads((folder / "abc.json").read_text())["missing"] == []


def test_a_full_disk_leaves_the_earlier_run_and_the_table_on_the_screen(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    measures(monkeypatch, None)
    bench.main(["rules"])
    before = (folder / "abc.json").read_text()
    capsys.readouterr()
    wrote = Path.write_text

    def full(self: Path, text: str) -> int:
        wrote(self, text[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        bench.main(["rules"])
    assert "rules, first pack" in capsys.readouterr().out
    assert (folder / "abc.json").read_text() == before
    assert [file.name for file in folder.iterdir()] == ["abc.json"]
    assert kept.changes(folder / "other.json", [RULES]).endswith("nothing")


@pytest.mark.parametrize(
    ("run", "arguments", "said"),
    [
        (bench.main, ["rulse"], "unknown: rulse; there are rules, starts"),
        (large.main, ["many"], "no size: `many`"),
        (large.main, ["-5"], "no size: `-5`"),
        (large.main, ["rollups", "10"], "no size: `10`; whole numbers from 1,000 on"),
        (campaign.main, ["file", "WebKiled"], "unknown: WebKiled; there are WebKilled"),
    ],
)
def test_what_there_is_not_is_told_and_nothing_is_begun(
    run: Callable[[list[str]], int], arguments: list[str], said: str, capsys: Said
) -> None:
    assert run(arguments) == 2
    assert said in capsys.readouterr().err


# --- the table -----------------------------------------------------------------------------------


def test_a_figure_stands_beside_its_floor_with_ratio_spread_and_repeats() -> None:
    head, row = table([RULES]).splitlines()
    assert head.split() == ["figure", "unit", "floor", "ratio", "spread", "n"]
    assert " ".join(row.split()) == "rules, first pack 100 /s 50 2.00 ±10% 3 floor: a loop"


def test_a_figure_taken_once_has_no_spread() -> None:
    (_, row) = table([Figure("alerts lost", "n", (0.0,))]).splitlines()
    assert row.split() == ["alerts", "lost", "0", "n", "1"]


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100), (0.0, 1)]
)
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(
    share: float, value: float
) -> None:
    assert percentile(range(100, 0, -1), share) == value
    assert percentile([7.0], share) == 7.0
