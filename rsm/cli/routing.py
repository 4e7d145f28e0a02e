"""`rsm routing explain TREE < FACTS`: which team an alert would go to, and why."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rsm.cli.output import each_line, read_document, show

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    routing = commands.add_parser("routing", help="which team alerts go to")
    explain = routing.add_subparsers(required=True).add_parser(
        "explain", help="where an alert of these facts goes, and why"
    )
    explain.add_argument("tree", type=Path, help="a tree as TOML")
    explain.add_argument("--json", action="store_true", help="one JSON document")
    explain.add_argument("--lines", action="store_true", help="JSON Lines in and out")
    explain.set_defaults(run=run_explain)


def run_explain(chosen: argparse.Namespace) -> int:
    """Facts on standard input; 2 for a tree or facts that cannot be used."""
    from rsm.kernel.errors import Invalid, Problem
    from rsm.routing.commands import explain_document, in_words, read_tree

    try:
        text = chosen.tree.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(Problem(str(chosen.tree), f"cannot be read: {error}")) from None
    tree = read_tree(text, chosen.tree.name)
    if chosen.lines:
        return each_line(lambda document: explain_document(tree, document))
    answer = explain_document(tree, read_document())
    if chosen.json:
        show(answer)
    else:
        print(in_words(answer))
    return 0
