"""`rsm rules eval`: the JSON contract of design.md, section 5."""

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from rsm.alerts.checks import check
from rsm.alerts.commands import check_paths, eval_document, explain_path, load_pack, test_paths
from rsm.alerts.packs import folder
from rsm.alerts.specs import find_shipped
from rsm.kernel.errors import Invalid

FIRST = folder() / "first.toml"
PACK, INSTRUMENT = load_pack(FIRST, find_shipped)


def evaluated(facts: str) -> dict[str, object]:
    return eval_document(PACK, INSTRUMENT, json.loads(facts))


def entries(facts: str, key: str) -> list[dict[str, str]]:
    return cast("list[dict[str, str]]", evaluated(facts)[key])


def test_the_contract() -> None:
    assert evaluated("""{
        "now": {"pain.severity": 3, "nausea.severity": 2, "fatigue.severity": null},
        "history": [{"at": "2026-10-01T14:00:00Z",
                     "answers": {"nausea.severity": 0, "pain.severity": "refused"}}],
        "baseline": {"pain.severity": 1},
        "at": "2026-10-08T14:00:00Z"}""") == {
        "alerts": [
            {
                "rule": "severe",
                "symptom": "pain",
                "level": "urgent",
                "reason": "Pain: severity is 3 of 4, previous not known; "
                "the rule asks at 3 or more.",
            },
            {
                "rule": "worse",
                "symptom": "nausea",
                "level": "soon",
                "reason": "Nausea: severity rose from 0 to 2 of 4, worse by 2 than in the "
                "previous report.",
            },
        ],
        "review": [],
    }


def test_several_items_of_one_symptom_are_one_alert_with_each_reason() -> None:
    (alert,) = entries('{"now": {"pain.severity": 4, "pain.frequency": 3}}', "alerts")
    assert alert["symptom"] == "pain"
    assert "frequency is 3" in alert["reason"]
    assert "severity is 4" in alert["reason"]


def test_items_named_as_pro_ctcae_names_them_are_judged_though_not_asked() -> None:
    facts = '{"now": {"pain-in-abdomen.severity": 3, "hives.presence": 1}}'
    assert [alert["symptom"] for alert in entries(facts, "alerts")] == ["pain-in-abdomen"]
    assert entries(facts, "review") == []


def test_a_gap_is_reviewed_and_not_called_routine() -> None:
    review = entries('{"now": {"pian": 3, "pain.severity": 8}}', "review")
    assert [entry["kind"] for entry in review] == ["off_scale", "unknown_item"]


@pytest.mark.parametrize(
    ("facts", "where"),
    [
        ("[]", "facts"),
        ("{}", "facts: now"),
        ('{"now": []}', "facts: now"),
        ('{"now": {"pain.severity": "3"}}', "facts: now.pain.severity"),
        ('{"now": {"pain.severity": 3.0}}', "facts: now.pain.severity"),
        ('{"now": {"pain.severity": true}}', "facts: now.pain.severity"),
        ('{"now": {"pain.severity": NaN}}', "facts"),
        ('{"now": {}, "at": "yesterday"}', "facts: at"),
        ('{"now": {}, "at": "2026-10-01T14:00:00"}', "facts: at"),
        ('{"now": {}, "hsitory": []}', "facts: hsitory"),
        ('{"now": {}, "history": [{"at": "2026-10-01T14:00:00Z", "answers": {}}]}', "facts: at"),
    ],
)
def test_facts_of_another_shape_are_refused_with_the_place(facts: str, where: str) -> None:
    with pytest.raises(Invalid) as caught:
        evaluated(facts)
    assert [problem.where for problem in caught.value.problems] == [where]


def test_check_test_and_explain_by_path(tmp_path: Path) -> None:
    assert check_paths([folder()], find_shipped) == []
    results = test_paths([FIRST], find_shipped)
    assert all(result.holds for result in results[str(FIRST)])
    assert explain_path(FIRST, find_shipped).startswith("# First pack")
    bad = tmp_path / "bad.toml"
    bad.write_text("key = 1\n", encoding="utf-8")
    places = {problem.where for problem in check_paths([bad, FIRST], find_shipped)}
    assert f"{bad}:1: key" in places
    assert not any(place.startswith(str(FIRST)) for place in places)


# --- what the contract has grown by ---

STAR = load_pack(folder() / "star.toml", find_shipped)
UAB = load_pack(folder() / "uab-like.toml", find_shipped)


def test_numbers_words_and_optional_questions_are_judged_though_not_asked() -> None:
    said = eval_document(
        *STAR,
        {
            "now": {"chest-pain.presence": 1, "phq-9.9": 1},
            "numbers": {"temperature": 38.4},
            "text": "no puedo respirar",
            "patient": {"age": 71, "regimen": "FOLFOX"},
            "windows_missed": 0,
        },
    )
    alerts = cast("list[dict[str, str]]", said["alerts"])
    assert [(alert["rule"], alert["level"]) for alert in alerts] == [
        ("chest-pain", "emergency"),
        ("fever", "emergency"),
        ("self-harm", "emergency"),
        ("alarming-words", "urgent"),
    ]
    assert "38.4 °C" in alerts[1]["reason"]
    assert said["review"] == []


def test_an_expected_level_keeps_a_finding_from_the_nurse_and_not_from_the_patient() -> None:
    facts = {
        "now": {"pain.severity": 2},
        "at": "2026-10-19T14:00:00Z",
        "expected": [{"symptom": "pain", "grade": 2, "until": "2026-10-29T14:00:00Z"}],
    }
    said = eval_document(*UAB, facts)
    (hushed,) = cast("list[dict[str, str]]", said["suppressed"])
    assert said["alerts"] == []
    assert (hushed["rule"], hushed["why"]) == ("moderate", "expected")
    assert said["patient_level"] == "soon"
    worse = eval_document(*UAB, facts | {"now": {"pain.severity": 3}})
    assert [alert["rule"] for alert in cast("list[dict[str, str]]", worse["alerts"])] == ["severe"]
    assert worse["suppressed"] == []


def test_an_expected_level_that_no_nurse_may_set_is_refused() -> None:
    facts = {
        "now": {},
        "at": "2026-10-19T14:00:00Z",
        "expected": [{"symptom": "pain", "grade": 4, "until": "2026-12-29T14:00:00Z"}],
    }
    with pytest.raises(Invalid) as caught:
        eval_document(*UAB, facts)
    assert [problem.where for problem in caught.value.problems] == [
        "facts: expected[0].grade",
        "facts: expected[0].until",
    ]


def test_a_merged_survey_is_judged_by_a_pack_for_one_of_its_parts() -> None:
    pack, instrument = STAR
    merged = replace(
        instrument, key="merged", version="1.0.0", parts=(("weekly-symptoms", "1.0.0"),)
    )
    assert check(pack, merged) == []
    assert eval_document(pack, merged, {"now": {"pain.severity": 3}})["review"] == []
