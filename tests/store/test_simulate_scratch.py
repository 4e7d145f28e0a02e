"""Databases of a simulation: made, thrown away, and never at the cost of an installation."""

import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from rsm.cli.simulate_scratch import Scratch, scratch
from rsm.db.migrate import disposed
from rsm.kernel.errors import Invalid
from tests.conftest import Server


def ask(url: str, question: str) -> object:
    engine = create_engine(url)
    with disposed(engine), engine.connect() as connection:
        return connection.scalar(text(question))


def test_a_server_of_its_own_goes_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch(None, keep=False) as made:
        with made.database() as addresses:
            assert addresses.owner is not None
            assert ask(addresses.owner, "SELECT count(*) FROM patient") == 0
            assert ask(addresses.owner, "SHOW synchronous_commit") == "off"
        assert list(tmp_path.iterdir()) != []
    assert list(tmp_path.iterdir()) == []


def test_room_is_set_aside_for_the_end_of_a_server_whose_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def it_breaks(made: Scratch) -> None:
        with made.database():
            assert sizes(tmp_path) == [32 * 2**20]
            raise OSError("no space left")

    with scratch(None, keep=False) as made:
        with pytest.raises(OSError, match="no space"):
            it_breaks(made)
        assert sizes(tmp_path) == []


def sizes(folder: Path) -> list[int]:
    return [file.stat().st_size for file in folder.glob("*/set-aside")]


def test_roles_of_an_installation_keep_their_passwords(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RSM_SECRET_KEYS", raising=False)
    kept = "SELECT rolpassword FROM pg_authid WHERE rolname = 'rsm_web'"
    with server.alone():  # a migration of another test writes the same password anew
        before = ask(server.url, kept)
        with (
            pytest.raises(Invalid, match="has a role rsm_web with a password of other keys"),
            scratch(server.url, keep=False),
        ):
            pytest.fail("a database may be made there")
        assert ask(server.url, kept) == before


@pytest.mark.parametrize("address", ["", "nonsense"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with (
        pytest.raises(Invalid, match="--database-url: is no address"),
        scratch(address, keep=False),
    ):
        pytest.fail("a database may be made there")
