"""What is published keeps its hash (P11): a field added to the models must not change it."""

import pytest

from rsm.instruments.library import find
from rsm.instruments.merge import merge

# As they were when the first reports named them.
PINS = {
    "eortc-qlq-c30": "84225211a188a9410e41fba38ff598ba7cd7cebccd7e9cc7134b6e105ac5ce12",
    "eq-5d-5l": "1ad2c9368e718e5d6429f49d234c466dd1a9a491e5a478552a74773c5a8ab880",
    "esas-r": "e4865501f9bc6766ee46b90eb1a65c8d8b88bdd680069dfc7c7b6efb3423b3c7",
    "gad-2": "7aa29a1bc2f3c00c11f13bbd4b2783de6292a75547094d75729cc8558b752fc2",
    "gad-7": "b0f3b00a5a868461785da34921ed417d8f660badc0e312bac722c79bdbe7da93",
    "phq-2": "43fcb7d234cbea6d79f61172ab1a6087d9fc9ef5fe368c35c466890297463464",
    "phq-9": "5742baaf03b3a2b44da12fbcfbe9fa625e4ef7b65dfdbf662236b47973a96640",
    "pro-ctcae": "45971ff4e76e1ec6160f5d42a19a2486e2935aee22cffb04fbcbbde12f797415",
    "safety-questions": "c9ea715477f24c154af64ec4f3e2895bc590a1565abbb9f9a993b96b30e87121",
    "swemwbs": "e67755a340d201d0f5156f06caa9b80d0b445c1a8aa87908e67f0579f6829dc5",
    "weekly-symptoms": "6bbeb48340433456b284244d2c8d2f44f95de970ffafde79a8be69ad2bdedd33",
}
MERGED = (
    "weekly-symptoms-and-safety-questions-ab9c1b0e2969",
    "18c26a1acdefaccaf2a223ec5f8588f18879a3cc31cee533b6be005755c2728e",
)


@pytest.mark.parametrize("key", PINS)
def test_p11_a_shipped_instrument_keeps_its_hash(key: str) -> None:
    assert find(key, "1.0.0").pin.hash == PINS[key]


def test_p11_what_was_merged_keeps_its_hash() -> None:
    pin = merge([find("weekly-symptoms"), find("safety-questions")]).pin
    assert (pin.key, pin.hash) == MERGED
