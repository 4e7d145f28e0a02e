"""What `rsm rules check | test | explain | eval` do, without a database."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, Field

from rsm.alerts.cases import CaseResult, run_cases
from rsm.alerts.checks import checked, warnings, whole
from rsm.alerts.decide import judge
from rsm.alerts.explain import explain, explain_html
from rsm.alerts.model import (
    Facts,
    Finding,
    InstrumentSpec,
    ItemSpec,
    Report,
    Subject,
)
from rsm.alerts.packs import FindInstrument, answers_of, find_packs, read_pack, text_in
from rsm.alerts.quiet import (
    ExpectedLevel,
    Known,
    Suppressed,
    expected_problems,
    quieten,
    worst_grades,
)
from rsm.alerts.schema import Key, RulePack
from rsm.alerts.specs import with_needs
from rsm.alerts.tiers import checked_override, merge
from rsm.alerts.worked import AboutPatient, Number, RawAnswer
from rsm.kernel.answers import Answers, AnswerStatus
from rsm.kernel.documents import Source, Strict, validate
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Reporter

# PRO-CTCAE's attributes and their highest stored codes: `symptom.attribute` names a scale.
_ATTRIBUTES = {"severity": 4, "frequency": 4, "interference": 4, "amount": 4, "presence": 1}
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class ReportFacts(Strict):
    """One entry of `history`."""

    at: AwareDatetime
    answers: dict[str, RawAnswer]
    reporter: Reporter = Reporter.SELF
    numbers: dict[str, Number] = Field(default_factory=dict)
    scores: dict[str, Number] = Field(default_factory=dict)


class ExpectedFacts(Strict):
    """A level that a nurse expects of a symptom; without `since`, as if set now."""

    symptom: str
    grade: int
    until: AwareDatetime
    since: AwareDatetime | None = None


class FactsDocument(Strict):
    """The JSON that `rules eval` reads."""

    now: dict[str, RawAnswer]
    at: AwareDatetime | None = None
    history: tuple[ReportFacts, ...] = Field(default=())
    baseline: dict[str, RawAnswer] | None = None
    reporter: Reporter = Reporter.SELF
    numbers: dict[str, Number] = Field(default_factory=dict)
    baseline_numbers: dict[str, Number] = Field(default_factory=dict)
    scores: dict[str, Number] = Field(default_factory=dict)
    text: str = ""
    language: str = "en"
    windows_missed: int | None = Field(default=None, ge=0)
    patient: AboutPatient = Field(default_factory=AboutPatient)
    expected: tuple[ExpectedFacts, ...] | None = None


class PackFile(RulePack):
    """A pack as a file holds it: parts of `alert_rules/parts/` may be included."""

    include: tuple[Key, ...] = ()


def json_schema() -> dict[str, object]:
    """The JSON Schema of a pack's file: what editors and other programs can check."""
    schema: dict[str, object] = PackFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def check_paths(paths: Sequence[Path], find: FindInstrument) -> list[Problem]:
    """Every problem in these packs (files, or folders of `*.toml`); none means all may be used."""
    problems: list[Problem] = []
    for path in find_packs(paths):
        try:
            pack, source = read_pack(path)
        except Invalid as error:
            problems += error.problems
        else:
            problems += whole(pack, find(pack.instrument), source)
    return problems


def test_paths(paths: Sequence[Path], find: FindInstrument) -> dict[str, list[CaseResult]]:
    """How the worked cases came out, by file; raises `Invalid` for what cannot be run at all."""
    results = {}
    for path in find_packs(paths):
        pack, source = read_pack(path)
        instrument = find(pack.instrument)
        if instrument is None:
            raise Invalid(whole(pack, None, source))
        results[str(path)] = run_cases(pack, instrument)
    return results


# pytest takes any `test_*` that a test imports for a test, unless it says that it is none.
test_paths.__test__ = False  # type: ignore[attr-defined]  # functions take any attribute


def warn_paths(paths: Sequence[Path], find: FindInstrument) -> list[Problem]:
    """What packs that may be used leave unsaid (`checks.warnings`)."""
    noted: list[Problem] = []
    for path in find_packs(paths):
        pack, source = read_pack(path)
        instrument = find(pack.instrument)
        noted += warnings(pack, instrument, source) if instrument else []
    return noted


def explain_path(
    path: Path, find: FindInstrument, *, as_html: bool = False, overrides: Sequence[Path] = ()
) -> str:
    """The pack in plain words (Markdown, or HTML); one with an unknown instrument as well. With
    overrides, as if all of them held now: each rule says who changed it."""
    pack, _ = read_pack(path)
    read = [checked_override(pack, text_in(each), str(each)) for each in overrides]
    latest = max((each.since for each in read), default=_NEVER)
    effective = merge(pack, [each.model_copy(update={"since": latest}) for each in read], latest)
    show = explain_html if as_html else explain
    return show(effective.pack, find(pack.instrument), effective.provenance)


def load_pack(path: Path, find: FindInstrument) -> tuple[RulePack, InstrumentSpec]:
    """A pack fit for use with its instrument; raises `Invalid` with every problem."""
    pack, source = read_pack(path)
    return pack, checked(pack, find, source)


def eval_document(pack: RulePack, instrument: InstrumentSpec, facts: object) -> dict[str, object]:
    """What a pack says of these facts: `{"alerts": [{"rule", "symptom", "level", "reason"}],
    "review": [{"kind", "where", "what"}]}`, the highest level first. With `expected` among the
    facts also `suppressed`, what is kept from the nurse and why, and `patient_level`.

    It asks the pack, not a survey: what its optional rules need, and items named as PRO-CTCAE
    names them (`pain.severity`), are judged although the instrument does not ask them. Raises
    `Invalid` for facts that are not of the contract's shape; a value off its scale is, as in a
    survey, a reason for review.
    """
    wide = with_needs(instrument, pack)
    document, read = _read(facts, {number.code for number in wide.numbers})
    asked = _widened(wide, read.now)
    judgement = judge(pack, asked, read)
    reviews = [{"kind": r.kind.value, "where": r.where, "what": r.what} for r in judgement.review]
    if document.expected is None:
        return {"alerts": [*_alerts(judgement.findings)], "review": reviews}
    expected = _expected(document.expected, pack, asked, read.at)
    worst = worst_grades(asked, read)
    quieted = quieten(judgement, Known(expected=expected), worst, read.at, pack.quiet)
    return {
        "alerts": [*_alerts((*quieted.tell, *quieted.digest))],
        "review": reviews,
        "suppressed": [*_suppressed(quieted.suppressed)],
        "patient_level": judgement.level and judgement.level.value,
    }


def _read(facts: object, numbers: Collection[str]) -> tuple[FactsDocument, Facts]:
    if not isinstance(facts, Mapping):
        raise Invalid(Problem("facts", "expected a JSON object", 'such as {"now": {}, "at": …}'))
    _writable(facts)
    document = validate(FactsDocument, _apart(facts, numbers), Source("facts"))
    if document.at is None and (document.history or document.expected):
        mend = 'the time of the answers, such as "2026-10-19T09:00:00Z"'
        raise Invalid(Problem("facts: at", "needed to know how old the history is", mend))
    return document, Facts(
        now=answers_of(document.now),
        at=document.at or _NEVER,
        history=tuple(_report(each) for each in document.history),
        reporter=document.reporter,
        baseline=answers_of(document.baseline) if document.baseline else None,
        baseline_values=document.baseline_numbers,
        numbers=document.numbers,
        scores=document.scores,
        text=document.text,
        language=document.language,
        windows_missed=document.windows_missed,
        subject=Subject(**document.patient.model_dump()),
    )


def _apart(facts: Mapping[str, object], numbers: Collection[str]) -> dict[str, object]:
    """The document with what is asked as a number (38.2) taken out of its answers."""
    apart = _moved(facts, numbers, ("now", "numbers"), ("baseline", "baseline_numbers"))
    history = facts.get("history")
    if isinstance(history, list) and all(isinstance(one, Mapping) for one in history):
        apart["history"] = [_moved(one, numbers, ("answers", "numbers")) for one in history]
    return apart


def _moved(
    document: Mapping[str, object], numbers: Collection[str], *ways: tuple[str, str]
) -> dict[str, object]:
    """What stands under one key, where it is a number, under the other; words stay for none."""
    moved = dict(document)
    for source, target in ways:
        answers, there = document.get(source), document.get(target, {})
        if isinstance(answers, Mapping) and isinstance(there, Mapping):
            moved[source] = {code: each for code, each in answers.items() if code not in numbers}
            given = {code: each for code, each in answers.items() if code in numbers}
            told = {code: each for code, each in given.items() if not _is_no_value(each)}
            if told:
                moved[target] = {**told, **there}
    return moved


def _is_no_value(value: object) -> bool:
    """Skipped, refused, not applicable: no number was given, and that is well."""
    return value is None or value in {status.value for status in AnswerStatus}


def _report(each: ReportFacts) -> Report:
    return Report(each.at, answers_of(each.answers), each.reporter, each.numbers, each.scores)


def _expected(
    given: Sequence[ExpectedFacts], pack: RulePack, instrument: InstrumentSpec, at: datetime
) -> list[ExpectedLevel]:
    """Raises `Invalid` for a level that no nurse may set."""
    levels = [ExpectedLevel(e.symptom, e.grade, e.since or at, e.until) for e in given]
    problems = [
        replace(problem, where=f"facts: expected[{place}].{problem.where}")
        for place, level in enumerate(levels)
        for problem in expected_problems(level, instrument, pack.quiet)
    ]
    if problems:
        raise Invalid(problems)
    return levels


def _writable(facts: Mapping[str, object]) -> None:
    """JSON as Python reads it may hold NaN, which is no JSON."""
    try:
        json.dumps(facts, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Invalid(Problem("facts", f"not JSON: {error}")) from error


def _widened(instrument: InstrumentSpec, now: Answers) -> InstrumentSpec:
    known = {item.code for item in instrument.items}
    more = []
    for code in now:
        symptom, dot, attribute = code.rpartition(".")
        if code not in known and symptom and dot and attribute in _ATTRIBUTES:
            more.append(ItemSpec(code, symptom, _ATTRIBUTES[attribute]))
    return replace(instrument, items=(*instrument.items, *more)) if more else instrument


def _alerts(findings: Sequence[Finding]) -> Iterator[dict[str, object]]:
    """One entry for each rule and symptom; several items of one symptom share its reason."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        grouped.setdefault((finding.rule, finding.symptom), []).append(finding)
    for (rule, symptom), same in grouped.items():
        yield {
            "rule": rule,
            "symptom": symptom,
            "level": same[0].level.value,
            "reason": " ".join(finding.reason for finding in same),
        }


def _suppressed(hushed: Sequence[Suppressed]) -> Iterator[dict[str, object]]:
    by_why: dict[str, list[Finding]] = {}
    for each in hushed:
        by_why.setdefault(each.reason.value, []).append(each.finding)
    for why, findings in by_why.items():
        yield from ({**entry, "why": why} for entry in _alerts(findings))
