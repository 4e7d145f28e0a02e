"""What `rsm rules check | test | explain | eval` do, without a database."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, Field

from rsm.alerts.cases import CaseResult, run_cases
from rsm.alerts.checks import check, checked
from rsm.alerts.decide import judge
from rsm.alerts.explain import explain
from rsm.alerts.model import Facts, Finding, InstrumentSpec, ItemSpec, Judgement, Report
from rsm.alerts.packs import FindInstrument, answers_of, find_packs, read_pack
from rsm.alerts.schema import RawAnswer, RulePack
from rsm.kernel.answers import Answers
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


class FactsDocument(Strict):
    """The JSON that `rules eval` reads."""

    now: dict[str, RawAnswer]
    at: AwareDatetime | None = None
    history: tuple[ReportFacts, ...] = Field(default=())
    baseline: dict[str, RawAnswer] | None = None
    reporter: Reporter = Reporter.SELF


def check_paths(paths: Sequence[Path], find: FindInstrument) -> list[Problem]:
    """Every problem in these packs (files, or folders of `*.toml`); none means all may be used."""
    problems: list[Problem] = []
    for path in find_packs(paths):
        try:
            pack, source = read_pack(path)
        except Invalid as error:
            problems += error.problems
        else:
            problems += check(pack, find(pack.instrument), source)
    return problems


def test_paths(paths: Sequence[Path], find: FindInstrument) -> dict[str, list[CaseResult]]:
    """How the worked cases came out, by file; raises `Invalid` for what cannot be run at all."""
    results = {}
    for path in find_packs(paths):
        pack, source = read_pack(path)
        instrument = find(pack.instrument)
        if instrument is None:
            raise Invalid(check(pack, None, source))
        results[str(path)] = run_cases(pack, instrument)
    return results


# pytest takes any `test_*` that a test imports for a test, unless it says that it is none.
test_paths.__test__ = False  # type: ignore[attr-defined]  # functions take any attribute


def explain_path(path: Path, find: FindInstrument) -> str:
    """The pack in plain words (Markdown); a pack with an unknown instrument is explained too."""
    pack, _ = read_pack(path)
    return explain(pack, find(pack.instrument))


def load_pack(path: Path, find: FindInstrument) -> tuple[RulePack, InstrumentSpec]:
    """A pack fit for use with its instrument; raises `Invalid` with every problem."""
    pack, source = read_pack(path)
    return pack, checked(pack, find, source)


def eval_document(pack: RulePack, instrument: InstrumentSpec, facts: object) -> dict[str, object]:
    """What a pack says of these facts: `{"alerts": [{"rule", "symptom", "level", "reason"}],
    "review": [{"kind", "where", "what"}]}`, the highest level first.

    It asks the pack, not a survey: items named as PRO-CTCAE names them (`pain.severity`) are
    judged although the instrument does not ask them. Raises `Invalid` for facts that are not of
    the contract's shape; a value off its scale is, as in a survey, a reason for review.
    """
    read = _read(facts)
    judgement = judge(pack, _widened(instrument, read.now), read)
    reviews = [{"kind": r.kind.value, "where": r.where, "what": r.what} for r in judgement.review]
    return {"alerts": [*_alerts(judgement)], "review": reviews}


def _read(facts: object) -> Facts:
    if not isinstance(facts, Mapping):
        raise Invalid(Problem("facts", "expected a JSON object", 'such as {"now": {}, "at": …}'))
    _writable(facts)
    document = validate(FactsDocument, facts, Source("facts"))
    if document.at is None and document.history:
        mend = 'the time of the answers, such as "2026-10-19T09:00:00Z"'
        raise Invalid(Problem("facts: at", "needed to know how old the history is", mend))
    history = tuple(Report(r.at, answers_of(r.answers), r.reporter) for r in document.history)
    baseline: Answers | None = answers_of(document.baseline) if document.baseline else None
    now = answers_of(document.now)
    return Facts(now, document.at or _NEVER, history, document.reporter, baseline)


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
    return replace(instrument, items=(*instrument.items, *more))


def _alerts(judgement: Judgement) -> Iterator[dict[str, object]]:
    """One entry for each rule and symptom; several items of one symptom share its reason."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in judgement.findings:
        grouped.setdefault((finding.rule, finding.symptom), []).append(finding)
    for (rule, symptom), findings in grouped.items():
        yield {
            "rule": rule,
            "symptom": symptom,
            "level": findings[0].level.value,
            "reason": " ".join(finding.reason for finding in findings),
        }
