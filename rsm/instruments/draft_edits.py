"""Changes of a draft's data, one at a time: what the editor in the browser does. Pure.

A draft may be wrong in between: what is wrong is said by its check, not here.
"""

import re
from collections.abc import Mapping, Sequence

from rsm.instruments.bank import listed
from rsm.instruments.draft_text import Data
from rsm.instruments.drawings import DRAWINGS
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem

_SLUG = re.compile(r"[^a-z0-9]+")
_LONGEST = 60


def with_item(content: Mapping[str, object], place: int | None, item: Data) -> Data:
    """The data with this question there, or at its end. Raises `NotFound`, and `Invalid` (`code`)
    when another question has its code."""
    items = listed(content, "items")
    rest = [each for number, each in enumerate(items) if number != place]
    if item.get("code") in {each.get("code") for each in rest}:
        raise Invalid(Problem("code", "another question has it", "give each its own"))
    if place is None:
        items.append(item)
    else:
        items[_there(items, place)] = item
    return {**content, "items": items} | _pictures(content, item)


def moved(content: Mapping[str, object], place: int, by: int) -> Data:
    """The data with the question further down (1) or up (-1); at the end it stays."""
    items = listed(content, "items")
    there = _there(items, place)
    to = min(max(there + by, 0), len(items) - 1)
    items.insert(to, items.pop(there))
    return {**content, "items": items}


def without_item(content: Mapping[str, object], place: int) -> Data:
    """The data without the question, in no score any more."""
    items = listed(content, "items")
    code = items.pop(_there(items, place)).get("code")
    scores = [
        {**score, "items": [part for part in _parts(score) if part != code]}
        if code in _parts(score)
        else score
        for score in listed(content, "scores")
    ]
    return {**content, "items": items, "scores": [each for each in scores if _is_made(each)]}


def with_score(content: Mapping[str, object], name: str, kind: str, items: Sequence[str]) -> Data:
    """The data with one more score. Raises `Invalid` (`score`, `scored`), `Conflict` if there."""
    scores, key = listed(content, "scores"), slug(name)
    problems = []
    if not key:
        problems.append(Problem("score", "is missing", "give the score a name"))
    if not items:
        problems.append(Problem("scored", "nothing was chosen", "choose what it is made of"))
    if problems:
        raise Invalid(problems)
    if key in {score.get("name") for score in scores}:
        raise Conflict(f"there is a score {key!r} already")
    return {**content, "scores": [*scores, {"kind": kind, "name": key, "items": list(items)}]}


def without_score(content: Mapping[str, object], name: str) -> Data:
    return {
        **content,
        "scores": [each for each in listed(content, "scores") if each.get("name") != name],
    }


def slug(words: str) -> str:
    """`How was your sleep?` as `how-was-your-sleep`."""
    return _SLUG.sub("-", words.casefold()).strip("-")[:_LONGEST].rstrip("-")


def free_code(content: Mapping[str, object], words: str) -> str:
    """A code for a new question, made of its words; with a number where it is taken."""
    taken = {each.get("code") for each in listed(content, "items")}
    base = slug(words) or "question"
    tries = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in tries if each not in taken)


def _there(items: Sequence[Data], place: int) -> int:
    if not 0 <= place < len(items):
        raise NotFound("no such question")
    return place


def _parts(score: Data) -> list[object]:
    parts = score.get("items")
    return parts if isinstance(parts, list) else []


def _is_made(score: Data) -> bool:
    return bool(_parts(score) or score.get("scores") or score.get("raw"))


def _pictures(content: Mapping[str, object], item: Data) -> Data:
    """The drawings of ours that the question uses, with their words in the draft's languages."""
    pictures, languages = content.get("pictures"), content.get("languages")
    known: Data = dict(pictures) if isinstance(pictures, Mapping) else {}
    tags = set(languages) if isinstance(languages, Mapping) else set()
    wanted = {str(option.get("picture")) for option in listed(item, "options")}
    for name in sorted((wanted & DRAWINGS.keys()) - known.keys()):
        alt = {tag: text for tag, text in DRAWINGS[name].alt.items() if tag in tags}
        known[name] = {"svg": DRAWINGS[name].svg, "alt": alt}
    return {"pictures": known} if known else {}
