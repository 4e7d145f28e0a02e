"""Licensed wording from a site's file: unchanged, complete, and only by a licence that is told.

All words here are made up; only the structures are those of the instruments.
"""

import pytest

from rsm.instruments.checks import check
from rsm.instruments.decide import publish_problems
from rsm.instruments.items import options_of
from rsm.instruments.library import find
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument
from rsm.instruments.wording import Permission, load_wording
from rsm.instruments.writing import write_instrument
from rsm.kernel.errors import Invalid

LICENSED = Permission("licence 7 of this hospital", "", "R. Reviewer", "2026-11-21")
HEAD = ["item,part,value,en,es", ",title,,Made up,Inventado", ",recall,,Lately,Hace poco"]


def csv_of(structure: Instrument) -> list[str]:
    """A complete file with made-up words for every text of the structure."""
    lines = [*HEAD]
    lines += [f"{one.key},symptom,,{one.key} en,{one.key} es" for one in structure.symptoms]
    for item in structure.items:
        lines.append(f'{item.code},question,,"{item.code}, really?",¿{item.code}?')
        if item.may_not_apply:
            lines.append(f"{item.code},not_applicable,,Not for me,No es para mí")
        if len(options_of(item)) < 7:
            lines += [
                f"{item.code},option,{one.value},Level {one.value},Nivel {one.value}"
                for one in options_of(item)
            ]
    return lines


def problems_of(structure: Instrument, lines: list[str], name: str = "w.csv") -> list[str]:
    with pytest.raises(Invalid) as refused:
        load_wording(structure, "\n".join(lines), name)
    return [str(problem) for problem in refused.value.problems]


STRUCTURES = (
    *("phq-2", "phq-9", "gad-2", "gad-7", "eortc-qlq-c30", "eq-5d-5l", "swemwbs", "esas-r"),
    "pro-ctcae",
)


@pytest.mark.parametrize("key", STRUCTURES)
def test_every_structure_takes_its_wording_and_may_then_be_published(key: str) -> None:
    structure = find(key)
    loaded = load_wording(structure, "\n".join(csv_of(structure)), "w.csv", LICENSED)
    assert check(loaded) == []
    assert publish_problems(loaded) == ()
    assert loaded.wording == "official"
    assert [item.code for item in loaded.items] == [item.code for item in structure.items]
    assert [score.name for score in loaded.scores] == [score.name for score in structure.scores]
    assert load_instrument(write_instrument(loaded)).pin == loaded.pin


def test_the_words_are_those_of_the_file() -> None:
    loaded = load_wording(find("phq-2"), "\n".join(csv_of(find("phq-2"))), "w.csv", LICENSED)
    item = loaded.items[0]
    assert item.text == {"en": "phq-2.1, really?", "es": "¿phq-2.1?"}
    assert [one.label["es"] for one in options_of(item)] == [f"Nivel {n}" for n in range(4)]
    assert loaded.languages["es"].title == "Inventado"
    assert loaded.symptoms[0].name["en"] == "anhedonia en"


def test_without_a_licence_it_is_loaded_but_not_published() -> None:
    loaded = load_wording(find("phq-2"), "\n".join(csv_of(find("phq-2"))), "w.csv")
    assert not loaded.licence.display
    assert publish_problems(loaded)[0].where == "licence"


def test_the_licence_may_stand_in_the_file() -> None:
    lines = [*csv_of(find("phq-2")), ",licence,,licence 7 of this hospital,"]
    loaded = load_wording(find("phq-2"), "\n".join(lines), "w.csv")
    assert loaded.licence.display
    assert "licence 7 of this hospital" in loaded.licence.terms
    assert find("phq-2").licence.terms.strip() in loaded.licence.terms


def of_sores(*questions: str) -> list[str]:
    """PRO-CTCAE with one symptom of two attributes, and the scales said once for all."""
    scales = [
        f"*.{attribute},option,{n},{attribute} {n},{attribute} {n} es"
        for attribute in ("severity", "interference")
        for n in range(5)
    ]
    return [*HEAD, "mouth-or-throat-sores,symptom,,Sores,Llagas", *questions, *scales]


def test_of_pro_ctcae_a_site_chooses_symptoms_with_all_their_attributes() -> None:
    lines = of_sores(
        "PROCTCAE_3A_SCL,question,,How bad?,¿Qué tan mal?",
        "mouth-or-throat-sores.interference,question,,How much?,¿Cuánto?",
    )
    loaded = load_wording(find("pro-ctcae"), "\n".join(lines), "w.csv", LICENSED)
    assert [item.code for item in loaded.items] == [
        "mouth-or-throat-sores.severity",
        "mouth-or-throat-sores.interference",
    ]
    assert [score.name for score in loaded.scores] == ["mouth-or-throat-sores.composite"]
    assert [symptom.key for symptom in loaded.symptoms] == ["mouth-or-throat-sores"]
    assert publish_problems(loaded) == ()


def test_of_pro_ctcae_one_attribute_alone_is_refused() -> None:
    lines = of_sores("PROCTCAE_3A_SCL,question,,How bad?,¿Qué tan mal?")
    assert problems_of(find("pro-ctcae"), lines) == [
        f"w.csv: no question of mouth-or-throat-sores.interference in {tag} "
        f"(add it, or leave {tag} out)"
        for tag in ("en", "es")
    ]


def test_a_language_that_is_not_complete_is_refused() -> None:
    lines = [line for line in csv_of(find("phq-2")) if not line.startswith("phq-2.2,option,3")]
    assert problems_of(find("phq-2"), lines) == [
        "w.csv: no option 3 of phq-2.2 in en (add it, or leave en out)",
        "w.csv: no option 3 of phq-2.2 in es (add it, or leave es out)",
    ]


def test_a_long_scale_reads_as_its_numbers_but_where_it_has_words() -> None:
    lines = [*csv_of(find("esas-r")), "esas-r.pain,option,10,the most,lo más"]
    loaded = load_wording(find("esas-r"), "\n".join(lines), "w.csv", LICENSED)
    labels = [one.label["en"] for one in options_of(loaded.items[0])]
    assert labels == [*map(str, range(10)), "the most"]


def test_bands_that_have_no_name_in_the_language_lose_their_names_and_stay() -> None:
    lines = [line.replace(",en,es", ",en,de", 1) for line in csv_of(find("phq-2"))]
    loaded = load_wording(find("phq-2"), "\n".join(lines), "w.csv", LICENSED)
    cut_offs = loaded.scores[0].cut_offs
    assert cut_offs is not None
    assert [(band.at_least, band.code) for band in cut_offs.bands] == [
        (0, "negative"),
        (3, "positive"),
    ]
    assert not any(band.label for band in cut_offs.bands)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("phq-2.3,question,,x,", "phq-2 has no item 'phq-2.3' (did you mean `phq-2.2`?)"),
        ("phq-2.1,opton,0,x,", "unknown part 'opton' (did you mean `option`?)"),
        ("phq-2.1,option,9,x,", "no option has the value '9' (its values are 0, 1, 2, 3)"),
        ("moods,symptom,,x,", "phq-2 has no symptom 'moods'"),
        ("phq-2.1,question,,x,", "a second text of question phq-2.1 in en (keep one of them)"),
        ("phq-2.1,title,,x,", "title is of the whole, not of 'phq-2.1' (empty it)"),
        ("*.amount,option,0,x,", "phq-2 has no item '*.amount'"),
    ],
)
def test_a_wrong_line_is_named_with_how_to_mend_it(line: str, problem: str) -> None:
    lines = [*csv_of(find("phq-2")), line]
    found = problems_of(find("phq-2"), lines)
    assert len(found) == 1
    assert found[0].startswith(f"w.csv:{len(lines)}: {problem}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no column 'item'"),
        ("item,part,value\n", "no language has a column"),
        ("item,part,value,english\n", "'english' is no language"),
        ("item,part,value,en,en\n", "a column is there twice"),
        ("item,part,value,en\n", "holds no text"),
        ("item,part,value,en\n,title,,one, two\n", "5 cells under 4 columns"),
        ('item,part,value,en\n,title,,"one\n', "is no CSV"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(text: str, problem: str) -> None:
    with pytest.raises(Invalid, match=problem):
        load_wording(find("phq-2"), text, "w.csv")


def test_a_text_over_several_lines_counts_them() -> None:
    lines = [*HEAD, '"phq-2.1",question,,"one\ntwo",x', "phq-2.7,question,,x,x"]
    assert problems_of(find("phq-2"), lines)[0].startswith("w.csv:6: phq-2 has no item 'phq-2.7'")


TOML = """
title.en = "Made up"
recall.en = "Lately"

[symptom]
anhedonia.en = "One"
low-mood.en = "Other"

[question]
"phq-2.1".en = "First, really?"
"phq-2.2".en = "Second?"

[option."*"]
0.en = "Level 0"
1.en = "Level 1"
2.en = "Level 2"
3.en = "Level 3"
"""


def test_the_same_is_taken_as_toml() -> None:
    loaded = load_wording(find("phq-2"), TOML, "w.toml", LICENSED)
    assert loaded.items[0].text == {"en": "First, really?"}
    assert [one.label["en"] for one in options_of(loaded.items[1])][3] == "Level 3"
    assert publish_problems(loaded) == ()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"phq-2.2".en', '"phq-2.9".en', "w.toml:11: phq-2 has no item 'phq-2.9'"),
        ("title.en", "titel.en", "w.toml:2: unknown part 'titel'"),
        ("title.en", "title.english", "w.toml:2: title.english: does not end in a language"),
        ('"Lately"', "7", "w.toml:3: recall.en: is no text"),
        ('"Lately"', '"Lately', "w.toml: not TOML"),
    ],
)
def test_wrong_toml_is_named_by_its_line(old: str, new: str, problem: str) -> None:
    assert problems_of(find("phq-2"), [TOML.replace(old, new)], "w.toml")[0].startswith(problem)


def test_an_option_that_reads_like_stop_is_refused() -> None:
    lines = [line.replace("Level 3", "Stop") for line in csv_of(find("phq-2"))]
    assert "reads like STOP" in problems_of(find("phq-2"), lines)[0]
