"""`rsm holds`: why nothing is sent, and a person who answers for sending again."""

import json
from datetime import timedelta

import pytest

from rsm.cli import main
from rsm.cli.doctor import sending
from rsm.db.work import NOWHERE, Database
from rsm.flow.holds import lift
from rsm.messaging import holds
from rsm.messaging.lifeline import LONGEST_SILENCE, Doubt
from tests.commands import commands_find


@pytest.fixture(autouse=True)
def house(worker_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands find the test's database."""
    commands_find(monkeypatch, worker=worker_db)


@pytest.fixture
def hold(worker_db: Database) -> None:
    with worker_db.begin(NOWHERE) as tx:
        holds.raise_hold(tx, Doubt.BEHIND, tx.now - LONGEST_SILENCE)
        holds.put_off(tx, holds.all_standing(tx)[0], "network")


def test_without_a_hold_the_list_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["holds", "list"]) == 0
    assert capsys.readouterr().out == "no hold stands\n"


@pytest.mark.usefixtures("hold")
def test_a_hold_is_listed_with_why_it_stands_and_why_it_could_not_be_freed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["holds", "list"]) == 1
    assert capsys.readouterr().out == (
        "STANDS since 2026-10-19 13:00 UTC restore (behind), the provider's record is read from"
        " 2026-10-19 12:45 UTC; read in vain 1 times, last: network\n"
    )
    assert main(["holds", "list", "--json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["reason"], told["lifted_at"], told["findings"]["why"]) == (
        "restore",
        None,
        "behind",
    )


@pytest.mark.usefixtures("hold")
def test_a_person_who_gives_a_reason_frees_sending(
    capsys: pytest.CaptureFixture[str], worker_db: Database
) -> None:
    assert main(["holds", "lift", "--reason", "read by hand"]) == 0
    assert "lifted" in capsys.readouterr().out
    assert main(["holds", "list"]) == 0
    with worker_db.begin(NOWHERE) as tx:
        assert not holds.standing(tx)
        (hold,) = holds.latest(tx)
        assert hold.findings["because"] == "read by hand"
        assert hold.lifted_at is not None
        assert hold.lifted_at - hold.since < timedelta(seconds=1)


def test_there_is_nothing_to_lift_without_a_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["holds", "lift", "--reason", "to be sure"]) == 2
    assert "no hold stands" in capsys.readouterr().err


@pytest.mark.usefixtures("hold")
def test_the_check_up_tells_of_a_hold_until_it_is_lifted(
    worker_db: Database, web_db: Database
) -> None:
    with web_db.begin(NOWHERE) as tx:
        found = sending(tx)
    assert (found.what, found.is_well) == ("sending is held: behind", False)
    lift(worker_db, "the record was read by hand")
    with web_db.begin(NOWHERE) as tx:
        assert sending(tx).is_well
