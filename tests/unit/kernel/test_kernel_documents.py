"""Documents: strict models out of TOML, and errors that lead to the line."""

from typing import Annotated, Literal

import pytest
from pydantic import Field

from rsm.kernel.documents import Strict, nearest, parse, path_text, source_of
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Level


class Apple(Strict):
    kind: Literal["apple"]
    weight: int


class Pear(Strict):
    kind: Literal["pear"]
    colour: str


class Basket(Strict):
    owner: str
    level: Level = Level.INFO
    fruit: tuple[Annotated[Apple | Pear, Field(discriminator="kind")], ...] = Field(min_length=1)


def problems(text: str) -> list[Problem]:
    with pytest.raises(Invalid) as caught:
        parse(Basket, text, "basket.toml")
    return list(caught.value.problems)


def test_a_document_becomes_its_model_with_words_as_enums_and_lists_as_tuples() -> None:
    text = 'owner = "Ann"\nlevel = "soon"\nfruit = [{ kind = "apple", weight = 3 }]\n'
    basket, source = parse(Basket, text, "basket.toml")
    assert basket == Basket(owner="Ann", level=Level.SOON, fruit=(Apple(kind="apple", weight=3),))
    assert source.place(("level",)) == "basket.toml:2: level"


def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_name() -> None:
    text = 'owner = "Ann"\n\n[[fruit]]\nkind = "apple"\nwieght = 3\n'
    unknown, missing = sorted(problems(text), key=lambda problem: problem.what, reverse=True)
    assert unknown.where == "basket.toml:5: fruit[0].wieght"
    assert unknown.mend == "did you mean `weight`?"
    assert missing.where == "basket.toml:3: fruit[0].weight"
    assert missing.what == "`weight` is missing"


def test_an_unknown_word_says_which_there_are() -> None:
    text = 'owner = "Ann"\nlevel = "urgnt"\nfruit = [{ kind = "aple", weight = 1 }]\n'
    level, fruit = problems(text)
    assert (level.where, level.mend) == ("basket.toml:2: level", "did you mean `urgent`?")
    assert (fruit.where, fruit.mend) == ("basket.toml:3: fruit[0]", "did you mean `apple`?")
    assert "Level" not in level.what


def test_a_list_is_not_called_too_short_for_what_is_wrong_within_it() -> None:
    [wrong] = problems('owner = "Ann"\nfruit = [{ kind = "aple", weight = 1 }]\n')
    assert wrong.where == "basket.toml:2: fruit[0]"
    [short] = problems('owner = "Ann"\nfruit = []\n')
    assert short.where == "basket.toml:2: fruit"


@pytest.mark.parametrize("value", ['"3"', "3.5", "true", "[3]"])
def test_nothing_is_converted_in_silence(value: str) -> None:
    text = f'owner = "Ann"\nfruit = [{{ kind = "apple", weight = {value} }}]\n'
    assert [problem.where for problem in problems(text)] == ["basket.toml:2: fruit[0].weight"]


def test_what_is_not_toml_says_where_it_stopped_making_sense() -> None:
    (problem,) = problems('owner = "Ann\n')
    assert problem.where == "basket.toml"
    assert "line 1" in problem.what


def test_lines_are_found_behind_text_and_arrays_that_span_lines() -> None:
    text = (
        'note = """\n[not.a.table]\nkey = 1\n"""\n'
        'list = [\n  "a", # ]\n  { b = 1 },\n]\n'
        "[[t]]\na = 1\n[[t]]\na = 2\n[t.inner]\n'x.y' = 3\n[[t.rows]]\nz.deep = 1\n"
    )
    lines = source_of(text, "x").lines
    assert lines[("list",)] == 5
    assert lines[("t", 1, "a")] == 12
    assert lines[("t", 1, "inner", "x.y")] == 14
    assert lines[("t", 1, "rows", 0, "z", "deep")] == 16
    assert ("not", "a", "table") not in lines
    assert ("b",) not in lines


def test_a_place_without_a_line_of_its_own_takes_that_of_what_holds_it() -> None:
    source = source_of("a = { b = [1, 2] }\n", "x")
    assert source.place(("a", "b", 1)) == "x:1: a.b[1]"
    assert source.place(("c",)) == "x: c"
    assert source.place(()) == "x"


def test_the_nearest_name_is_offered_only_when_it_is_near() -> None:
    assert nearest("pian.severity", ["pain.severity", "nausea.severity"]).endswith(
        "`pain.severity`?"
    )
    assert nearest("zzz", ["pain.severity"]) == ""
    assert path_text(("rules", 0, "when")) == "rules[0].when"


@pytest.mark.parametrize("given", ["[1, 2, 3]", '"long"', "{ a = 1 }"])
def test_what_stands_there_is_shown_as_far_as_it_fits_on_a_line(given: str) -> None:
    wrong = f"[{', '.join([given] * 500)}]"
    for text in (
        f"owner = {wrong}",
        f'owner = "Ann"\nlevel = {wrong}',
        f"owner = 1\nfruit = {wrong}",
    ):
        for problem in problems(f"{text}\n"):
            assert len(str(problem)) < 250, str(problem)[:400]
