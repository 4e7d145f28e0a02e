"""`rsm policy`: who is told of an alert, and when: read, checked, published, used at a site."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rsm.cli.at_site import at_site, read_text
from rsm.cli.output import show, verdict

if TYPE_CHECKING:
    from rsm.cli.output import Looked
    from rsm.escalation.model import Policy

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    policy = commands.add_parser("policy", help="escalation policies").add_subparsers(required=True)
    reading = policy.add_parser("show", help="a policy in words: a file's, else a site's, or ours")
    reading.add_argument("file", nargs="?", type=Path)
    reading.add_argument("--site", help="name or id of a site: the policy that it uses")
    reading.add_argument("--lang", default="en")
    reading.add_argument("--json", action="store_true")
    reading.set_defaults(run=run_show)
    check = policy.add_parser("check", help="validate files; with a site, whether it may use them")
    check.add_argument("files", nargs="+", type=Path)
    check.add_argument("--site", help="name or id of a site: its teams, roles and people")
    check.set_defaults(run=run_check)
    publish = policy.add_parser("publish", help="keep a version for ever, for sites to choose")
    publish.add_argument("file", type=Path)
    publish.add_argument("--site", help="name or id of a site whose people it must fit")
    publish.set_defaults(run=run_publish)
    use = policy.add_parser("use", help="tell a site's next alerts by it")
    use.add_argument("policy", help="a .toml file, or KEY@VERSION of one that the site may choose")
    use.add_argument("--site", required=True, help="name or id of the site")
    use.add_argument("--reason", required=True, help="why; kept with the change, no names")
    use.set_defaults(run=run_use)


def run_show(chosen: argparse.Namespace) -> int:
    """The worst level first; as JSON the policy's own fields with its pin."""
    from rsm.web.ladder_words import in_words

    policy = _policy(chosen)
    if chosen.json:
        show({**policy.model_dump(mode="json"), "hash": policy.pin.hash})
    else:
        print("\n".join(in_words(policy, chosen.lang)))
    return 0


def _policy(chosen: argparse.Namespace) -> "Policy":
    from rsm.escalation import catalogue
    from rsm.escalation.policies import default_policy, load_policy

    if chosen.file:
        return load_policy(read_text(chosen.file), chosen.file.name)
    if not chosen.site:
        return default_policy()
    with at_site(chosen.site) as (tx, site_id):
        return catalogue.current(tx, site_id).policy


def run_check(chosen: argparse.Namespace) -> int:
    """2 when one of them may not be used."""
    return verdict(chosen.files, lambda path: _look(path, chosen.site))


def _look(path: Path, site: str | None) -> "Looked":
    from rsm.escalation import policies
    from rsm.flow import ladders

    text = read_text(path)
    if site is None:
        policy, source = policies.parse_policy(text, path.name)
        return policies.check(policy, source), policies.slow(policy, source)
    with at_site(site) as (tx, site_id):
        proposal = ladders.propose(tx, site_id, text)
    return proposal.problems, proposal.notes


def run_publish(chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house
    from rsm.db.work import NOWHERE
    from rsm.flow.publish import publish_policy
    from rsm.settings import read_settings

    text = read_text(chosen.file)
    if chosen.site:
        with at_site(chosen.site) as (tx, site_id):
            pin = publish_policy(tx, text, site_id)
    else:
        with open_house(read_settings()) as house, house.web.begin(NOWHERE) as tx:
            pin = publish_policy(tx, text)
    print(f"published {pin.key} {pin.version}, content {pin.hash}")
    return 0


def run_use(chosen: argparse.Namespace) -> int:
    from rsm.escalation import catalogue
    from rsm.flow import ladders
    from rsm.sites import service as sites

    key, _, version = chosen.policy.partition("@")
    body = "" if version else read_text(Path(chosen.policy))
    with at_site(chosen.site) as (tx, site_id):
        if version:
            body = catalogue.entry(tx, site_id, key, version).body
        seen = sites.get(tx, site_id).policy.hash
        pin = ladders.use(tx, site_id, body, ladders.Decided(chosen.reason, seen))
    print(f"the next alerts are told by {pin.key} {pin.version}")
    return 0
