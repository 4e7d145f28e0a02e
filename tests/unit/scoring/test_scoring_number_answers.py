"""`rsm score` takes a number as it was said; no score is made of it."""

import pytest

from rsm.instruments.library import find
from rsm.kernel.answers import SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.errors import Invalid
from rsm.scoring.commands import read_answers, score_document


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (38.2, answered(382)),
        (38, answered(380)),
        ("38,2 °C", answered(382)),
        ("100.4 F", answered(380)),
        ("not_applicable", Answer(AnswerStatus.NOT_APPLICABLE)),
        (None, SKIPPED),
    ],
)
def test_a_number_is_read_as_it_is_said(given: object, stored: Answer) -> None:
    read = read_answers(find("safety-questions"), {"answers": {"temperature": given}})
    assert read == {"temperature": stored}


@pytest.mark.parametrize("given", [382, 38.25, True, "hot", [38.2]])
def test_what_is_no_temperature_is_refused(given: object) -> None:
    with pytest.raises(Invalid, match="temperature"):
        score_document("safety-questions", {"answers": {"temperature": given}})


def test_numbers_have_no_score() -> None:
    document = score_document("safety-questions", {"answers": {"temperature": 38.2}})
    assert document["scores"] == {}
