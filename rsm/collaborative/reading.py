"""An aggregate file as bytes → what stands in it, or everything that is wrong with it. Pure.

First its shape and its signature, then its content: of a file that nobody known has signed no more
is said than that.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from rsm.collaborative.decide import begins, contradictions, ends, exposed
from rsm.collaborative.model import (
    FORMAT,
    LEAST,
    VERSION,
    Aggregate,
    Cell,
    Collaborative,
    Defined,
    Period,
    SiteShare,
)
from rsm.collaborative.shared import MEASURES, definition_hash
from rsm.collaborative.signing import SIGNATURE_BYTES, canonical, unbase64
from rsm.kernel.documents import Source, validate
from rsm.kernel.errors import Invalid, Problem

LARGEST = 1_000_000  # bytes
FILE = "file"
_KEYS = {"document", "key", "signature"}
_AHEAD = timedelta(minutes=10)  # that another host's clock may be before ours
_ASK = "ask whoever sent it to export it again"
_FINGERPRINT = re.compile(r"[0-9a-f]{20}")
_STEP = re.compile(r"(\w+)(\[\d+\])?")
_NAMES = frozenset(
    {name for model in (Aggregate, Cell, Defined, Period, SiteShare) for name in model.model_fields}
    | {FILE, "document", "key", "signature", *MEASURES}
)
_FINER = re.compile(r"patient|birth|age|sex|name|record|day|week|dimension|value|answer|date|zip")


@dataclass(frozen=True)
class Envelope:
    """A document as it came, who is said to have signed it, and the signature."""

    document: Mapping[str, object]
    key: str
    signature: bytes
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Here:
    """What a file is held against: the agreement, the hour, whose key it is, codes of others."""

    collaborative: Collaborative
    now: datetime
    issuer: str
    taken: Collection[str]


def read(raw: bytes) -> Envelope:
    """The file taken apart. Raises `Invalid` for what has not the shape of one."""
    if len(raw) > LARGEST:
        raise Invalid(Problem(FILE, f"is larger than {LARGEST} bytes", "it is no aggregate file"))
    found = _json(raw)
    if not isinstance(found, dict) or set(found) != _KEYS:
        what = "is no aggregate file: it holds `document`, `key` and `signature`, nothing else"
        raise Invalid(Problem(FILE, what, "choose the file as `rsm collaborative export` made it"))
    document, key, text = found["document"], found["key"], found["signature"]
    signature = unbase64(text) if isinstance(text, str) else None
    if signature is None or len(signature) != SIGNATURE_BYTES:
        raise Invalid(Problem("signature", "is none", _ASK))
    if not isinstance(key, str) or not _FINGERPRINT.fullmatch(key):
        raise Invalid(Problem("key", "is no fingerprint", _ASK))
    if not isinstance(document, dict):
        raise Invalid(Problem("document", "is none", _ASK))
    return Envelope(document, key, signature, _signed(document))


def _signed(document: Mapping[str, object]) -> bytes:
    try:
        return canonical(document)
    except (ValueError, RecursionError):  # half a character, or deeper than can be written
        raise Invalid(Problem(FILE, "holds what cannot be signed", _ASK)) from None


def _json(raw: bytes) -> object:
    """Each key once, whole numbers only, no more brackets than there are in one of ours."""
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_float=_no_number,
        )
    except RecursionError:
        raise Invalid(Problem(FILE, "holds too many brackets within each other", _ASK)) from None
    except ValueError as error:  # not UTF-8, not JSON, a key twice
        raise Invalid(Problem(FILE, f"cannot be read: {_short(error)}", _ASK)) from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_number(text: str) -> object:
    raise ValueError(f"`{text[:20]}` is no whole number")


def _short(error: ValueError) -> str:
    return str(error).split(":", maxsplit=1)[0][:80]


def aggregate(envelope: Envelope, here: Here) -> Aggregate:
    """The content of a file whose signature was found right. Raises `Invalid` with all that is
    wrong: nothing of it is used then."""
    version = envelope.document.get("version")
    if envelope.document.get("format") != FORMAT or version != VERSION or version is True:
        what = f"is not of version {VERSION}, which is the one that is read here"
        raise Invalid(Problem("version", what, "export it with the same release as this one"))
    found = validated(envelope.document)
    problems = list(amiss(found, here))
    if problems:
        raise Invalid(problems)
    return found


def validated(document: Mapping[str, object]) -> Aggregate:
    """The document as a model. Raises `Invalid`; what is unknown could be about somebody."""
    try:
        found = validate(Aggregate, document, Source(FILE))
    except Invalid as error:
        raise Invalid([_about_people(problem) for problem in error.problems]) from None
    if canonical(found.model_dump(mode="json", exclude_none=True)) != canonical(document):
        raise Invalid(Problem(FILE, "is not written as an export writes it", _ASK))
    return found


def place_of(problem: Problem) -> str:
    """Where a file was amiss, without any word of the file itself: a key that is unknown could be
    somebody's name, and what is put on record stays."""
    steps = problem.where.removeprefix(f"{FILE}: ").split(".")
    known: list[str] = []
    for step in steps:
        found = _STEP.fullmatch(step)
        if found is None or found[1] not in _NAMES:
            return ".".join((*known, "\N{HORIZONTAL ELLIPSIS}"))
        known.append(step)
    return ".".join(known)


def _about_people(problem: Problem) -> Problem:
    """The same, and why it stands in the way: nothing finer than a site's month may be shared."""
    if "unknown key" in problem.what:
        key = problem.where.rpartition(".")[2]
        why = "finer than was agreed" if _FINER.search(key) else "not part of an aggregate"
        return Problem(problem.where, f"{problem.what}: {why}", "nothing was taken in")
    if "greater than or equal to" in problem.what:
        what = f"is under {LEAST}: so few people could be known by it"
        return Problem(problem.where, what, "withhold the measure; " + _ASK)
    return Problem(problem.where, problem.what, problem.mend or _ASK)


# --- what a file of the right form can still have amiss -----------------------------------------


def amiss(found: Aggregate, here: Here) -> Iterator[Problem]:
    """Everything for which it is refused."""
    if found.collaborative != here.collaborative.key:
        what = f"is of `{found.collaborative}`, and this is `{here.collaborative.key}`"
        yield Problem("collaborative", what, "agree on one key")
    if found.issuer != here.issuer:
        yield Problem("issuer", "is another installation than the one that signed it", _ASK)
    yield from _wrong_period(found, here)
    yield from _wrong_measures(found)
    codes = Counter(site.code for site in found.sites)
    for number, site in enumerate(found.sites):
        where = f"sites[{number}]"
        if codes[site.code] > 1 or site.code in here.taken:
            yield Problem(f"{where}.code", f"`{site.code}` is another site's", "give it a new code")
        yield from _wrong_cells(site, {each.id for each in found.measures}, where)


def _wrong_period(found: Aggregate, here: Here) -> Iterator[Problem]:
    agreed, first = here.collaborative.months, found.period.day
    if found.period.months != agreed:
        finer = "finer" if found.period.months < agreed else "coarser"
        what = f"is of {found.period.months} months: {finer} than the {agreed} that are agreed"
        yield Problem("period.months", what, "export the period that is agreed")
    elif begins(first, agreed) != first:
        what = f"begins in {found.period.first}, in which none of {agreed} months begins"
        yield Problem("period.first", what, _ASK)
    if found.issued_at.utcoffset() != timedelta(0):
        yield Problem("issued_at", "is no instant in UTC", _ASK)
        return
    if found.issued_at > here.now + _AHEAD:
        yield Problem("issued_at", "lies in the future", "look at the clock of that installation")
    if ends(first, found.period.months) >= _day(found.issued_at):
        yield Problem("period", "was not over when the file was made", "wait for its end")


def _day(instant: datetime) -> date:
    return instant.date()


def _wrong_measures(found: Aggregate) -> Iterator[Problem]:
    for number, each in enumerate(found.measures):
        where = f"measures[{number}]"
        if each.id not in MEASURES:
            yield Problem(f"{where}.id", f"`{each.id}` is not shared here", "use the same release")
        elif each.hash != definition_hash(each.id):
            what = f"`{each.id}` means something else there"
            yield Problem(f"{where}.hash", what, "use the same release on both sides")
    if len({each.id for each in found.measures}) < len(found.measures):
        yield Problem("measures", "one of them is there twice", _ASK)


def _wrong_cells(site: SiteShare, defined: Collection[str], where: str) -> Iterator[Problem]:
    named = [*(cell.measure for cell in site.cells), *site.withheld]
    for measure in dict.fromkeys(named):
        if measure not in defined or measure not in MEASURES:
            yield Problem(f"{where}.{measure}", "is a measure that the file does not define", _ASK)
            return
        if named.count(measure) > 1:
            yield Problem(f"{where}.{measure}", "is there twice", _ASK)
            return
    small = False
    for cell in site.cells:
        if cell.whole - cell.part < LEAST:
            small = True
            what = f"leaves {cell.whole - cell.part}, under {LEAST}: they could be known by it"
            yield Problem(f"{where}.{cell.measure}", what, "withhold the measure; " + _ASK)
    if not small:
        yield from _worked_out(site, where)


def _worked_out(site: SiteShare, where: str) -> Iterator[Problem]:
    cells = {cell.measure: (cell.part, cell.whole) for cell in site.cells}
    for name in contradictions(cells):
        yield Problem(where, f"`{name}` has two different counts", _ASK)
        return
    for name in exposed(cells):
        what = f"`{name}` can be worked out from the others, and is under {LEAST}"
        yield Problem(where, what, "withhold one of them; " + _ASK)
