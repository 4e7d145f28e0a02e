"""What a row holds of a score is read again as it was."""

import json

import pytest

from rsm.instruments.library import find
from rsm.kernel.answers import REFUSED, Answer, answered
from rsm.scoring.decide import score
from rsm.scoring.model import ScoreCode
from rsm.scoring.store import _document, _score, _scores

COMPLETE: dict[str, Answer] = {f"phq-9.{place}": answered(1) for place in range(1, 10)}


@pytest.mark.parametrize(
    "answers", [{}, COMPLETE, COMPLETE | {"phq-9.1": REFUSED}], ids=["none", "all", "some"]
)
def test_a_score_survives_its_row(answers: dict[str, Answer]) -> None:
    phq = find("phq-9")
    made = score(phq, answers)["phq-9.total"]
    row = json.loads(json.dumps(_document(made)))
    assert "instrument" not in row  # it stands beside, once for all scores
    assert _score(row, phq.pin) == made


@pytest.mark.parametrize(("value", "code"), [(3, ScoreCode.COMPUTED), (None, ScoreCode.MISSING)])
def test_a_row_of_the_first_release_is_still_read(value: int | None, code: ScoreCode) -> None:
    pin = find("weekly-symptoms").pin
    (read,) = _scores({"pain.max": {"value": value, "reason": "as it was"}}, pin).values()
    assert (read.value, read.code, read.reason, read.instrument) == (value, code, "as it was", pin)
