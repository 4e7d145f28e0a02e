"""The worked cases of a pack as a table that a clinician reads."""

from collections.abc import Mapping

from rsm.alerts.page import Table
from rsm.alerts.schema import RulePack
from rsm.alerts.wording import label
from rsm.alerts.worked import Case, CaseReport, RawAnswer
from rsm.kernel.words import Reporter

_BY = {Reporter.SELF: "the patient", Reporter.STAFF: "a nurse", Reporter.PROXY: "a relative"}


def cases_table(pack: RulePack) -> Table:
    """What was answered, what came before, and what the rules raise."""
    rows = tuple((case.name, _now(case), _before(case), _expected(case)) for case in pack.cases)
    return Table(("case", "answers", "before", "raises"), rows)


def _now(case: Case) -> str:
    said = [] if case.reporter is Reporter.SELF else [f"by {_BY[case.reporter]}"]
    said += _given(case)
    if case.text:
        said.append(f"words: {case.text}")
    if case.windows_missed is not None:
        said.append(f"windows missed: {case.windows_missed}")
    facts = case.patient.model_dump(exclude_none=True)
    said += [f"{name.replace('_', ' ')}: {value}" for name, value in facts.items()]
    said += [f"{e.symptom} expected at {e.grade}" for e in case.expected_levels]
    return ", ".join(said) or "no answer"


def _before(case: Case) -> str:
    reports = [
        f"{report.days_ago:g} days ago by {_BY[report.reporter]}: {_of(report)}"
        for report in case.history
    ]
    if case.baseline is not None:
        reports.append(f"baseline: {_answers(case.baseline)}")
    return "\n".join(reports) or "nothing"


def _of(report: CaseReport) -> str:
    return ", ".join(_given(report)) or "no answer"


def _given(report: Case | CaseReport) -> list[str]:
    """Answers, numbers and scores of one report."""
    answers = report.now if isinstance(report, Case) else report.answers
    loose = (*report.numbers.items(), *report.scores.items())
    said = [f"{code} {_word(value)}" for code, value in answers.items()]
    return said + [f"{code} {value:g}" for code, value in loose]


def _answers(answers: Mapping[str, RawAnswer]) -> str:
    return ", ".join(f"{code} {_word(value)}" for code, value in answers.items()) or "no answer"


def _word(value: RawAnswer) -> str:
    return str(value).replace("_", " ") if value is not None else "no value"


def _expected(case: Case) -> str:
    raised = [f"{e.level}: {label(e.symptom).lower()} ({e.rule})" for e in case.expect]
    raised += [f"review: {kind.replace('_', ' ')}" for kind in case.review]
    raised += [f"on record only, {each.why}: {each.symptom} ({each.rule})" for each in case.hushed]
    return "\n".join(raised) or "nothing"
