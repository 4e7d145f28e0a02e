"""`rsm score`: documents in, documents out, bad ones refused with all that is wrong."""

import pytest

from rsm.instruments.library import find
from rsm.kernel.errors import Invalid
from rsm.scoring.commands import score_document


def test_the_contracts_example() -> None:
    document = {"answers": {"nausea.frequency": 2, "nausea.severity": 1}}
    result = score_document("pro-ctcae", document)
    assert result["scores"]["nausea.composite"] == 1
    assert result["reasons"]["nausea.composite"] == "published table: frequency 2, severity 1"


def test_bands_codes_sources_and_the_pin_stand_beside_the_scores() -> None:
    answers = {f"phq-9.{place}": 2 for place in range(1, 9)}
    result = score_document("phq-9", {"answers": answers})
    assert result["scores"] == {"phq-9.total": 18}
    assert result["bands"] == {"phq-9.total": "moderately-severe"}
    assert result["codes"] == {"phq-9.total": "prorated"}
    assert result["sources"]["phq-9.total"].startswith("Kroenke")
    assert result["instrument"] == find("phq-9").pin.document


def test_a_score_without_a_value_has_no_band() -> None:
    result = score_document("phq-2", {"answers": {"phq-2.1": 3, "phq-2.2": "refused"}})
    assert result["scores"] == {"phq-2.total": None}
    assert result["bands"] == {}
    assert result["codes"] == {"phq-2.total": "missing"}
    assert result["reasons"] == {"phq-2.total": "missing: phq-2.2 (refused)"}


def test_every_declared_score_is_there_and_without_answers_null() -> None:
    result = score_document("pro-ctcae", {"answers": {}})
    assert len(result["scores"]) == 59
    assert set(result["scores"].values()) == {None}
    assert result["reasons"]["cough.composite"] == (
        "missing: cough.severity (not answered), cough.interference (not answered)"
    )


@pytest.mark.parametrize(
    ("missing", "why"), [(None, "skipped"), ("refused", "refused"), ("skipped", "skipped")]
)
def test_a_missing_item_gives_null_with_the_reason_never_zero(
    missing: str | None, why: str
) -> None:
    document = {"answers": {"nausea.frequency": 2, "nausea.severity": missing}}
    result = score_document("pro-ctcae", document)
    assert result["scores"]["nausea.composite"] is None
    assert result["reasons"]["nausea.composite"] == f"missing: nausea.severity ({why})"


def test_not_applicable_is_missing_too() -> None:
    result = score_document(
        "pro-ctcae", {"answers": {"radiation-burns.severity": "not_applicable"}}
    )
    assert result["scores"]["radiation-burns.composite"] is None


@pytest.mark.parametrize("later", [None, 0, 4])
def test_a_first_item_of_0_gives_0_whatever_the_others_say(later: int | None) -> None:
    document = {"answers": {"nausea.frequency": 0, "nausea.severity": later}}
    result = score_document("pro-ctcae", document)
    assert result["scores"]["nausea.composite"] == 0
    assert result["reasons"]["nausea.composite"] == "nausea.frequency is 0"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "no object of answers"),
        ([], "no object of answers"),
        ({"answers": [1]}, "no object of answers"),
        ({"answer": {}}, "no object of answers"),
        ({"answers": {}, "extra": 1}, "extra: unknown key"),
        ({"answers": {"nausea.freqency": 1}}, "did you mean `nausea.frequency`?"),
        ({"answers": {"nausea.frequency": 5}}, "'5' is not an answer of this item"),
        ({"answers": {"nausea.frequency": -1}}, "'-1' is not an answer of this item"),
        ({"answers": {"nausea.frequency": True}}, "True is not a grade"),
        ({"answers": {"nausea.frequency": "2"}}, "without quotes"),
        ({"answers": {"nausea.frequency": 2.0}}, "2.0 is not a grade"),
        ({"answers": {"nausea.frequency": "not_applicable"}}, "is not an answer of this item"),
        ({"answers": {"rash.presence": 2}}, "send one of 0, 1"),
    ],
)
def test_a_bad_document_is_refused(document: object, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        score_document("pro-ctcae", document)
    assert message in str(caught.value)


def test_all_bad_answers_are_named_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        score_document(
            "pro-ctcae", {"answers": {"nausea.frequency": 9, "x": 1, "pain.severity": 2}}
        )
    assert [problem.where for problem in caught.value.problems] == ["nausea.frequency", "x"]


def test_an_unknown_instrument_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(Invalid, match="did you mean `pro-ctcae`"):
        score_document("pro-ctca", {"answers": {}})
