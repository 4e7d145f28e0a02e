"""Small filters of the pages: numbers with their nouns, problems as sentences, unbroken numbers."""

import pytest

from rsm.kernel.errors import Problem
from rsm.web.pages import counted, told, unbroken


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 patients"), (1, "1 patient"), (2, "2 patients")]
)
def test_a_number_has_its_noun_in_the_right_form(number: int, text: str) -> None:
    assert counted(number, "patient") == text


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert counted(3, "person", "people") == "3 people"


def test_a_problem_in_the_list_names_its_field_and_how_to_mend_it() -> None:
    problem = Problem("consent_date", "is missing", "nobody is enrolled without consent")
    said = "is missing (nobody is enrolled without consent)"
    assert told(problem, named=True) == f"Consent date: {said}"
    assert told(problem) == f"I{said[1:]}"


def test_a_problem_that_is_a_sentence_stays_one() -> None:
    assert told(Problem("code", "Say what was done", "Choose one."), named=True) == (
        "Say what was done. Choose one."
    )


def test_a_phone_number_is_not_broken_and_the_rest_is_escaped() -> None:
    said = unbroken("Call 202-555-0140 <now>")
    assert said == 'Call <span class="nw" dir="ltr">202-555-0140</span> &lt;now&gt;'
