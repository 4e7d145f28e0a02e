"""A FHIR R4 Questionnaire becomes an instrument, whole or not at all.

What FHIR does not say (licence, youngest age, how far back the questions look) is taken from
`Said`, or supposed and listed in `unstated`, with which an instrument is a draft and is not
published.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from integrations.fhir.comparing import lost
from integrations.fhir.context import Content, Context, Said
from integrations.fhir.headings import read_heading
from integrations.fhir.keeping import Keeper
from integrations.fhir.languages import languages_in
from integrations.fhir.offering import offer
from integrations.fhir.options import objects
from integrations.fhir.questionnaire import Json, Node, parse_questionnaire
from integrations.fhir.walking import Walk
from integrations.fhir.writing import write_questionnaire
from rsm.instruments.model import Instrument
from rsm.kernel.documents import Loc, path_text
from rsm.kernel.errors import Invalid, Problem


@dataclass(frozen=True)
class Imported:
    """The instrument, and what whoever imports should know of it."""

    instrument: Instrument
    remarks: tuple[str, ...]


class Finding(Protocol):
    """What is wrong with an instrument as a whole, and where in its content."""

    @property
    def loc(self) -> Loc: ...

    @property
    def what(self) -> str: ...

    @property
    def mend(self) -> str: ...


Check = Callable[[Instrument], Sequence[Finding]]


def read_questionnaire(text: str, name: str, check: Check, said: Said | None = None) -> Imported:
    """The instrument that a Questionnaire in JSON is; `check` tells what is unsound about one.

    Raises `Invalid` with every element that cannot be represented, each by its path.
    """
    root = parse_questionnaire(text, name)
    source = dict(root.rest)
    context = _context(root, said or Said())
    items = root.nodes("item")
    content = read_heading(root, context)
    walk = Walk(context)
    walk.over(items)
    walk.resolve()
    if not any(not item.get("hidden") for item in walk.items) and not root.problems:
        root.refuse("item", "asks nothing", "a form with no question cannot be answered")
    if root.problems:
        raise Invalid(_named(root.problems, name))
    walk.reorder(context.order)
    content |= walk.content
    offer(content, context)
    unstated = [*_listed(content.get("unstated")), *context.unstated]
    content["unstated"] = list(dict.fromkeys(map(str, unstated)))
    instrument = _instrument(content, walk, name)
    if problems := [_of_finding(finding, walk, name) for finding in check(instrument)]:
        raise Invalid(problems)
    if missing := lost(source, write_questionnaire(instrument)):
        raise Invalid(_named([Problem(path, "would be lost", _LOST) for path in missing], name))
    return Imported(instrument, tuple(context.keeper.remarks))


_LOST = "leave it out, or say the same in another way"


def _context(root: Node, said: Said) -> Context:
    language = root.text("language")
    context = Context(
        said,
        language or said.language or "en",
        (),
        value_sets={
            str(each["id"]): each
            for each in objects(root.rest.get("contained", ()))
            if each.get("resourceType") == "ValueSet" and "id" in each
        },
        keeper=Keeper(said.keep),
    )
    if not (language or said.language):
        context.unstated.append("language")
    others = [tag for tag in languages_in(root.rest) if tag != context.language]
    context.languages = tuple(dict.fromkeys((context.language, *others)))
    return context


def _listed(value: Json | None) -> list[Json]:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []


def _of_finding(finding: Finding, walk: Walk, name: str) -> Problem:
    return Problem(f"{name}: {_path(finding.loc, walk)}", finding.what, finding.mend)


def _instrument(content: Content, walk: Walk, name: str) -> Instrument:
    """The content as a model; problems are told by the path in the Questionnaire."""
    try:
        return Instrument.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise Invalid(
            [
                Problem(f"{name}: {_path(detail['loc'], walk)}", detail["msg"], "mend the form")
                for detail in error.errors()
            ]
        ) from None


def _path(loc: Loc, walk: Walk) -> str:
    """Where in the Questionnaire the content at `loc` is from."""
    if len(loc) < 2 or not isinstance(loc[1], int):
        return path_text(loc)
    known = walk.paths.get((str(loc[0]), loc[1]), "")
    return f"{known}{_within(loc[2:])}" if known else path_text(loc)


def _within(loc: Loc) -> str:
    """What we say of an element, by the name that FHIR has for it."""
    places = "".join(f"[{part}]" for part in loc if isinstance(part, int))
    match loc[:1]:
        case ("asked_when",):
            return f".enableWhen{places}"
        case ("options",):
            return f".answerOption{places}"
        case ("key" | "code",):
            return ".linkId"
        case ("text" | "title" | "short",):
            return ".text"
    return f" ({path_text(loc)})" if loc else ""


def _named(problems: Sequence[Problem], name: str) -> list[Problem]:
    return [Problem(f"{name}: {each.where}", each.what, each.mend) for each in problems]
