"""The report on simulated months: the answer first, pictures with figures, nothing loaded."""

import csv
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rsm.cli import simulate_folder as folders
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Level
from rsm.metrics.simulated import FILE, BrokenPromise, Result, read_result
from rsm.simulate.csv_files import tables
from rsm.web import simulated_words as words
from rsm.web.simulated_charts import Bar, BesideRow, Mark, alone, bar_chart, ticks
from rsm.web.simulated_pictures import pictures
from tests.simulated_samples import alert, busy, result_of, run_of, site

BROKEN = BrokenPromise(
    promise="P2",
    what="a patient got <two> of one message",
    at=datetime(2026, 1, 9, tzinfo=UTC),
    story="stories/P2-1.toml",
)
PARTIAL = result_of(runs=(run_of(busy(), whole=False),))
BAD = result_of(runs=(run_of(busy(), broken=[BROKEN]),))


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


def page_of(folder: Path, result: Result, stories: dict[str, str] | None = None) -> str:
    folders.write(folder, result, stories or {})
    return (folder / "index.html").read_text(encoding="utf-8")


# --- the folder ----------------------------------------------------------------------------------


def test_a_folder_holds_figures_tables_pictures_and_a_page(tmp_path: Path) -> None:
    folders.write(tmp_path / "new" / "out", result_of(), {})
    names = {file.name for file in (tmp_path / "new" / "out").iterdir()}
    assert names >= {"index.html", FILE, "alerts_by_day.csv", "alerts_by_hour.csv", "adherence.csv"}
    assert names >= {"acknowledge.csv", "messages.csv", "nurse_minutes.csv"}
    assert names >= {"published_beside_simulated.csv", "alerts_by_hour.svg", "completion.svg"}


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    for result in (result_of(), PARTIAL, BAD, result_of(("1", busy()), ("1-2", busy(5)))):
        folders.write(tmp_path, result, {})
        assert read_result(tmp_path) == result


def test_every_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders.write(tmp_path, result_of(), {})
    before = (tmp_path / "index.html").read_text(encoding="utf-8")
    wrote = Path.write_text

    def full(self: Path, text: str, encoding: str | None = None) -> int:
        if "index" in self.name:
            wrote(self, text[:100], encoding=encoding)
            raise OSError(28, "No space left on device")
        return wrote(self, text, encoding=encoding)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(Invalid, match=r"index\.html: cannot be written: No space left"):
        folders.write(tmp_path, BAD, {})
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == before
    assert not list(tmp_path.glob(".*"))
    assert read_result(tmp_path) == BAD


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Invalid, match="holds other files"):
        folders.usable(tmp_path)
    with pytest.raises(Invalid, match="is no folder"):
        folders.usable(tmp_path / "thesis.txt")
    below = tmp_path / "thesis.txt" / "out"
    with pytest.raises(Invalid, match="cannot be written"):
        folders.usable(below)
    with pytest.raises(Invalid, match="cannot be written: Not a directory"):
        folders.save(below / "index.html", "ours")
    folders.write(tmp_path / "ours", result_of(), {})
    assert folders.usable(tmp_path / "ours") == tmp_path / "ours"
    assert folders.usable(tmp_path / "new" / "er") == tmp_path / "new" / "er"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Invalid JSON"),
        ("[1]", "result.json"),
        ('{"format": 1}', "made_by"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_result_that_is_none_is_told_by_its_place(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    (tmp_path / FILE).write_bytes(raw)
    with pytest.raises(Invalid, match=said):
        read_result(tmp_path)


def test_a_folder_without_a_result_is_told_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"has no result.json \(name a folder"):
        read_result(tmp_path)


# --- the page ------------------------------------------------------------------------------------


def test_the_page_answers_first(tmp_path: Path) -> None:
    page = page_of(tmp_path, result_of())
    answer = "With 10 patients, expect 3 alerts a day."
    assert f"<h1>{answer}</h1>" in page
    assert "Nobody in it is real" in page


def test_how_soon_people_answer_stands_beside_who_does(tmp_path: Path) -> None:
    assert "Half of the reports come within 5 h of the first text" in page_of(tmp_path, result_of())


def test_every_picture_is_named_by_its_finding_and_has_its_figures(tmp_path: Path) -> None:
    tags = Tags(page_of(tmp_path, result_of()))
    ids = {attrs.get("id") for _, attrs in tags.found}
    labels = [attrs["aria-labelledby"] for attrs in tags.named("svg")]
    assert len(labels) == len(set(labels)) == 5
    assert set(labels) <= ids
    assert len(tags.named("details")) >= len(labels)
    for picture in pictures(result_of()):
        assert all(len(row) == len(picture.head) for row in picture.rows)


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    page = page_of(tmp_path, BAD, {"P2-1.toml": "x = 1"})
    tags = Tags(page)
    assert not tags.named("script")
    assert not tags.named("img")
    assert [attrs["href"] for attrs in tags.named("link")] == ["data:,"]
    assert not [attrs for _, attrs in tags.found if any(name.startswith("on") for name in attrs)]


def test_a_broken_promise_stands_on_top_with_its_story(tmp_path: Path) -> None:
    page = page_of(tmp_path, BAD, {"P2-1.toml": "x = 1"})
    assert "A promise was broken once (P2)" in page
    assert "a patient got &lt;two&gt; of one message" in page
    assert (tmp_path / "stories" / "P2-1.toml").read_text(encoding="utf-8") == "x = 1"
    page_of(tmp_path, result_of())
    assert not list((tmp_path / "stories").iterdir())


def test_a_partial_result_says_so_and_why(tmp_path: Path) -> None:
    page = page_of(tmp_path, PARTIAL)
    assert "Partial: the run with seed 1 ended on 2 February 2026" in page
    assert "it was stopped" in page
    assert not read_result(tmp_path).whole


def test_without_alerts_or_days_there_is_still_a_page(tmp_path: Path) -> None:
    for rows in (site(), site(days=0, stays=(), weeks=(), messages=(), counted=(), calls={})):
        page = page_of(tmp_path, result_of(("1", rows)))
        assert "<h1>No alert was opened.</h1>" in page


def test_few_alerts_are_told_by_the_week() -> None:
    rows = site([alert(day) for day in range(0, 28, 7)])
    assert words.heading(result_of(("1", rows))) == "With 10 patients, expect 1 alert a week."


def test_several_runs_tell_how_far_apart_they_lie() -> None:
    result = result_of(("1", busy(2)), ("1-2", busy(4)))
    found = {fact.label: fact.note for fact in words.facts(result)}
    assert "runs 2 to 4" in found["Alerts a day"]
    assert "runs" not in {one.label: one.note for one in words.facts(result_of())}["Alerts a day"]


def test_a_run_that_is_partial_counts_only_where_none_is_whole(tmp_path: Path) -> None:
    whole, cut = run_of(busy(2), "1"), run_of(busy(4, days=3), "1-2", whole=False)
    result = result_of(runs=(whole, cut))
    assert result.apart(lambda one: one.load.per_day.median) is None
    assert "The figures are of the runs that are whole." in page_of(tmp_path, result)
    assert "The figures are of what had passed by then." in page_of(tmp_path, PARTIAL)


def test_urgent_alerts_that_wait_longer_than_others_are_the_finding() -> None:
    slow = [alert(level=Level.URGENT, minutes=90), alert(level=Level.SOON, minutes=30)]
    found = result_of(("1", site(slow))).together
    assert words.waits(found) == "Urgent alerts are not taken faster than others"


def test_hours_around_midnight_are_one_span() -> None:
    alerts = [alert(day, hour) for day in range(9) for hour in (23, 0, 1)]
    found = result_of(("1", site(alerts))).together
    caption = words.by_hour(found.load.by_hour, found.load.out_of_hours)
    assert "100 % of the alerts open between 20:00 and 2:00" in caption


# --- pictures and tables -------------------------------------------------------------------------


def test_a_picture_stands_as_a_file_of_its_own() -> None:
    for picture in pictures(BAD):
        root = ET.fromstring(alone(picture.svg, picture.caption))  # noqa: S314 - our own
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.findtext("{http://www.w3.org/2000/svg}title") == picture.caption
        assert ".ser" in str(root.findtext("{http://www.w3.org/2000/svg}style"))


@pytest.mark.parametrize("highest", [0.02, 0.3, 1, 3, 4.9, 7, 12, 99, 100, 101, 2500])
def test_an_axis_has_few_round_values_and_holds_the_highest(highest: float) -> None:
    values = ticks(highest)
    assert values[0] == 0
    assert values[-1] >= highest
    assert 2 <= len(values) <= 6


def test_bars_never_leave_the_picture() -> None:
    drawn = bar_chart([Bar(9, 2, "a"), Bar(0, 0)], [Mark(9, "nine")], "x")
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    for bar in root.iter("rect"):
        top, height = float(bar.attrib["y"]), float(bar.attrib["height"])
        assert top >= 0
        assert top + height <= 236


def test_a_figure_outside_its_bounds_is_ringed() -> None:
    row = BesideRow("Reports that alert", 0.34, (0.3, 0.38), 0.36, (0.35, 0.37))
    assert row.fits
    beside = pictures(result_of())[-1]
    assert beside.caption == "1 of 2 published figures lie outside their bounds"
    assert beside.svg.count('class="pt out"') == 1
    assert "no" in beside.rows[1]


def test_tables_have_a_row_for_each_run_and_day() -> None:
    made = tables(result_of(("1", busy()), ("1-2", busy())))
    rows = list(csv.DictReader(made["alerts_by_day.csv"].splitlines()))
    assert len(rows) == 2 * 28
    assert rows[0] == {
        "seed": "1",
        "day": "2026-01-05",
        "patients": "10",
        "alerts": "3",
        "urgent_or_emergency": "1",
        "out_of_hours": "0",
    }
    hours = list(csv.DictReader(made["alerts_by_hour.csv"].splitlines()))
    assert len(hours) == 2 * 24
    beside = list(csv.DictReader(made["published_beside_simulated.csv"].splitlines()))
    assert beside[0]["simulated"] == "0.9"
    waits = list(csv.DictReader(made["acknowledge.csv"].splitlines()))
    assert {row["alerts_of"] for row in waits} >= {"all", "urgent", "in_hours", "out_of_hours"}
