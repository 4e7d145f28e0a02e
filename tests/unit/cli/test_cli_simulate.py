"""`rsm simulate`: what cannot be simulated is told before anything is started."""

from pathlib import Path

import pytest

from rsm.cli import main, simulate_runs
from rsm.metrics.simulated import FILE

Said = pytest.CaptureFixture[str]
NOBODY = "people = []\n"
NO_DUTY = '[[people]]\nname = "Dana Reyes"\n'


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No server may be started: whoever tries fails the test."""

    def started(*_arguments: object, **_named: object) -> None:
        raise AssertionError("a server was started")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(simulate_runs, "scratch", started)
    return tmp_path


def file(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize(
    ("arguments", "where", "what"),
    [
        (["prot-ect"], "programme", "unknown programme `prot-ect`"),
        (["demo", "star"], "programme", "one at a time"),
        (["gone.toml"], "gone.toml", "cannot be read"),
        (["--patients", "0"], "patients", ""),
        (["--patients", "-3"], "patients", ""),
        (["--patients", "1000000"], "patients", ""),
        (["--weeks", "0"], "weeks", ""),
        (["--sites", "0"], "sites", ""),
        (["--sites", "999"], "sites", ""),
        (["--from", "tomorrow"], "--from", "`tomorrow` is not a date"),
        (["--runs", "0"], "--runs", "0 is not possible"),
        (["--seed", "../up"], "--seed", "is no word"),
        (["--seed", ""], "--seed", "is no word"),
        (["--minutes-per-alert", "0"], "--minutes-per-alert", "is not possible"),
        (["--minutes-per-alert", "nan"], "--minutes-per-alert", "is not possible"),
        (["--pack", "gone.toml"], "gone.toml", "cannot be read"),
        (["--roster", "gone.toml"], "gone.toml", "cannot be read"),
        (["--replay", "gone.toml"], "gone.toml", ""),
        (["demo", "--replay", "gone.toml"], "--replay", "says itself what is played"),
    ],
)
def test_an_impossible_order_is_told_and_nothing_is_started(
    arguments: list[str], where: str, what: str, capsys: Said, in_a_folder: Path
) -> None:
    assert main(["simulate", *arguments]) == 2
    said = capsys.readouterr().err
    assert where in said
    assert what in said
    assert "Traceback" not in said
    assert list(in_a_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "text", "what"),
    [
        ("--roster", NOBODY, "people"),
        ("--roster", NO_DUTY, "duty"),
        ("--roster", "[[people", "not TOML"),
        ("--pack", "key = 1\n", "key"),
        ("--plan", "kye = 1\n", ""),
        ("--policy", "", ""),
    ],
)
def test_a_file_that_does_not_do_is_told_by_its_line(
    option: str, text: str, what: str, capsys: Said
) -> None:
    assert main(["simulate", "demo", option, file("own.toml", text)]) == 2
    said = capsys.readouterr().err
    assert what in said
    assert "Traceback" not in said


def test_habits_that_nobody_can_have_are_told_by_their_line(capsys: Said) -> None:
    own = 'key = "own"\ntitle = "Own"\n\n[patients]\nforgets = 1.4\nstopps = 0.1\n'
    assert main(["simulate", file("own.toml", own)]) == 2
    said = capsys.readouterr().err
    assert "own.toml:5: patients.forgets" in said
    assert "own.toml:6: patients.stopps: unknown key `stopps` (did you mean `stops`?)" in said


def test_a_folder_of_somebody_elses_is_not_written_into(capsys: Said, in_a_folder: Path) -> None:
    (in_a_folder / "out").mkdir()
    file("out/thesis.txt", "mine")
    assert main(["simulate", "demo", "--out", "out"]) == 2
    assert "holds other files" in capsys.readouterr().err
    assert not (in_a_folder / "out" / FILE).exists()


def test_a_number_that_is_none_is_told_by_the_grammar(capsys: Said) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--patients", "many"])
    assert ended.value.code == 2
    assert "--patients" in capsys.readouterr().err
