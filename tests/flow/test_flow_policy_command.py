"""`rsm policy` and `rsm routing`: read, checked and used from the shell, as on the pages."""

import io
import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from rsm.cli import main
from rsm.db.work import Database
from rsm.escalation.policies import default_policy, default_text
from rsm.routing.trees import parse_tree, tree_of
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.commands import commands_find

OWN = default_text().replace('key = "default"', 'key = "own"')
TREE = """\
name = "Lakeside"
team = "triage"

[[children]]
name = "weekends"
match = { weekday = ["saturday", "sunday"], symptom = ["pian"] }
"""
SITE = ["--site", "Lakeside Clinic"]
WHY = ["--reason", "Nights were too slow."]
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def clinic(web_db: Database, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """The commands find the test's database."""
    commands_find(monkeypatch, web=web_db)
    return build_clinic(web_db)


def file(folder: Path, name: str, body: str) -> str:
    path = folder / name
    path.write_text(body, encoding="utf-8")
    return str(path)


def in_force(clinic: Clinic) -> str:
    with clinic.begin() as tx:
        pin = sites.get(tx, clinic.site).policy
    return f"{pin.key}@{pin.version}"


# --- policies ------------------------------------------------------------------------------------


def test_a_policy_is_shown_in_words_and_as_json(capsys: Said) -> None:
    assert main(["policy", "show"]) == 0
    ours = capsys.readouterr().out
    assert "After 15 minutes without an answer: second on duty, by text." in ours
    assert main(["policy", "show", *SITE]) == 0
    assert capsys.readouterr().out == ours
    assert main(["policy", "show", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["key"], told["hash"]) == ("default", default_policy().pin.hash)


def test_a_file_is_checked_by_itself_and_against_a_sites_people(
    tmp_path: Path, capsys: Said
) -> None:
    good = file(tmp_path, "own.toml", OWN)
    assert main(["policy", "check", good, *SITE]) == 0
    slow = file(tmp_path, "slow.toml", OWN.replace("wait_minutes = 5", "wait_minutes = 20"))
    assert main(["policy", "check", slow]) == 0
    assert "please note: slow.toml:" in capsys.readouterr().out
    stranger = OWN.replace('role = "manager"', 'role = "clinician"')
    named = file(tmp_path, "stranger.toml", stranger)
    assert main(["policy", "check", good, named]) == 0
    assert main(["policy", "check", good, named, *SITE]) == 2
    assert "nobody at the site is clinician" in capsys.readouterr().out
    assert main(["policy", "check", good, "--site", "Lakside Clinic"]) == 2
    assert main(["policy", "check", file(tmp_path, "broken.toml", "key = ")]) == 2
    assert main(["policy", "check", str(tmp_path / "nothing.toml")]) == 2


def test_a_policy_is_published_then_used_and_the_former_one_again(
    clinic: Clinic, tmp_path: Path, owner: Engine
) -> None:
    before, own = in_force(clinic), file(tmp_path, "own.toml", OWN)
    assert main(["policy", "publish", own, *SITE]) == 0
    assert main(["policy", "publish", own]) == 0
    assert in_force(clinic) == before
    assert main(["policy", "use", own, *SITE, *WHY]) == 0
    assert in_force(clinic).startswith("own@")
    assert main(["policy", "use", before, *SITE, *WHY]) == 0
    assert in_force(clinic) == before
    assert main(["policy", "use", before, *SITE, *WHY]) == 2  # it is in use already
    assert main(["policy", "use", "own@9.9.9", *SITE, *WHY]) == 2
    assert main(["policy", "use", own, *SITE, "--reason", " "]) == 2
    with owner.connect() as connection:
        query = text("SELECT facts ->> 'key' FROM audit_event WHERE action = 'policy.used'")
        assert sorted(connection.execute(query).scalars()) == ["default", "own"]


# --- routing -------------------------------------------------------------------------------------


def test_a_tree_is_checked_used_asked_and_shown(
    clinic: Clinic, tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = file(tmp_path, "tree.toml", TREE)
    assert main(["routing", "check", tree]) == 0
    assert main(["routing", "check", tree, *SITE]) == 0
    assert "please note" in capsys.readouterr().out
    assert main(["routing", "use", tree, *SITE, *WHY]) == 0
    with clinic.begin() as tx:
        assert tree_of(dict(sites.get(tx, clinic.site).routes)) == parse_tree(TREE, "tree")[0]
    capsys.readouterr()
    assert main(["routing", "show", *SITE]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Lakeside: every alert",
        "  weekends: symptom pian, on Saturday or Sunday. Team triage, as above",
        "  What none of these takes: team triage",
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO('{"level": "soon"}'))
    assert main(["routing", "explain", *SITE]) == 0
    assert "Lakeside > weekends: no: no symptom of pian" in capsys.readouterr().out
    assert main(["routing", "explain"]) == 2  # which tree?
    assert main(["routing", "show", *SITE, "--toml"]) == 0
    assert parse_tree(capsys.readouterr().out, "tree")[0] == parse_tree(TREE, "tree")[0]
    wrong = file(tmp_path, "wrong.toml", TREE.replace("triage", "nobody"))
    assert main(["routing", "check", wrong]) == 0
    assert main(["routing", "check", wrong, *SITE]) == 2
    assert main(["routing", "use", wrong, *SITE, *WHY]) == 2


def test_the_organisations_tree_is_set_for_sites_to_come(
    clinic: Clinic, tmp_path: Path, capsys: Said
) -> None:
    tree = file(tmp_path, "tree.toml", TREE)
    assert main(["routing", "show", *SITE, "--organisation"]) == 2
    assert main(["routing", "use", tree, *SITE, *WHY, "--organisation"]) == 0
    assert main(["routing", "show", *SITE, "--organisation"]) == 0
    assert "weekends" in capsys.readouterr().out
    with clinic.begin() as tx:
        assert not tree_of(dict(sites.get(tx, clinic.site).routes)).children
    assert main(["routing", "use", tree, *WHY]) == 2  # which site?
