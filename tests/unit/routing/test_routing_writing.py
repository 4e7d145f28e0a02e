"""Trees as text: what is written is read again; what nobody asks for is noted."""

import pytest

from rsm.kernel.documents import Source
from rsm.kernel.errors import Invalid
from rsm.routing.trees import single
from rsm.routing.unknown import Vocabulary, unknown
from rsm.routing.writing import edition, nodes, read, to_toml

TREE = """\
name = "Lake\\"side\\u007f ü"
team = "triage"

[[children]]
name = "nights"
team = "night"
match = { level = ["urgent", "soon"], from_time = 20:00:00, until_time = 07:30:00 }

[[children.children]]
name = "Spanish"
match = { language = ["es"], symptom = ["pain"], regimen = ["FOLFOX"] }

[[children]]
name = "closed"
match = { service = "closed", weekday = ["saturday", "sunday"] }
"""


def test_what_is_written_is_the_same_tree() -> None:
    tree, _ = read(TREE, "tree")
    assert read(to_toml(tree), "tree")[0] == tree
    assert read(tree.model_dump_json(), "tree")[0] == tree
    assert to_toml(single("triage")) == 'name = "everything"\nteam = "triage"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"name": "a",\n "team": }', "tree:2: not JSON"),
        ('{"name": "a"}', "`team` is missing"),
        ('{"name": "a", "team": "b", "chldren": []}', "unknown key"),
        ('{"name": ' + "1" * 5000 + "}", "thousands of digits"),
        ("name = 3", "tree:1"),
    ],
)
def test_what_is_no_tree_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read(text, "tree")


def test_the_edition_changes_with_the_content_only() -> None:
    one = single("triage").model_dump(mode="json")
    assert edition(one) == edition(dict(reversed(one.items())))
    assert edition(one) != edition(single("night").model_dump(mode="json"))
    assert edition({}) != edition(one)


def test_every_node_comes_with_the_names_that_lead_to_it() -> None:
    tree, _ = read(TREE, "tree")
    paths = [path[1:] for path, _ in nodes(tree)]
    assert paths == [(), ("nights",), ("nights", "Spanish"), ("closed",)]


def test_a_symptom_and_a_language_that_no_alert_has_are_noted_with_their_line() -> None:
    tree, source = read(TREE, "tree")
    found = unknown(tree, Vocabulary(("pains", "nausea"), ("en",)), source)
    where = "tree:11: children[0].children[0].match"
    assert [str(one) for one in found] == [
        f"{where}.symptom: no alert here has the symptom `pain` (did you mean `pains`?)",
        f"{where}.language: no alert here has the language `es`",
    ]
    assert unknown(tree, Vocabulary(("pain",), ("es",)), Source("tree")) == []
