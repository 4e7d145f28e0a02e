"""Worked examples of every shipped formula, each with the publication or page it is from."""

from dataclasses import dataclass

import pytest

from rsm.instruments.library import find, shipped
from rsm.kernel.answers import Answer, answered
from rsm.scoring.decide import score
from rsm.scoring.model import ScoreCode

# Test data of the MIT-licensed library of scores by Awell Health, github.com/awell-health
AWELL = "awell-score, test responses"
# Test fixtures of the German Medical Informatics Initiative's PRO module
MII = "MII IG PRO 2026, input/tests/phq9-scoring.fixtures.json"
MANUAL = "EORTC QLQ-C30 Scoring Manual, 3rd edition 2001, as in MII IG PRO 2026, QLQ-C30 scoring"
# Norm values of the German adult population: raw 23 is metric 20.73, raw 32 is 29.31
GERMAN_NORMS = "SWEMWBS norm values, German Health Update 2022 (GEDA), abstract"
RANGES = "Hui et al., J Pain Symptom Manage 2016;51:262-269, abstract: 0-60, 0-20, 0-90"


@dataclass(frozen=True)
class Example:
    """Answers to items `<instrument>.<n>` in order (None: not answered), and scores with bands."""

    instrument: str
    answers: tuple[int | None, ...]
    scores: dict[str, float]
    source: str
    bands: tuple[tuple[str, str], ...] = ()


def total(
    instrument: str, answers: tuple[int | None, ...], value: float, band: str, source: str
) -> Example:
    name = f"{instrument}.total"
    return Example(instrument, answers, {name: value}, source, ((name, band),))


def c30(worst: bool) -> Example:
    """All the worst, or all the best answers."""
    item, overall = (4, 1) if worst else (1, 7)
    symptoms = (
        *("fatigue", "nausea-vomiting", "pain", "dyspnoea", "insomnia", "appetite-loss"),
        *("constipation", "diarrhoea", "financial-difficulties"),
    )
    good = (
        *("physical-functioning", "role-functioning", "emotional-functioning"),
        *("cognitive-functioning", "social-functioning", "global-health", "summary"),
    )
    scores = dict.fromkeys(symptoms, 100.0 if worst else 0.0)
    scores |= dict.fromkeys(good, 0.0 if worst else 100.0)
    named = {f"eortc-qlq-c30.{name}": value for name, value in scores.items()}
    return Example("eortc-qlq-c30", (*[item] * 28, overall, overall), named, AWELL)


C30_HALF = (*[None] * 20, 2, 1, *[None] * 8)
EXAMPLES = [
    total("phq-2", (3, 0), 3, "positive", AWELL),
    total("phq-2", (0, 0), 0, "negative", AWELL),
    total("phq-9", (3, 0, 1, 2, 0, 0, 1, 0, 3), 10, "moderate", AWELL),
    total("phq-9", (0,) * 9, 0, "minimal", MII),
    total("phq-9", (3,) * 9, 27, "severe", MII),
    total("phq-9", (1, 1, 1, 1, 0, 0, 0, 0, 0), 4, "minimal", MII),
    total("phq-9", (1, 1, 1, 1, 1, 0, 0, 0, 0), 5, "mild", MII),
    total("phq-9", (2, 2, 1, 1, 1, 1, 1, 1, 0), 10, "moderate", MII),
    total("phq-9", (2, 1, 2, 3, 1, 0, 1, 2, 0), 12, "moderate", MII),
    total("phq-9", (2, 2, 2, 2, 2, 2, 1, 1, 1), 15, "moderately-severe", MII),
    total("phq-9", (3, 3, 2, 2, 2, 2, 2, 2, 2), 20, "severe", MII),
    total("gad-2", (3, 0), 3, "positive", AWELL),
    total("gad-7", (3, 0, 1, 2, 0, 0, 1), 7, "mild", AWELL),
    total("gad-7", (0,) * 7, 0, "minimal", AWELL),
    total("gad-7", (3,) * 7, 21, "severe", AWELL),
    c30(worst=True),
    c30(worst=False),
    Example("eortc-qlq-c30", C30_HALF, {"eortc-qlq-c30.emotional-functioning": 250 / 3}, AWELL),
    Example(
        "eortc-qlq-c30",
        (1, 2, 1, 3, 2, *[None] * 23, 4, 5),
        {  # (1 - (1.8 - 1) / 3) x 100, and ((4.5 - 1) / 6) x 100
            "eortc-qlq-c30.physical-functioning": 220 / 3,
            "eortc-qlq-c30.global-health": 175 / 3,
        },
        MANUAL,
    ),
    Example("swemwbs", (3, 3, 3, 3, 3, 4, 4), {"swemwbs.metric": 20.73}, GERMAN_NORMS),
    Example("swemwbs", (4, 4, 4, 5, 5, 5, 5), {"swemwbs.metric": 29.31}, GERMAN_NORMS),
    Example(
        "esas-r",
        (10,) * 10,
        {"esas-r.physical": 60, "esas-r.emotional": 20, "esas-r.total": 90},
        RANGES,
    ),
    Example(
        "eq-5d-5l",
        (1, 5, 4, 2, 1, 74),
        {"eq-5d-5l.profile": 15421, "eq-5d-5l.self-rated-health": 74},
        AWELL,
    ),
]


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda each: f"{each.instrument}: {each.answers[:10]}"
)
def test_a_worked_example_holds(example: Example) -> None:
    instrument = find(example.instrument)
    answers: dict[str, Answer] = {
        item.code: answered(value)
        for item, value in zip(instrument.items, example.answers, strict=True)
        if value is not None
    }
    scores = score(instrument, answers)
    for name, expected in example.scores.items():
        assert scores[name].value == pytest.approx(expected, abs=1e-9), example.source
    for name, band in example.bands:
        assert scores[name].band == band, example.source


def test_every_shipped_instrument_has_a_worked_example() -> None:
    # 179 combinations; no published formula; no score at all; counts of our own
    elsewhere = {"pro-ctcae", "weekly-symptoms", "safety-questions", "short-measure"}
    assert {example.instrument for example in EXAMPLES} == set(shipped()) - elsewhere


def test_the_summary_score_is_the_mean_of_13_scales_with_symptoms_reversed() -> None:
    """Giesinger et al., J Clin Epidemiol 2016;69:79-88: five functions as they are, eight symptoms
    as 100 minus the scale."""
    qlq = find("eortc-qlq-c30")
    answers = {item.code: answered(2 if place < 5 else 1) for place, item in enumerate(qlq.items)}
    scores = score(qlq, answers)
    assert scores["eortc-qlq-c30.physical-functioning"].value == pytest.approx(200 / 3)
    assert scores["eortc-qlq-c30.summary"].value == pytest.approx((200 / 3 + 12 * 100) / 13)


@pytest.mark.parametrize(
    ("raw", "metric"), [(7, 7), (8, 9.51), (20, 18.59), (21, 19.25), (34, 32.55), (35, 35)]
)
def test_swemwbs_raw_to_metric(raw: int, metric: float) -> None:
    """Warwick's conversion table, at its ends and in its middle."""
    spread = [raw // 7 + (place < raw % 7) for place in range(7)]
    answers = {f"swemwbs.{place + 1}": answered(value) for place, value in enumerate(spread)}
    scores = score(find("swemwbs"), answers)
    assert (scores["swemwbs.raw"].value, scores["swemwbs.metric"].value) == (raw, metric)


@pytest.mark.parametrize(
    ("scale", "items", "needed"),
    [
        ("physical-functioning", (1, 2, 3, 4, 5), 3),
        ("role-functioning", (6, 7), 1),
        ("emotional-functioning", (21, 22, 23, 24), 2),
        ("cognitive-functioning", (20, 25), 1),
        ("social-functioning", (26, 27), 1),
        ("fatigue", (10, 12, 18), 2),
        ("nausea-vomiting", (14, 15), 1),
        ("pain", (9, 19), 1),
        ("dyspnoea", (8,), 1),
        ("insomnia", (11,), 1),
        ("appetite-loss", (13,), 1),
        ("constipation", (16,), 1),
        ("diarrhoea", (17,), 1),
        ("financial-difficulties", (28,), 1),
        ("global-health", (29, 30), 1),
    ],
)
def test_half_of_a_scales_items_suffice_and_fewer_give_none(
    scale: str, items: tuple[int, ...], needed: int
) -> None:
    """The scoring manual's items of each scale, and its rule for missing ones."""
    qlq, name = find("eortc-qlq-c30"), f"eortc-qlq-c30.{scale}"
    codes = [f"eortc-qlq-c30.{number}" for number in items]
    enough = score(qlq, {code: answered(2) for code in codes[:needed]})[name]
    assert enough.value is not None
    assert enough.code is (ScoreCode.PRORATED if needed < len(items) else ScoreCode.COMPUTED)
    assert score(qlq, {code: answered(2) for code in codes[: needed - 1]})[name].value is None
    others = {item.code: answered(1) for item in qlq.items if item.code not in codes}
    assert score(qlq, others)[name].value is None


def test_two_missing_items_of_the_phq_9_count_as_the_mean_of_the_others() -> None:
    """Arrieta et al., J Clin Psychol 2017, doi 10.1002/jclp.22390."""
    phq = find("phq-9")
    seven = {f"phq-9.{place}": answered(2) for place in range(1, 8)}
    assert score(phq, seven)["phq-9.total"].value == 18
    del seven["phq-9.1"]
    none = score(phq, seven)["phq-9.total"]
    assert (none.value, none.code, none.band) == (None, ScoreCode.TOO_FEW, None)
