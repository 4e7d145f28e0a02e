"""Nobody gets at a small cell, and no file that is not as it was signed gets in."""

import base64
import json
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsm.collaborative import decide
from rsm.collaborative.model import LEAST, Collaborative
from rsm.collaborative.reading import Here, aggregate, read
from rsm.collaborative.shared import MEASURES, SUMS, counts_of, definition_hash
from rsm.collaborative.signing import canonical, fingerprint, is_signed, public_of, sign
from rsm.kernel.errors import Invalid
from tests.collaborative_atoms import ATOMS, COUNTED, worked_out
from tests.collaborative_world import NOW, PRIVATE, document, envelope


@st.composite
def counts(draw: st.DrawFn) -> dict[str, int]:
    """A period of a site, everything in it consistent."""
    sizes = st.sampled_from((0, 0, 0, 3, 12, 30, 60))
    size = {atom: draw(sizes) for atom in ATOMS}
    return {name: sum(size[atom] for atom in atoms) for name, atoms in COUNTED.items()}


def cells_of(made: dict[str, int]) -> dict[str, tuple[int, int]]:
    named = {measure: counts_of(measure) for measure in MEASURES}
    return {measure: (made[part], made[whole]) for measure, (part, whole) in named.items()}


@settings(deadline=None)  # what follows from which counts is worked out once
@given(counts())
def test_no_small_cell_can_be_had_by_subtraction(made: dict[str, int]) -> None:
    cells = cells_of(made)
    withheld = decide.suppressed(cells)
    shown = {measure: cell for measure, cell in cells.items() if measure not in withheld}
    known: dict[str, int] = {}
    for measure, (part, whole) in shown.items():
        assert min(part, whole, whole - part) >= LEAST, measure
        known |= dict(zip(counts_of(measure), (part, whole), strict=True))
    assert [(how, count) for how, count in worked_out(known) if count < LEAST] == []


@given(counts())
def test_what_is_shown_tells_the_truth_of_what_it_tells(made: dict[str, int]) -> None:
    cells = cells_of(made)
    shown = {name: cells[name] for name in cells.keys() - decide.suppressed(cells)}
    known: dict[str, int] = {}
    for measure, cell in shown.items():
        known |= dict(zip(counts_of(measure), cell, strict=True))
    for name, count in decide.derived(known, SUMS).items():
        assert count == made.get(name, count)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.sampled_from((1, 3, 6, 12)))
def test_every_day_is_in_one_period(day: date, months: int) -> None:
    first = decide.begins(day, months)
    assert first <= day <= decide.ends(first, months)
    assert all(decide.ends(one, months) < day for one in decide.finished(day, months, 4))


# --- files ---------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def whole_way(raw: bytes) -> None:
    """As an import does it, without the database."""
    found = read(raw)
    public = public_of(PRIVATE)
    if found.key != fingerprint(public) or not is_signed(public, found.signature, found.content):
        raise Invalid([])
    agreed = Collaborative(UUID(int=1), "oncology", "Oncology", 3)
    aggregate(found, Here(agreed, NOW, fingerprint(public), frozenset()))


def test_a_file_as_it_is_exported_is_taken() -> None:
    whole_way(envelope(document()))


@given(st.binary(max_size=300) | JSON.map(lambda each: json.dumps(each).encode()))
def test_anything_else_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(Invalid):
        whole_way(raw)


@given(st.data())
def test_one_byte_that_was_changed_is_found_out(data: st.DataObject) -> None:
    """Blanks between the words are nobody's: whatever is read is what was signed."""
    raw = bytearray(envelope(document()))
    at = data.draw(st.integers(0, len(raw) - 1))
    new = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[at]))
    before, raw[at] = bytes(raw), new
    try:
        whole_way(bytes(raw))
    except Invalid:
        return
    assert read(bytes(raw)).content == read(before).content


@given(st.data())
def test_a_signed_document_with_anything_more_in_it_is_refused(data: st.DataObject) -> None:
    """Whoever has the key can sign anything: what is not an aggregate stays out all the same."""
    made = document()
    places = [made, made["period"], made["sites"][0], made["sites"][0]["cells"][0]]
    place = data.draw(st.sampled_from(places))
    key = data.draw(st.text(min_size=1, max_size=12).filter(lambda name: name not in place))
    place[key] = data.draw(JSON)
    with pytest.raises(Invalid) as refused:
        whole_way(envelope(made))
    assert all(problem.what for problem in refused.value.problems)


@given(st.data())
def test_a_signed_document_with_another_value_is_never_taken_for_another_thing(
    data: st.DataObject,
) -> None:
    made = document()
    cell = data.draw(st.sampled_from(made["sites"][0]["cells"]))
    name = data.draw(st.sampled_from(("part", "whole")))
    value = data.draw(JSON | st.integers(-5, 130) | st.floats(allow_nan=False))
    cell[name] = value
    try:
        whole_way(envelope(made))
    except Invalid:
        return
    assert isinstance(value, int)
    assert not isinstance(value, bool)
    assert min(cell["part"], cell["whole"] - cell["part"]) >= LEAST


def test_a_signature_is_for_these_files_alone() -> None:
    content = canonical(document())
    assert is_signed(public_of(PRIVATE), sign(PRIVATE, content), content)
    assert not is_signed(public_of(PRIVATE), sign(PRIVATE, b"x" + content), content)
    assert not is_signed(b"\x00" * 32, sign(PRIVATE, content), content)
    assert base64.b64encode(sign(PRIVATE, content)) in envelope(document())
    assert definition_hash("completed") != definition_hash("by_self")
    assert datetime(2026, 10, 19, tzinfo=UTC) < NOW
