"""`rsm instruments`: check, import, export, preview; bad input ends with 2 and says where."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rsm.cli import main
from rsm.instruments.library import find
from rsm.instruments.load import load_instrument

FORM = {
    "resourceType": "Questionnaire",
    "language": "en",
    "title": "Tea",
    "status": "draft",
    "item": [
        {"linkId": "1.1", "text": "Was there tea?", "type": "boolean"},
        {"linkId": "1.2", "text": "How many cups?", "type": "integer"},
    ],
}


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "tea.json"
    path.write_text(json.dumps(FORM), encoding="utf-8-sig")
    return path


def test_a_form_becomes_toml_that_is_sound(
    form: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tea.toml"
    arguments = ("--key", "tea", "--bounds", "1.2=0..40", "--min-age", "18", "--out", str(out))
    assert main(["instruments", "import", str(form), *arguments]) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "may not be published: recall_days: nobody has said it" in shown.err
    found = load_instrument(out)
    assert (found.key, [item.code for item in found.items]) == ("tea", ["1.1", "1.2"])
    assert found.unstated == ("licence", "recall_days")
    assert main(["instruments", "check", str(out), str(form)]) == 0
    assert "tea 1.0.0 is sound, 2 items" in capsys.readouterr().out


def test_a_form_on_standard_output_is_toml_and_nothing_else(
    form: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["instruments", "import", str(form)]) == 0
    assert load_instrument(capsys.readouterr().out).items[0].code == "1.1"


def test_what_was_read_is_one_json_document(form: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "import", str(form), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["items"] == 2
    assert {each["where"] for each in shown["may_not_be_published"]} >= {"min_age", "licence"}


def test_what_cannot_be_read_is_named_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.json"
    bad = {**FORM, "item": [{"linkId": "1", "text": "When?", "type": "dateTime"}]}
    path.write_text(json.dumps(bad), encoding="utf-8")
    assert main(["instruments", "import", str(path)]) == 2
    assert "bad.json: item[0].type: 'dateTime' asks for a moment" in capsys.readouterr().err
    assert main(["instruments", "check", str(path)]) == 2
    assert "bad.json: item[0].type" in capsys.readouterr().out


def test_bounds_that_are_none_are_refused(form: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "import", str(form), "--bounds", "1.2=many"]) == 2
    assert "such as weight=30..250" in capsys.readouterr().err


def test_a_structure_wants_a_file_of_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "import", "pro-ctcae"]) == 2
    assert "say --wording FILE" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named(
    form: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nowhere" / "tea.toml"
    assert main(["instruments", "import", str(form), "--out", str(out)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_what_is_exported_as_fhir_is_imported_as_the_same_content(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "weekly.json"
    assert main(["instruments", "export", "weekly-symptoms", "--fhir", "--out", str(path)]) == 0
    assert main(["instruments", "import", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hash"] == find("weekly-symptoms").pin.hash


def test_what_is_exported_as_toml_is_the_same_content(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "export", "esas-r"]) == 0
    assert load_instrument(capsys.readouterr().out).pin == find("esas-r").pin


def test_wording_is_loaded_onto_a_structure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wording, out = tmp_path / "words.csv", tmp_path / "phq-2.toml"
    lines = ["item,part,value,en", ",title,,Made up", ",recall,,Lately"]
    lines += [f"{key},symptom,,{key}" for key in ("anhedonia", "low-mood")]
    lines += [f"phq-2.{number},question,,Made up {number}?" for number in (1, 2)]
    lines += [f"*,option,{value},Level {value}" for value in range(4)]
    wording.write_text("\n".join(lines), encoding="utf-8")
    loading = ["instruments", "import", "phq-2", "--wording", str(wording), "--out", str(out)]
    assert main(loading) == 0
    assert "PHQ and GAD terms does not let us show the wording" in capsys.readouterr().err
    review = ("--reviewed-by", "R. Reviewer", "--reviewed-on", "2026-11-21")
    assert main([*loading, "--licence", "ours", "--version", "1.1.0", *review]) == 0
    assert capsys.readouterr().err == ""
    assert load_instrument(out).version == "1.1.0"


def test_a_preview_walks_by_the_answers(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["instruments", "preview", "weekly-symptoms"]
    assert main([*arguments, "--answers", '{"pain.frequency": 3}', "--lang", "es"]) == 0
    shown = capsys.readouterr().out
    assert "next: pain.severity" in shown
    assert "¿" in shown


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["weekly-symptoms", "--lang", "nl"], "not offered in nl (one of en, es)"),
        (["weekly-symptoms", "--answers", "{"], "--answers: not JSON"),
        (["weekly-symptoms", "--answers", '{"pain": 1}'], "has no such item"),
        (["weekly-symptom"], "did you mean `weekly-symptoms`?"),
        (["nowhere.json"], "cannot be read"),
    ],
)
def test_a_preview_of_what_is_not_there_is_refused(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["instruments", "preview", *arguments]) == 2
    assert problem in capsys.readouterr().err


def test_reading_a_form_of_another_system_loads_no_database(form: Path) -> None:
    command = (
        "import sys; from rsm.cli import main; main(sys.argv[1:]);"
        "print(sorted({'sqlalchemy', 'alembic', 'fastapi'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", command, "instruments", "check", str(form)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
