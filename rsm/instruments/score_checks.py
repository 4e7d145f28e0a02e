"""What the scores of an instrument must be: over parts that exist, with bounds, tables that cover
their raw range, cut-offs and changes that can be reached.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rsm.instruments.bounds import Bounds, part_bounds, plain
from rsm.instruments.findings import Finding
from rsm.instruments.formulas import (
    Linear,
    Mean,
    ProctcaeComposite,
    Profile,
    ScoreFormula,
    Sum,
    Summary,
    SymptomCount,
    Table,
    exact,
)
from rsm.instruments.model import Instrument
from rsm.instruments.table_checks import check_table
from rsm.kernel.documents import Loc, nearest

_ORDER = {"frequency": 0, "severity": 1, "interference": 2, "amount": 2}

_NO_GRADES = {"number": "a number", "choice": "a name", "date": "a date", "text": "words"}

Known = Mapping[str, Bounds | None]


def check_scores(instrument: Instrument) -> Iterator[Finding]:
    """Everything that is wrong with the scores, each with its place in the content."""
    known = part_bounds(instrument)
    for place, score in enumerate(instrument.scores):
        loc: Loc = ("scores", place)
        if score.name in instrument.item_by_code:
            what = f"{score.name!r} is an item as well"
            yield Finding((*loc, "name"), what, f"call it {score.name}.score")
        if instrument.validated and not score.source.strip():
            what = "a score of a validated instrument names its source"
            yield Finding((*loc, "source"), what, "add source, the publication of the formula")
        wrong_parts = list(_parts(instrument, score, place))
        yield from wrong_parts
        if not wrong_parts:
            yield from _formula(instrument, score, loc, known)
            yield from _meaning(instrument, score, loc, known[score.name])


# --- parts ---------------------------------------------------------------------------------


def _parts(instrument: Instrument, score: ScoreFormula, place: int) -> Iterator[Finding]:
    loc = ("scores", place)
    for code in score.items:
        if code not in instrument.item_by_code:
            mend = nearest(code, instrument.item_by_code) or "name items of this instrument"
            yield Finding((*loc, "items"), f"unknown item {code!r}", mend)
        elif why := _no_grade(instrument, code):
            what = f"{code!r} is {why}, and scores are computed over grades"
            yield Finding((*loc, "items"), what, "leave it out")
    names = [each.name for each in instrument.scores]
    key = "raw" if isinstance(score, Table) else "scores"
    for name in [part for part in score.parts if part not in score.items]:
        if name not in names:
            mend = nearest(name, names) or "name a score of this instrument"
            yield Finding((*loc, key), f"unknown score {name!r}", mend)
        elif names.index(name) >= place:
            what = f"{name!r} is computed only later"
            yield Finding((*loc, key), what, f"put it before {score.name!r}")
    if len(set(score.parts)) < len(score.parts):
        what = f"{'an item' if score.items else 'a score'} is named twice"
        yield Finding((*loc, "items" if score.items else key), what, "name each once")


def _no_grade(instrument: Instrument, code: str) -> str:
    """What the item is instead of a grade, a point of a scale or a count; empty if it is one."""
    if code in instrument.hidden_codes:
        return "hidden"
    return _NO_GRADES.get(instrument.item_by_code[code].type, "")


# --- each kind -----------------------------------------------------------------------------


def _formula(
    instrument: Instrument, score: ScoreFormula, loc: Loc, known: Known
) -> Iterator[Finding]:
    match score:
        case Summary():
            yield from _summary(score, loc, known)
        case SymptomCount():
            if any(instrument.item_by_code[code].symptom is None for code in score.items):
                yield Finding((*loc, "items"), "an item belongs to no symptom", "name its symptom")
        case Profile():
            yield from _profile(score, loc, known)
        case Table():
            yield from check_table(instrument, score, loc, known[score.raw])
        case ProctcaeComposite():
            yield from _composite(instrument, score.items, loc)


def _summary(score: Summary, loc: Loc, known: Known) -> Iterator[Finding]:
    if score.needed > len(score.parts):
        of = "items" if score.items else "scores"
        what = f"needs {score.needed} of {len(score.parts)} {of}"
        yield Finding((*loc, "min_answered"), what, "it can never be computed: lower it")
    for part in score.reversed:
        if part not in score.parts:
            mend = nearest(part, score.parts) or f"name some of {', '.join(score.parts)}"
            yield Finding((*loc, "reversed"), f"{part!r} is none of its parts", mend)
        elif known[part] is None:
            what = f"{part!r} has no lowest and highest value, so it cannot be reversed"
            yield Finding((*loc, "reversed"), what, "give it a scale of options")
    if isinstance(score, (Mean, Sum)):
        for part in sorted(score.weights.keys() - set(score.parts)):
            mend = nearest(part, score.parts) or f"name some of {', '.join(score.parts)}"
            yield Finding((*loc, "weights"), f"{part!r} is none of its parts", mend)
    if isinstance(score, Linear):
        yield from _linear(score, loc, known)


def _linear(score: Linear, loc: Loc, known: Known) -> Iterator[Finding]:
    bounds = [known[part] for part in score.parts]
    if None in bounds or len(set(bounds)) > 1:
        scales = ", ".join(f"{part}: {known[part] or 'no scale'}" for part in score.parts)
        what = f"its parts are not on one scale ({scales})"
        yield Finding(loc, what, "a linear score is over parts with one lowest and highest")
    if exact(score.onto[0]) == exact(score.onto[1]):
        what = "both ends are the same, so every answer would score alike"
        yield Finding((*loc, "onto"), what, "such as onto = [0, 100], or [100, 0] for a function")


def _profile(score: Profile, loc: Loc, known: Known) -> Iterator[Finding]:
    for part in score.parts:
        bounds = known[part]
        if bounds is None or bounds.lowest < 0 or bounds.highest > 9:
            what = f"{part!r} is not one digit"
            yield Finding((*loc, "items"), what, "a profile is of items with values 0 to 9")


def _composite(instrument: Instrument, codes: Sequence[str], loc: Loc) -> Iterator[Finding]:
    if instrument.wording == "own":
        what = "wording of one's own carries no PRO-CTCAE composite"
        yield Finding((*loc, "kind"), what, "use max, sum or mean")
    items = [instrument.item_by_code[code] for code in codes]
    complete = [
        each.code
        for each in instrument.items
        if each.symptom is not None and each.symptom == items[0].symptom
    ]
    if list(codes) != complete or not _is_composite_set(item.attribute for item in items):
        what = "a composite is over all attributes of one symptom, in order"
        mend = f"name {', '.join(complete)}" if complete else "name the items' symptom"
        yield Finding((*loc, "items"), what, mend)


def _is_composite_set(attributes: Iterable[str | None]) -> bool:
    """Frequency, severity, then interference or amount, none of them twice; never presence."""
    ranks = [_ORDER.get(attribute or "", -1) for attribute in attributes]
    return -1 not in ranks and ranks == sorted(set(ranks))


# --- what the score means ------------------------------------------------------------------


def _meaning(
    instrument: Instrument, score: ScoreFormula, loc: Loc, bounds: Bounds | None
) -> Iterator[Finding]:
    if isinstance(score, Profile) and (score.cut_offs or score.important_change):
        what = "a profile names a state and is no quantity"
        yield Finding((*loc, "kind"), what, "it has neither cut_offs nor important_change")
    elif bounds is not None:
        yield from _bands(instrument, score, loc, bounds)
        yield from _changes(score, loc, bounds)


def _bands(
    instrument: Instrument, score: ScoreFormula, loc: Loc, bounds: Bounds
) -> Iterator[Finding]:
    bands = score.cut_offs.bands if score.cut_offs else ()
    loc = (*loc, "cut_offs", "bands")
    starts = [exact(band.at_least) for band in bands]
    if starts != sorted(set(starts)):
        what = f"bands start at {', '.join(str(band.at_least) for band in bands)}"
        yield Finding(loc, what, "put the lowest first, and each start once")
    if starts and min(starts) != bounds.lowest:
        what = f"the lowest band starts at {plain(min(starts))}, the score at {bounds}"
        yield Finding(loc, what, f"begin with at_least = {plain(bounds.lowest)}")
    for band in bands:
        if exact(band.at_least) > bounds.highest:
            what = f"no score reaches {band.at_least} ({band.code})"
            yield Finding(loc, what, f"the score is {bounds}")
    codes = [band.code for band in bands]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield Finding(loc, f"{code!r} names two bands", "give each its own code")
    yield from _labels(instrument, score, loc)


def _labels(instrument: Instrument, score: ScoreFormula, loc: Loc) -> Iterator[Finding]:
    """As with hints: none is needed, but one language's needs the others'."""
    bands = score.cut_offs.bands if score.cut_offs else ()
    for language in sorted(instrument.languages) if any(band.label for band in bands) else ():
        for place, band in enumerate(bands):
            if language not in band.label:
                what = f"no label of {band.code} in {language}"
                yield Finding((*loc, place), what, f"add label.{language}")


def _changes(score: ScoreFormula, loc: Loc, bounds: Bounds) -> Iterator[Finding]:
    change = score.important_change
    given = {"worse": change.worse, "better": change.better} if change else {}
    for direction, by in given.items():
        if by is not None and exact(by) > bounds.highest - bounds.lowest:
            what = f"no score can change by {by}"
            yield Finding((*loc, "important_change", direction), what, f"the score is {bounds}")
