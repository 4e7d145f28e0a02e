"""What is asked next, what counts, what may be published."""

from datetime import date

import pytest

from rsm.instruments.decide import (
    asked_items,
    effective,
    is_asked,
    next_item,
    parse_value,
    progress,
    publish_problems,
)
from rsm.instruments.library import find
from rsm.kernel.answers import (
    REFUSED,
    SKIPPED,
    STRUCTURAL_ZERO,
    Answer,
    Answers,
    AnswerStatus,
    answered,
)
from rsm.kernel.errors import Invalid

WEEKLY = find("weekly-symptoms")
STRUCTURE = find("pro-ctcae")


def asked_next(answers: Answers) -> str | None:
    item = next_item(WEEKLY, answers)
    return item.code if item else None


def test_the_first_question_is_the_first_item() -> None:
    assert asked_next({}) == "pain.frequency"
    assert progress(WEEKLY, {}) == (1, 25)


def test_a_symptom_that_is_present_is_asked_about_further() -> None:
    assert asked_next({"pain.frequency": answered(1)}) == "pain.severity"


def test_a_symptom_that_is_absent_is_not_asked_about_further() -> None:
    answers = {"pain.frequency": answered(0)}
    assert asked_next(answers) == "nausea.frequency"
    assert progress(WEEKLY, answers) == (2, 23)


def test_not_asked_because_the_gate_is_0_is_a_structural_zero() -> None:
    counted = effective(WEEKLY, {"pain.frequency": answered(0)})
    assert counted["pain.severity"] == STRUCTURAL_ZERO
    assert counted["pain.interference"] == STRUCTURAL_ZERO
    assert "nausea.severity" not in counted


@pytest.mark.parametrize("gate", [REFUSED, SKIPPED])
def test_behind_a_gate_without_a_value_nothing_is_asked_and_nothing_counts(gate: Answer) -> None:
    answers = {"pain.frequency": gate}
    assert asked_next(answers) == "nausea.frequency"
    assert effective(WEEKLY, answers) == answers


def test_an_answer_in_a_branch_that_closed_does_not_count() -> None:
    answers = {"pain.frequency": answered(0), "pain.severity": answered(3)}
    assert effective(WEEKLY, answers)["pain.severity"] == STRUCTURAL_ZERO
    assert "pain.severity" not in effective(WEEKLY, answers | {"pain.frequency": REFUSED})


def test_an_answer_counts_again_when_its_branch_opens_again() -> None:
    answers = {"pain.frequency": answered(2), "pain.severity": answered(3)}
    assert effective(WEEKLY, answers)["pain.severity"] == answered(3)


def test_a_stored_structural_zero_does_not_outlive_its_reason() -> None:
    answers = {"pain.frequency": answered(2), "pain.severity": STRUCTURAL_ZERO}
    assert asked_next(answers) == "pain.severity"


def test_a_refused_item_is_not_asked_again() -> None:
    assert asked_next({"pain.frequency": answered(1), "pain.severity": REFUSED}) == (
        "pain.interference"
    )


def test_is_asked_follows_the_gate() -> None:
    severity = WEEKLY.item_by_code["pain.severity"]
    assert not is_asked(WEEKLY, severity, {})
    assert is_asked(WEEKLY, severity, {"pain.frequency": answered(4)})


def test_a_survey_without_symptoms_is_twelve_questions() -> None:
    answers: dict[str, Answer] = {}
    while (item := next_item(WEEKLY, answers)) is not None:
        answers[item.code] = answered(0)
    assert len(answers) == 12
    assert progress(WEEKLY, answers) == (12, 12)
    assert [item.code for item in asked_items(WEEKLY, answers)] == list(answers)


def test_progress_can_be_asked_for_an_earlier_page() -> None:
    answers = {"pain.frequency": answered(1), "pain.severity": answered(2)}
    assert progress(WEEKLY, answers) == (3, 25)
    assert progress(WEEKLY, answers, WEEKLY.item_by_code["pain.frequency"]) == (1, 25)


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        ("0", answered(0)),
        ("4", answered(4)),
        (" 2 ", answered(2)),
        ("refused", REFUSED),
        ("skipped", SKIPPED),
    ],
)
def test_a_value_of_the_form_is_understood(raw: str, answer: Answer) -> None:
    assert parse_value(WEEKLY.items[0], raw) == answer


@pytest.mark.parametrize(
    "raw", ["", "5", "-1", "1.0", "²", "٣", "two", "1e0", "9" * 5000, "structural_zero"]
)
def test_anything_else_is_refused_with_the_scale(raw: str) -> None:
    with pytest.raises(Invalid, match=r"pain\.frequency: .* \(send one of 0, 1, 2, 3, 4"):
        parse_value(WEEKLY.items[0], raw)


def test_not_applicable_is_an_answer_only_where_the_item_has_it() -> None:
    burns = STRUCTURE.item_by_code["radiation-burns.severity"]
    assert parse_value(burns, "not_applicable").status is AnswerStatus.NOT_APPLICABLE
    with pytest.raises(Invalid):
        parse_value(WEEKLY.items[0], "not_applicable")


def test_our_own_survey_may_be_published() -> None:
    assert publish_problems(WEEKLY) == ()


def test_structure_without_wording_may_not_be_published() -> None:
    assert {problem.where for problem in publish_problems(STRUCTURE)} == {"licence", "languages"}


@pytest.mark.parametrize("change", [{"reviewed_by": " "}, {"reviewed_on": None}])
def test_a_language_without_a_named_reviewer_is_not_published(
    change: dict[str, str | date | None],
) -> None:
    spanish = WEEKLY.languages["es"].model_copy(update=change)
    draft = WEEKLY.model_copy(update={"languages": {**WEEKLY.languages, "es": spanish}})
    assert [problem.where for problem in publish_problems(draft)] == ["languages.es"]
