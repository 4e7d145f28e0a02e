"""`rsm instruments`: questionnaires checked, imported, exported and read, without a database."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rsm.cli.at_site import read_text
from rsm.cli.output import parse_document, show

if TYPE_CHECKING:
    from rsm.instruments.model import Instrument

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_WORDING = """
Licensed wording is never shipped: a site loads its own file onto our structure, unchanged, such as
`rsm instruments import pro-ctcae --wording FILE.csv --licence "..." --out pro-ctcae.toml`.
The file is CSV with the columns item, part, value and one per language (en, es, ...), one text a
line. part is: title, recall, notice, reviewed_by, reviewed_on, licence (item and value empty);
symptom (item: key of the symptom); question, short, not_applicable (item: code of the item, ours or
the publisher's); option (item: the same, or *.severity for all items of that attribute, or *;
value: the stored code). All attributes of a chosen PRO-CTCAE symptom, or none. See also
rsm/instruments/README.md.
"""


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    group = commands.add_parser("instruments", help="questionnaires")
    parsers = group.add_subparsers(required=True)
    check = parsers.add_parser("check", help="validate files: our TOML, or FHIR in JSON")
    check.add_argument("paths", nargs="+", type=Path)
    check.set_defaults(run=run_check)
    _add_import(parsers)
    export = parsers.add_parser("export", help="as our TOML, or as a FHIR R4 Questionnaire")
    export.add_argument("instrument", help="key of a shipped instrument, or a file")
    export.add_argument("--fhir", action="store_true", help="a FHIR R4 Questionnaire in JSON")
    export.add_argument("--out", type=Path)
    export.set_defaults(run=run_export)
    preview = parsers.add_parser("preview", help="how it reads, and what is asked after answers")
    preview.add_argument("instrument", help="key of a shipped instrument, or a file")
    preview.add_argument("--lang", default="")
    preview.add_argument("--answers", default="{}", help='such as {"nausea.frequency": 2}')
    preview.set_defaults(run=run_preview)


def _add_import(parsers: "Commands") -> None:
    command = parsers.add_parser(
        "import",
        help="a FHIR R4 Questionnaire, or licensed wording onto our structure",
        epilog=_WORDING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("source", help="a .json file; with --wording the key of our structure")
    command.add_argument("--wording", type=Path, help="your own file of the licensed wording")
    command.add_argument("--out", type=Path, help="write the TOML there, not to standard output")
    command.add_argument("--json", action="store_true", help="what was read, as one JSON document")
    command.add_argument("--licence", default="", help="by which right you may use the wording")
    command.add_argument("--version", default="", help="which version it becomes, such as 1.0.0")
    command.add_argument("--reviewed-by", default="", help="who vouches for the wording")
    command.add_argument("--reviewed-on", default="", help="and since when, 2026-11-21")
    form = command.add_argument_group("of a FHIR Questionnaire, what it does not say")
    form.add_argument("--key", default="", help="its name among ours, such as phq-9-clinic")
    form.add_argument("--lang", default="", help="its language, where it says none")
    form.add_argument("--display", action="store_true", help="the licence lets you show it")
    form.add_argument("--min-age", type=int)
    form.add_argument("--recall-days", type=int, help="how far back its questions look")
    form.add_argument("--recall", default="", help='as people read it: "In the last 7 days"')
    form.add_argument("--validated", action="store_true", help="it is a validated instrument")
    form.add_argument(
        "--bounds",
        action="append",
        default=[],
        metavar="LINKID=LOW..HIGH",
        help="what can be believed of a number that has no minValue and maxValue",
    )
    form.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="NAME",
        help="keep this extension as it came, and do not act upon it",
    )
    command.set_defaults(run=run_import)


def run_check(chosen: argparse.Namespace) -> int:
    """2 when a file is not sound; what only stands in the way of publishing is told, and fine."""
    from rsm.instruments.decide import publish_problems
    from rsm.kernel.errors import Invalid

    wrong = False
    for path in chosen.paths:
        try:
            found = _read(path)
        except Invalid as error:
            wrong = True
            for problem in error.problems:
                print(problem)
            continue
        print(f"{path}: {found.key} {found.version} is sound, {len(found.items)} items")
        for problem in publish_problems(found):
            print(f"  may not be published: {problem}")
    return 2 if wrong else 0


def run_import(chosen: argparse.Namespace) -> int:
    """The instrument as TOML, and beside it what stands in the way of publishing it."""
    from rsm.instruments.decide import publish_problems
    from rsm.instruments.writing import write_instrument

    found, remarks = _import_wording(chosen) if chosen.wording else _import_form(chosen)
    problems = publish_problems(found)
    body = write_instrument(found)
    if chosen.out:
        _write(chosen.out, body)
    if chosen.json:
        show(
            {
                **found.pin.document,
                "items": len(found.items),
                "languages": list(found.languages),
                "remarks": remarks,
                "may_not_be_published": [vars(problem) for problem in problems],
            }
        )
    elif not chosen.out:
        print(body, end="")
    if not chosen.json:
        for line in (*remarks, *(f"may not be published: {problem}" for problem in problems)):
            print(f"please note: {line}", file=sys.stderr)
    return 0


def _import_wording(chosen: argparse.Namespace) -> "tuple[Instrument, tuple[str, ...]]":
    from rsm.instruments import library
    from rsm.instruments.wording import Permission, load_wording

    permission = Permission(
        licence=chosen.licence,
        version=chosen.version,
        reviewed_by=chosen.reviewed_by,
        reviewed_on=chosen.reviewed_on,
    )
    text = _text(chosen.wording)
    return load_wording(library.find(chosen.source), text, chosen.wording.name, permission), ()


def _import_form(chosen: argparse.Namespace) -> "tuple[Instrument, tuple[str, ...]]":
    from rsm.bootstrap.forms import Said, read_fhir
    from rsm.instruments import library
    from rsm.kernel.errors import Invalid, Problem

    said = Said(
        key=chosen.key,
        version=chosen.version,
        language=chosen.lang,
        licence=chosen.licence,
        display=chosen.display,
        min_age=chosen.min_age,
        recall_days=chosen.recall_days,
        recall=chosen.recall,
        validated=chosen.validated,
        reviewer=chosen.reviewed_by,
        reviewed_on=chosen.reviewed_on,
        bounds=dict(_bounds(each) for each in chosen.bounds),
        keep=frozenset(chosen.keep),
    )
    path = Path(chosen.source)
    if not path.exists() and chosen.source in library.shipped():
        what = "is our structure: its words come from a file of yours"
        raise Invalid(Problem(chosen.source, what, "say --wording FILE"))
    imported = read_fhir(_text(path), path.name, said)
    return imported.instrument, imported.remarks


def _bounds(given: str) -> tuple[str, tuple[float, float]]:
    """`weight=30..250`"""
    from rsm.kernel.errors import Invalid, Problem

    code, _, ends = given.rpartition("=")
    low, _, high = ends.partition("..")
    try:
        return code, (_number(low), _number(high))
    except ValueError:
        raise Invalid(Problem("--bounds", f"{given!r} is none", "such as weight=30..250")) from None


def _number(text: str) -> float:
    return int(text) if text.strip().lstrip("-").isdigit() else float(text)


def run_export(chosen: argparse.Namespace) -> int:
    """To standard output, or to a file."""
    from rsm.instruments.writing import write_instrument

    found = _find(chosen.instrument)
    if chosen.fhir:
        from rsm.bootstrap.forms import write_fhir

        body = json.dumps(write_fhir(found), ensure_ascii=False, indent=2) + "\n"
    else:
        body = write_instrument(found)
    if chosen.out:
        _write(chosen.out, body)
    else:
        print(body, end="")
    return 0


def run_preview(chosen: argparse.Namespace) -> int:
    """Line by line, as text."""
    from rsm.instruments.preview import preview
    from rsm.kernel.documents import nearest
    from rsm.kernel.errors import Invalid, Problem
    from rsm.scoring.commands import read_answers

    found = _find(chosen.instrument)
    if chosen.lang and chosen.lang not in found.languages:
        mend = nearest(chosen.lang, found.languages) or f"one of {', '.join(found.languages)}"
        raise Invalid(Problem("--lang", f"{found.key} is not offered in {chosen.lang}", mend))
    answers = read_answers(found, {"answers": parse_document(chosen.answers, "--answers")})
    for line in preview(found, answers, chosen.lang):
        print(line)
    return 0


def _find(named: str) -> "Instrument":
    """A file where the name is one, else what is shipped."""
    from rsm.instruments import library

    is_file = named.endswith((".toml", ".json")) or Path(named).is_file()
    return _read(Path(named)) if is_file else library.find(named)


def _read(path: Path) -> "Instrument":
    from rsm.instruments.load import load_instrument

    if path.suffix == ".json":
        from rsm.bootstrap.forms import read_fhir

        return read_fhir(_text(path), path.name).instrument
    return load_instrument(path)


def _write(path: Path, body: str) -> None:
    from rsm.kernel.errors import Invalid, Problem

    try:
        path.write_text(body, encoding="utf-8")
    except OSError as error:
        raise Invalid(Problem(str(path), f"cannot be written: {error}")) from None


def _text(path: Path) -> str:
    return read_text(path).removeprefix("\ufeff")
