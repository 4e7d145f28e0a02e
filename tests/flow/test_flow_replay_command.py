"""`rsm rules replay`: figures as words and as JSON; what is wrong is told with its mend."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from rsm.alerts.packs import folder
from rsm.cli import main
from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from tests.alert_world import Ward, build_ward
from tests.commands import commands_find

PERIOD = ("--from", "2026-10-19", "--to", "2026-10-26")
SITE = ("--site", "Lakeside Clinic")


@pytest.fixture(autouse=True)
def ward(
    web_db: Database, worker_db: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> Ward:
    """Two reports; the command finds the test's database."""
    commands_find(monkeypatch, web=web_db)
    ward = build_ward(web_db, worker_db, clock)
    ward.report({"pain.frequency": 2, "pain.severity": 0})
    clock.advance(timedelta(days=7))
    ward.report({"pain.frequency": 2, "pain.severity": 2})
    return ward


def test_the_figures_stand_beside_what_was_raised(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "replay", "severe-only", *SITE, *PERIOD]) == 0
    said = capsys.readouterr().out
    assert "2 surveys answered" in said
    assert "gained 0, lost 1" in said
    assert "nurse hours per week, 10 min each" in said
    assert "What this cannot show:" in said


def test_json_is_one_document(capsys: pytest.CaptureFixture[str], ward: Ward) -> None:
    chosen = ("--site", str(ward.clinic.site), "--minutes-per-alert", "12", "--json")
    assert main(["rules", "replay", "star", *chosen, *PERIOD]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["site"], told["surveys"], told["minutes_per_alert"]) == ("Lakeside Clinic", 2, 12)
    assert (told["raised"]["alerts"], told["replayed"]["alerts"], told["kept"]) == (1, 1, 1)
    assert told["replayed"]["levels"]["soon"] == 1
    assert told["pack"]["key"] == "star"
    assert {"gained", "quiet"} <= {limit["code"] for limit in told["cannot_show"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("star", "--site", "Lakside Clinic", *PERIOD), "Lakeside Clinic"),
        (("star", *SITE, "--from", "2026-01-01", "--to", "2026-01-31"), "no report was answered"),
        (("star", *SITE, "--from", "2026-10-26", "--to", "2026-10-19"), "is before"),
        (("star", *SITE, "--from", "October", "--to", "2026-10-19"), "is not a date"),
        (("stra", *SITE, *PERIOD), "star"),
        (("star", *SITE, *PERIOD, "--minutes-per-alert", "0"), "such as 10"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_was_meant(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rules", "replay", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_pack_for_another_instrument_names_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = (folder() / "severe-only.toml").read_text()
    other = tmp_path / "other.toml"
    other.write_text(body.replace('key = "weekly-symptoms"', 'key = "esas-r"'))
    assert main(["rules", "replay", str(other), *SITE, *PERIOD]) == 2
    said = capsys.readouterr().err
    assert "is for esas-r" in said
    assert "weekly-symptoms 1.0.0" in said
