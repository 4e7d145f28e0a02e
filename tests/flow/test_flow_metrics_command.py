"""`rsm metrics check`: a site's roll-ups held against their recomputation from the shell."""

import json

import pytest
from sqlalchemy import Engine, create_engine, event, text

from rsm.cli import main
from rsm.db.work import Database
from rsm.kernel.ids import SeededIds
from rsm.metrics import rollup
from tests.clinic import build_clinic
from tests.commands import commands_find
from tests.hand_clinic import Rows
from tests.hand_courses import BEGAN, eight_weeks

CHECK = ["metrics", "check", "--site", "Lakeside Clinic"]
DAY = ["--from", BEGAN.isoformat()]
CHANGED = text("UPDATE occurrence SET scheduled = NOT scheduled WHERE local_date = :day")
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def rolled_up(
    web_db: Database, worker_db: Database, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight weeks of a clinic, rolled up; the command finds them."""
    commands_find(monkeypatch, web=web_db, worker=worker_db)
    clinic = build_clinic(web_db)
    eight_weeks(clinic, Rows(owner, clinic.site, SeededIds("the command")))
    rollup.roll_up_all(worker_db)


def test_what_is_wrong_is_named_and_made_anew_when_asked(
    owner: Engine, worker_db: Database, capsys: Said
) -> None:
    assert main([*CHECK, *DAY]) == 0
    assert capsys.readouterr().out.endswith(" roll-ups looked at, 0 wrong\n")
    planted = text("UPDATE survey_day SET completed = completed + 1 WHERE day = :day")
    with owner.begin() as connection:
        assert connection.execute(planted, {"day": BEGAN}).rowcount > 0

    assert main([*CHECK, *DAY]) == 1
    assert f"day {BEGAN}\n" in capsys.readouterr().out
    assert main([*CHECK, *DAY, "--repair", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["wrong"] == [{"what": "day", "of": BEGAN.isoformat()}]
    assert told["repaired"]

    rollup.roll_up_all(worker_db)
    assert main([*CHECK, *DAY]) == 0
    assert main(CHECK) == 0  # a few days of the command's own choice


def test_a_change_while_it_looks_is_no_fault(
    owner: Engine, worker_db: Database, capsys: Said
) -> None:
    other, changes = create_engine(worker_db.engine.url), []

    def meanwhile(
        _connection: object, _cursor: object, asked: str, given: object, *_: object
    ) -> None:
        if "FROM survey_day" in asked and isinstance(given, dict) and BEGAN in given.values():
            with owner.begin() as connection:
                changes.append(connection.execute(CHANGED, {"day": BEGAN}).rowcount)
            rollup.roll_up_all(Database(other, worker_db.ids, worker_db.vault))

    event.listen(worker_db.engine, "after_cursor_execute", meanwhile)
    assert main([*CHECK, *DAY]) == 0, capsys.readouterr().out
    event.remove(worker_db.engine, "after_cursor_execute", meanwhile)
    other.dispose()
    assert changes
    assert all(changes)


def test_days_that_end_before_they_begin_and_sites_that_are_none_are_refused(capsys: Said) -> None:
    assert main([*CHECK, *DAY, "--to", "2020-01-01"]) == 2
    assert "swap the two days" in capsys.readouterr().err
    assert main(["metrics", "check", "--site", "Lakside Clinic"]) == 2
    assert "Lakeside Clinic" in capsys.readouterr().err
