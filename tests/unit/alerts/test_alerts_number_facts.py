"""`rules eval` takes what is asked as a number among the answers, as it was said."""

import pytest

from rsm.alerts.commands import eval_document
from rsm.alerts.model import InstrumentSpec
from rsm.alerts.packs import folder, read_pack
from rsm.alerts.specs import spec_of
from rsm.instruments.library import find
from rsm.instruments.merge import merge
from rsm.kernel.errors import Invalid

STAR = read_pack(folder() / "star.toml")[0]
WEEKLY = spec_of(find("weekly-symptoms"))
BOTH = spec_of(merge([find("weekly-symptoms"), find("safety-questions")]))
specs = pytest.mark.parametrize("spec", [WEEKLY, BOTH], ids=["weekly", "weekly and safety"])
AT = "2026-10-19T14:00:00Z"


def rules(spec: InstrumentSpec, **facts: object) -> list[str]:
    said = eval_document(STAR, spec, facts)
    assert said["review"] == []
    alerts = said["alerts"]
    assert isinstance(alerts, list)
    return [f"{each['rule']}: {each['reason']}" for each in alerts]


@specs
def test_a_temperature_stands_among_the_answers(spec: InstrumentSpec) -> None:
    (said,) = rules(spec, now={"temperature": 38.2, "pain.severity": 0})
    assert said.startswith("fever: Temperature: 38.2 °C")
    assert rules(spec, now={"temperature": 37.9}) == []
    assert rules(spec, numbers={"temperature": 38}, now={}) != []


@specs
@pytest.mark.parametrize("none", ["not_applicable", "skipped", "refused", None])
def test_no_temperature_is_no_alert_and_no_review(spec: InstrumentSpec, none: str | None) -> None:
    assert rules(spec, now={"temperature": none}) == []


@specs
def test_the_temperature_of_earlier_reports_is_read_the_same_way(spec: InstrumentSpec) -> None:
    history = [{"at": "2026-10-12T14:00:00Z", "answers": {"temperature": 37.1}}]
    (said,) = rules(spec, now={"temperature": 39}, history=history, at=AT)
    assert "39 °C, was 37.1 °C a week ago" in said


def test_what_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match=r"numbers\.temperature: expected a number such as 38\.2"):
        eval_document(STAR, BOTH, {"now": {"temperature": "hot"}})
