"""`rsm collaborative`: keys, members, files out and in, from the shell."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rsm.cli import main
from rsm.collaborative import service
from rsm.db.work import NOWHERE, Database
from tests.collaborative_world import FINGERPRINT, PUBLIC, STRANGER, document, envelope


@dataclass
class _House:
    """As much of a house as these commands open."""

    web: Database


@pytest.fixture(autouse=True)
def house(web_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:

    @contextmanager
    def open_house(settings: object) -> Iterator[_House]:
        yield _House(web_db)

    monkeypatch.setattr("rsm.bootstrap.open_house", open_house)
    monkeypatch.setattr("rsm.settings.read_settings", lambda: None)
    with web_db.begin(NOWHERE) as tx:
        service.agree(tx, "oncology", "Oncology", 3)


def test_a_key_is_made_and_shown_to_be_read_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collaborative", "keys"]) == 2
    assert "there is no key yet" in capsys.readouterr().err
    assert main(["collaborative", "keys", "--new"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert len(made["fingerprint"].split()) == 5
    assert main(["collaborative", "keys"]) == 0
    assert json.loads(capsys.readouterr().out) == made


def test_members_are_added_listed_and_ended(capsys: pytest.CaptureFixture[str]) -> None:
    add = ["collaborative", "members", "--add", "Hillside", "--key", PUBLIC, "--fingerprint"]
    assert main([*add, "0000"]) == 2
    assert "is not the fingerprint" in capsys.readouterr().err
    assert main([*add, FINGERPRINT]) == 0
    (member,) = json.loads(capsys.readouterr().out)
    assert (member["name"], member["is_member"]) == ("Hillside", True)
    assert main(["collaborative", "members", "--end", member["fingerprint"]]) == 0
    assert json.loads(capsys.readouterr().out)[0]["is_member"] is False
    assert main(["collaborative", "members", "--end", "1234"]) == 2


def test_files_are_taken_in_each_whole_or_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, web_db: Database
) -> None:
    with web_db.begin(NOWHERE) as tx:
        service.add_member(tx, "Hillside", PUBLIC, FINGERPRINT)
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(envelope(document()))
    bad.write_bytes(envelope(document(), STRANGER))
    assert main(["collaborative", "import", str(bad), str(good)]) == 2
    out = capsys.readouterr().out
    assert f"{bad}: refused: key:" in out
    assert f"{good}: Hillside: taken in" in out
    assert main(["collaborative", "import", str(good)]) == 0
    assert "was here already" in capsys.readouterr().out
    assert main(["collaborative", "import", str(tmp_path / "none.json")]) == 2


def test_nothing_is_exported_where_nothing_is_shared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["collaborative", "keys", "--new"]) == 0
    capsys.readouterr()
    for period, said in (("2026-07", "none shares anything"), ("soon", "is no month")):
        given = ["collaborative", "export", "--period", period, "--out", str(tmp_path)]
        assert main(given) == 2
        assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
