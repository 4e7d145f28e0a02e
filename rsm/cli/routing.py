"""`rsm routing`: which team an alert goes to: asked, read, checked, and used at a site."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rsm.cli.at_site import at_site, read_text
from rsm.cli.output import each_line, read_document, show, verdict

if TYPE_CHECKING:
    from rsm.cli.output import Looked
    from rsm.routing.model import Tree

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    routing = commands.add_parser("routing", help="which team alerts go to")
    ways = routing.add_subparsers(required=True)
    explain = ways.add_parser("explain", help="where an alert of these facts goes, and why")
    explain.add_argument("tree", nargs="?", type=Path, help="a tree as TOML; else a site's")
    _whose(explain)
    explain.add_argument("--json", action="store_true", help="one JSON document")
    explain.add_argument("--lines", action="store_true", help="JSON Lines in and out")
    explain.set_defaults(run=run_explain)
    reading = ways.add_parser("show", help="a tree in words: a file's, or a site's")
    reading.add_argument("tree", nargs="?", type=Path)
    _whose(reading)
    reading.add_argument("--lang", default="en")
    reading.add_argument("--toml", action="store_true", help="as it can be changed and used")
    reading.set_defaults(run=run_show)
    check = ways.add_parser("check", help="validate trees; with a site, whether it may use them")
    check.add_argument("trees", nargs="+", type=Path)
    _whose(check)
    check.set_defaults(run=run_check)
    use = ways.add_parser("use", help="route a site's next alerts by it")
    use.add_argument("tree", type=Path)
    _whose(use)
    use.add_argument("--reason", required=True, help="why; kept with the change, no names")
    use.set_defaults(run=run_use)


def _whose(command: argparse.ArgumentParser) -> None:
    command.add_argument("--site", help="name or id of a site")
    what = "the tree that new sites of the site's organisation begin with"
    command.add_argument("--organisation", action="store_true", help=what)


def run_explain(chosen: argparse.Namespace) -> int:
    """Facts on standard input; 2 for a tree or facts that cannot be used."""
    from rsm.routing.commands import explain_document, in_words

    tree = _wanted(chosen)
    if chosen.lines:
        return each_line(lambda document: explain_document(tree, document))
    answer = explain_document(tree, read_document())
    if chosen.json:
        show(answer)
    else:
        print(in_words(answer))
    return 0


def run_show(chosen: argparse.Namespace) -> int:
    from rsm.routing.writing import to_toml
    from rsm.web.route_words import in_words

    tree = _wanted(chosen)
    print(to_toml(tree) if chosen.toml else "\n".join(in_words(tree, chosen.lang)))
    return 0


def _wanted(chosen: argparse.Namespace) -> "Tree":
    return _tree(chosen.tree) if chosen.tree else _stored(chosen)


def _tree(path: Path) -> "Tree":
    from rsm.routing.commands import read_tree

    return read_tree(read_text(path), path.name)


def _stored(chosen: argparse.Namespace) -> "Tree":
    from rsm.flow import routes
    from rsm.kernel.errors import NotFound

    with at_site(_site(chosen)) as (tx, site_id):
        tree = routes.readable(routes.present(tx, site_id, _tier(chosen)))
    if tree is None:
        raise NotFound("there is no tree, or it cannot be read")
    return tree


def run_check(chosen: argparse.Namespace) -> int:
    """2 when one of them may not be used."""
    return verdict(chosen.trees, lambda path: _look(path, chosen))


def _look(path: Path, chosen: argparse.Namespace) -> "Looked":
    from rsm.flow import routes

    if not chosen.site:
        _tree(path)
        return (), ()
    with at_site(chosen.site) as (tx, site_id):
        proposal = routes.propose(tx, site_id, _tier(chosen), read_text(path))
    return proposal.problems, proposal.notes


def run_use(chosen: argparse.Namespace) -> int:
    from rsm.flow import routes
    from rsm.flow.ladders import Decided
    from rsm.routing.writing import edition

    text, whose = read_text(chosen.tree), _tier(chosen)
    with at_site(_site(chosen)) as (tx, site_id):
        seen = edition(routes.present(tx, site_id, whose))
        routes.use(tx, site_id, whose, text, Decided(chosen.reason, seen))
    print("new sites begin with it" if chosen.organisation else "the next alerts are routed by it")
    return 0


def _site(chosen: argparse.Namespace) -> str:
    from rsm.kernel.errors import Invalid, Problem

    if not chosen.site:
        raise Invalid(Problem("--site", "is missing", "name a site"))
    site: str = chosen.site
    return site


def _tier(chosen: argparse.Namespace) -> str:
    from rsm.flow.routes import ORGANISATION, SITE

    return ORGANISATION if chosen.organisation else SITE
