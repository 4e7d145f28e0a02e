"""A policy and a tree in words: every field is said, and every difference between two is shown."""

import pytest

from rsm.escalation.model import Policy
from rsm.escalation.policies import load_policy, parse_policy
from rsm.kernel.words import Channel, Level
from rsm.routing.trees import parse_tree
from rsm.web import ladder_words, route_words
from rsm.web.ladder_words import LadderWords, differing
from rsm.web.route_words import RouteWords
from rsm.web.texts import languages
from rsm.web.views.changing import Row

LEVEL = """
[levels.{level}]
target_minutes = 240
first_step = "at_once"
ack_loan_minutes = 120

[[levels.{level}.steps]]
who = [{{ kind = "on_duty", rank = 1 }}, {{ kind = "on_duty", rank = 4 }}]
how = ["sms", "email", "voice"]
wait_minutes = 30

[[levels.{level}.steps]]
who = [{{ kind = "team", team = "pain" }}, {{ kind = "team" }}]
wait_minutes = 90

[[levels.{level}.steps]]
who = [{{ kind = "person", email = "ruth@example.org" }}, {{ kind = "safety_contact" }}]
wait_minutes = 15
"""
TEXT = 'key = "own"\nversion = "1.0.0"\ntitle = "Ours"\nauthor = "Ruth"\n' + "".join(
    LEVEL.format(level=level) for level in Level
)
POLICY = load_policy(TEXT, "own")
TREE = """\
name = "Lakeside"
team = "triage"

[[children]]
name = "nights"
team = "night"
match = { from_time = 20:00:00, until_time = 07:30:00 }

[[children]]
name = "Spanish"
match = { language = ["es", "xx"], symptom = ["mouth-sores"], regimen = ["FOLFOX"] }
"""


TEAMS = (
    "After 30 minutes without an answer: everybody in the team pain and everybody in the alert's"
    " team, by text."
)
LOAN = (
    "Whoever takes it on the page has it for 2 hours. If it is not closed by then, it is told"
    " again."
)


def changed(old: str, new: str, count: int = 1) -> Policy:
    assert old in TEXT
    return parse_policy(TEXT.replace(old, new, count), "own")[0]


def test_a_ladder_is_said_as_a_nurse_manager_says_it() -> None:
    assert LadderWords("en").lines(POLICY.ladder(Level.URGENT), Level.URGENT) == [
        "Target: 4 hours.",
        "At once: first on duty and number 4 on duty, by text, e-mail and phone call.",
        TEAMS,
        "Last, after 1 hour 30 minutes more: ruth@example.org and safety contact, by text.",
        "The last step is repeated every 15 minutes until somebody takes the alert.",
        "Outside service hours it is told as at any time.",
        LOAN,
        "Whoever takes it by text or phone has it for 15 minutes, until it is opened on the page.",
    ]


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (1, "1 minute"),
        (60, "1 hour"),
        (90, "1 hour 30 minutes"),
        (1440, "24 hours"),
        (2880, "2 days"),
        (4 * 1440 + 61, "4 days 1 hour 1 minute"),
    ],
)
def test_lengths_are_whole_words(minutes: int, said: str) -> None:
    assert LadderWords("en").length(minutes) == said


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.VOICE])
def test_every_word_is_there_in_every_language(language: str, channel: Channel) -> None:
    words = LadderWords(language)
    for level in Level:
        assert words.level(level)
        assert words.lines(POLICY.ladder(level), level)
    assert words.ways([channel])
    assert ladder_words.in_words(POLICY, language)
    assert route_words.in_words(parse_tree(TREE, "tree")[0], language)


@pytest.mark.parametrize(
    ("old", "new", "was", "now"),
    [
        ("target_minutes = 240", "target_minutes = 60", "Target: 4 hours.", "Target: 1 hour."),
        ("wait_minutes = 90", "wait_minutes = 60", "1 hour 30 minutes more", "after 1 hour more"),
        ("wait_minutes = 15", "wait_minutes = 10", "every 15 minutes", "every 10 minutes"),
        ('"sms", "email", "voice"', '"sms"', "by text, e-mail and phone call", "on duty, by text"),
        ("rank = 4", "rank = 2", "number 4 on duty", "second on duty"),
        ("ack_loan_minutes = 120", "ack_loan_minutes = 60", "has it for 2 hours", "for 1 hour"),
        (
            "ack_loan_minutes = 120",
            "ack_loan_minutes = 120\ntext_ack_loan_minutes = 20",
            "phone has it for 15 minutes",
            "phone has it for 20 minutes",
        ),
        (
            "ack_loan_minutes = 120",
            'ack_loan_minutes = 120\nout_of_hours = "held"\nheld_at_most_minutes = 600',
            "as at any time",
            "10 hours at the most; then whoever is on call is told",
        ),
        (
            "wait_minutes = 30",
            'wait_minutes = 30\nwait_in = "service"',
            "After 30 minutes",
            "of se",
        ),
        ('author = "Ruth"', 'author = "Ada"', "Ruth)", "Ada)"),
        (
            'author = "Ruth"',
            'author = "Ruth"\ntexts_in_ten_minutes = 9',
            "more than 3 texts",
            "more than 9 texts",
        ),
        ('version = "1.0.0"', 'version = "1.1.0"', "own 1.0.0", "own 1.1.0"),
    ],
)
def test_no_difference_is_left_unsaid(old: str, new: str, was: str, now: str) -> None:
    rows = [row for one in differing(POLICY, changed(old, new), "en") for row in one.rows]
    assert any(was in row.was and now in row.now for row in rows), rows


def test_a_step_that_comes_and_one_that_goes_stand_beside_nothing() -> None:
    shorter = changed(
        '[[levels.info.steps]]\nwho = [{ kind = "team", team = "pain" }, { kind = "team" }]\n'
        "wait_minutes = 90\n",
        "",
    )
    (only,) = differing(POLICY, shorter, "en")
    assert (only.level, only.label) == ("info", "Info")
    assert any(row.now == "" for row in only.rows)
    (back,) = differing(shorter, POLICY, "en")
    assert any(row.was == "" for row in back.rows)


def test_the_same_policy_is_no_difference() -> None:
    assert differing(POLICY, POLICY, "en") == ()


# --- trees ---------------------------------------------------------------------------------------


def tree_words(old: str, new: str) -> list[tuple[str, Row]]:
    trees = [parse_tree(text, "tree")[0] for text in (TREE, TREE.replace(old, new))]
    found = route_words.differing(trees[0], trees[1], "en")
    return [(one.label, row) for one in found for row in one.rows]


def test_a_branch_says_what_it_takes() -> None:
    tree = parse_tree(TREE, "tree")[0]
    root = RouteWords("en").branch(tree)
    assert [one.takes for one in root.branches] == [
        "from 20:00 to 7:30",
        "symptom mouth sores, patient reads Spanish or xx, treatment FOLFOX",
    ]
    assert [one.goes for one in root.branches] == ["Team night", "Team triage, as above"]
    assert root.rest == "What none of these takes: team triage"
    whole = parse_tree(f'{TREE}\n[[children]]\nname = "else"\nteam = "day"\n', "tree")[0]
    last = RouteWords("en").branch(whole)
    assert (last.rest, last.branches[-1].takes) == ("", "whatever comes this far")


def test_branches_that_change_come_go_and_move_are_said() -> None:
    assert tree_words("07:30", "08:00") == [
        (
            "Lakeside › nights",  # noqa: RUF001  # a path is written so
            Row("from 20:00 to 7:30: team night", "from 20:00 to 8:00: team night"),
        )
    ]
    labels = [label for label, _ in tree_words('"Spanish"', '"Español"')]
    assert labels == ["Lakeside › Español", "Lakeside › Spanish"]  # noqa: RUF001
    assert tree_words('name = "Lakeside"', 'name = "Hillside"') == [
        (
            "Hillside",
            Row("Lakeside, every alert: team triage", "Hillside, every alert: team triage"),
        )
    ]
    mark = "\n[[children]]"
    start, first, second = TREE.split(mark)
    moved = f"{start}{mark}{second}{mark}{first}"
    old, new = (parse_tree(text, "tree")[0] for text in (TREE, moved))
    (order,) = route_words.differing(old, new, "en")
    assert order.rows == (Row("nights · Spanish", "Spanish · nights"),)
    assert route_words.differing(None, new, "en")
