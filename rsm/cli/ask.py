"""Commands that only decide: rules, scores, schedules, replies. No database."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rsm.cli import replay
from rsm.cli.output import each_line, read_document, show

if TYPE_CHECKING:
    from rsm.instruments.model import Item

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    _add_rules(commands)
    score = commands.add_parser("score", help="scores of one set of answers")
    score.add_argument("instrument", help="key of a shipped instrument, or a .toml file")
    _json_and_lines(score)
    score.set_defaults(run=run_score)
    _add_schedule(commands)
    sms = commands.add_parser("sms", help="what we make of a text")
    parse = sms.add_subparsers(required=True).add_parser("parse", help="read one reply")
    parse.add_argument("--item", required=True, help="item code, such as pain.severity")
    parse.add_argument("--lang", default="en")
    parse.add_argument("--instrument", default="weekly-symptoms")
    _json_and_lines(parse)
    parse.add_argument("text", nargs="*")
    parse.set_defaults(run=run_parse)


def _add_rules(commands: "Commands") -> None:
    rules = commands.add_parser("rules", help="rule packs").add_subparsers(required=True)
    for name, function, what in (
        ("check", run_rules_check, "validate packs"),
        ("test", run_rules_test, "run the worked cases"),
    ):
        command = rules.add_parser(name, help=what)
        command.add_argument("paths", nargs="+", type=Path)
        command.add_argument("--json", action="store_true")
        command.set_defaults(run=function)
    explain = rules.add_parser("explain", help="plain-language reading")
    explain.add_argument("pack")
    explain.add_argument("--html", action="store_true", help="a page to print and sign")
    explain.add_argument("--override", action="append", type=Path, default=[], metavar="FILE")
    explain.set_defaults(run=run_rules_explain)
    schema = rules.add_parser("schema", help="the JSON Schema of a pack")
    schema.set_defaults(run=run_rules_schema)
    judge = rules.add_parser("eval", help="what a pack says of these facts")
    judge.add_argument("pack")
    _json_and_lines(judge)
    judge.set_defaults(run=run_rules_eval)
    replay.add_to(rules)


def _add_schedule(commands: "Commands") -> None:
    schedule = commands.add_parser("schedule", help="what a plan does")
    preview = schedule.add_subparsers(required=True).add_parser("preview", help="coming windows")
    preview.add_argument("plan", help="key of a shipped plan, or a .toml file")
    preview.add_argument("--zone", required=True, help="IANA zone")
    preview.add_argument("--from", dest="start", required=True, help="local date, 2026-10-19")
    preview.add_argument("--until", help="local date of the last possible day")
    preview.add_argument("--count", type=int, default=8)
    preview.add_argument("--weekday", default="monday")
    preview.add_argument("--at", default="09:00", help="local time")
    preview.add_argument("--cycle", action="append", default=[], help="first day of a cycle")
    preview.add_argument("--event", action="append", default=[], help="treatment_end=2027-03-01")
    preview.add_argument("--json", action="store_true")
    preview.set_defaults(run=run_preview)


def _json_and_lines(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="one JSON document (the default)")
    command.add_argument("--lines", action="store_true", help="JSON Lines in, JSON Lines out")


def run_rules_check(chosen: argparse.Namespace) -> int:
    from rsm.alerts.commands import check_paths, warn_paths
    from rsm.alerts.specs import find_shipped

    problems = check_paths(chosen.paths, find_shipped)
    noted = [] if problems else warn_paths(chosen.paths, find_shipped)
    if chosen.json:
        shown = {"problems": problems, "warnings": noted}
        show({name: [vars(each) for each in found] for name, found in shown.items()})
    else:
        for problem in problems:
            print(problem)
        for each in noted:
            print(f"please note: {each}")
        count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
        print(count if problems else "all packs may be used")
    return 2 if problems else 0


def run_rules_test(chosen: argparse.Namespace) -> int:
    from rsm.alerts.commands import test_paths
    from rsm.alerts.specs import find_shipped

    results = test_paths(chosen.paths, find_shipped)
    failed = [each for cases in results.values() for each in cases if not each.holds]
    if chosen.json:
        show({path: [vars(each) for each in cases] for path, cases in results.items()})
    else:
        for path, cases in results.items():
            print(f"{path}: {sum(each.holds for each in cases)} of {len(cases)} cases hold")
        for each in failed:
            print(f"  {each.name}: expected {each.expected}, given {each.given}")
    return 1 if failed else 0


def run_rules_explain(chosen: argparse.Namespace) -> int:
    from rsm.alerts.commands import explain_path
    from rsm.alerts.packs import pack_path
    from rsm.alerts.specs import find_shipped

    path = pack_path(chosen.pack)
    print(explain_path(path, find_shipped, as_html=chosen.html, overrides=chosen.override))
    return 0


def run_rules_schema(_chosen: argparse.Namespace) -> int:
    from rsm.alerts.commands import json_schema

    show(json_schema())
    return 0


def run_rules_eval(chosen: argparse.Namespace) -> int:
    from rsm.alerts.commands import eval_document, load_pack
    from rsm.alerts.packs import pack_path
    from rsm.alerts.specs import find_shipped

    pack, instrument = load_pack(pack_path(chosen.pack), find_shipped)
    if chosen.lines:
        return each_line(lambda facts: eval_document(pack, instrument, facts))
    show(eval_document(pack, instrument, read_document()))
    return 0


def run_score(chosen: argparse.Namespace) -> int:
    from rsm.instruments import library
    from rsm.instruments.load import load_instrument
    from rsm.scoring.commands import score_answers

    if chosen.instrument.endswith(".toml"):
        instrument = load_instrument(Path(chosen.instrument))
    else:
        instrument = library.find(chosen.instrument)
    if chosen.lines:
        return each_line(lambda document: score_answers(instrument, document))
    show(score_answers(instrument, read_document()))
    return 0


def run_preview(chosen: argparse.Namespace) -> int:
    from rsm.schedules.commands import in_words, preview, what_follows
    from rsm.schedules.library import plan_at
    from rsm.schedules.reading import read_anchors, read_slot

    plan = plan_at(chosen.plan)
    slot = read_slot(chosen.zone, chosen.weekday, chosen.at)
    anchors = read_anchors(slot, chosen.start, chosen.until, chosen.cycle, chosen.event)
    windows = preview(plan, anchors, chosen.count)
    if chosen.json:
        show(windows)
        return 0
    for line in in_words(windows, chosen.zone):
        print(line)
    if len(windows) < chosen.count:
        print(what_follows(plan, anchors))
    return 0


def run_parse(chosen: argparse.Namespace) -> int:
    from rsm.messaging.commands import parse_document

    item = _item(chosen.instrument, chosen.item)
    if chosen.lines:
        return each_line(lambda document: parse_document(item, _with_language(chosen, document)))
    document = {"text": " ".join(chosen.text), "lang": chosen.lang}
    show(parse_document(item, document))
    return 0


def _with_language(chosen: argparse.Namespace, document: object) -> dict[str, object]:
    from rsm.kernel.errors import Invalid, Problem

    if not isinstance(document, dict):
        raise Invalid(Problem("", "not an object", 'such as {"text": "2", "lang": "en"}'))
    return {"lang": chosen.lang, **document}


def _item(key: str, code: str) -> "Item":
    from rsm.instruments import library
    from rsm.kernel.documents import nearest
    from rsm.kernel.errors import Invalid, Problem

    # The shipped PRO-CTCAE structure has no wording: its graded items are answered by number.
    for name in dict.fromkeys((key, "pro-ctcae")):
        item = library.find(name).item_by_code.get(code)
        if item is not None:
            return item
    known = library.find(key).item_by_code
    raise Invalid(Problem("--item", f"`{code}` is no item of {key}", nearest(code, known)))
