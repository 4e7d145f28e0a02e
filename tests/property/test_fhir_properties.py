"""Forms of any accepted shape: nothing is lost on the way in, out, and through TOML."""

import json
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.fhir.comparing import lost
from integrations.fhir.questionnaire import JsonObject
from integrations.fhir.writing import write_questionnaire
from rsm.bootstrap.forms import read_fhir as read_questionnaire
from rsm.instruments.load import load_instrument
from rsm.instruments.writing import write_instrument
from rsm.kernel.errors import Invalid, Problem
from tests.forms import Json, questionnaires

# A form is large and slow to draw on a busy machine: that is no fault of it.
_FORMS = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@_FORMS
@given(questionnaires())
def test_fhir_to_ours_to_fhir_loses_nothing(form: Json) -> None:
    source: JsonObject = json.loads(json.dumps(form))
    instrument = read_questionnaire(json.dumps(form), "form.json").instrument
    assert lost(source, write_questionnaire(instrument)) == []


@_FORMS
@given(questionnaires())
def test_ours_to_fhir_to_ours_is_the_same_content(form: Json) -> None:
    instrument = read_questionnaire(json.dumps(form), "form.json").instrument
    again = read_questionnaire(json.dumps(write_questionnaire(instrument)), "again.json").instrument
    assert again == instrument
    assert again.pin == instrument.pin


@_FORMS
@given(questionnaires())
def test_toml_is_the_same_content(form: Json) -> None:
    instrument = read_questionnaire(json.dumps(form), "form.json").instrument
    again = load_instrument(write_instrument(instrument), "form.toml")
    assert again == instrument
    assert again.pin == instrument.pin


_JUNK: tuple[object, ...] = (
    *(None, True, False, 0, -1, 3.5, "", "x", "1 2", "Stop", "2026-01-31"),
    *([], {}, ["x"], [{}], {"a": 1}, [{"url": "x"}], {"linkId": "x"}, 10**30),
)


def places(value: object) -> list[tuple[object, object]]:
    """Every object and list in a form, with each key that leads on from it."""
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        return []
    return [(value, key) for key, _ in inner] + [
        place for _, each in inner for place in places(each)
    ]


@_FORMS
@given(questionnaires(), st.data())
def test_a_broken_form_is_read_whole_or_refused_and_never_a_crash(
    form: Json, data: st.DataObject
) -> None:
    broken = json.loads(json.dumps(form))
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places(broken)))
        junk = json.dumps(data.draw(st.sampled_from(_JUNK)))
        holder[key] = json.loads(junk)  # type: ignore[index]  # from `places`
    problems = problems_of(broken)
    assert all(problem.where and problem.what for problem in problems)


def problems_of(form: JsonObject) -> Sequence[Problem]:
    """Why the form is refused; none where it is read, and then nothing of it is lost."""
    try:
        instrument = read_questionnaire(json.dumps(form), "broken.json").instrument
    except Invalid as error:
        return error.problems
    assert lost(form, write_questionnaire(instrument)) == []
    return ()
