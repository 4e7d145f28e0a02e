"""Bad input: refused with file and line, what is wrong, and how to mend it."""

from pathlib import Path

import pytest

from rsm.instruments.decide import publish_problems
from rsm.instruments.library import body
from rsm.instruments.load import load_instrument
from rsm.instruments.pictures import AT_MOST, svg_faults
from rsm.kernel.errors import Invalid

BODY = body("short-measure")
FACE = '[pictures.face-so-so]\nsvg = \'<svg viewBox="0 0 100 100">'
VISIT = "not_after_today = true\n"
WHEN = 'asked_when = { every = [{ item = "ache.presence", operator = "equals", value = 1 }] }'
SCALE = "minimum = 0\nmaximum = 10\n"
LINE = 'code = "week-overall"\n'
NONE = "{ value = 0, exclusive = true, label"


def line_of(fragment: str, text: str) -> int:
    return text[: text.index(fragment)].count("\n") + 1


def refused(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        load_instrument(text, "short.toml")
    return str(caught.value)


def test_the_whole_file_is_sound() -> None:
    assert load_instrument(BODY).key == "short-measure"


@pytest.mark.parametrize(
    ("old", "new", "what", "mend"),
    [
        # branching
        (WHEN, WHEN.replace("ache.presence", "tell-us"), "'tell-us' is asked only later", "before"),
        (WHEN, WHEN.replace("ache.presence", "ache.wher"), "unknown item", "did you mean `ache"),
        (WHEN, WHEN.replace("value = 1", "value = 2"), "ache.presence never is 2", "0, 1"),
        (WHEN, WHEN.replace('"equals"', '"equal"'), "`equal` is not one of", "`equals`"),
        (WHEN, 'asked_when = { item = "week-overall" }', "is a visual scale: a gate is", "`every`"),
        (WHEN, "asked_when = { every = [] }", "give `every` or `any`", ""),
        (WHEN, 'asked_when = { item = "feeling.severity", at_leest = 2 }', "at_leest", "at_least"),
        (
            WHEN,
            'asked_when = { any = [{ item = "week-overall", operator = "above", value = 12 }] }',
            "week-overall never is 12",
            "it goes from 0 to 10",
        ),
        # codes
        ('code = "troubles"', 'code = "week-overall"', "is used before, by items[1]", "own code"),
        ('code = "troubles"', 'code = "what-hurts"', "'what-hurts' is an item as well", "rename"),
        ('code = "where-help"', 'code = "thanks-for-looking"', "is used before, by notes", "code"),
        # options
        ('en = "Sleeping"', 'en = "Stop"', "reads like STOP", "another label"),
        ('es = "Dormir"', 'es = "Baja"', "reads like STOP", "another label"),
        ('es = "Dormir"', 'es = "Iniciar"', "reads like START", "another label"),
        ('en = "Worries"', 'en = "Hilfe"', "reads like HELP", "another label"),
        ('es = "Dormir"', 'es = "Стоп"', "reads like STOP", "another label"),
        ('es = "Dormir"', 'es = "إيقاف"', "reads like STOP", "another label"),
        ('es = "Dormir"', 'es = "התחל"', "reads like START", "another label"),
        ('es = "Dormir"', 'es = "Aiuto"', "reads like HELP", "another label"),
        ('en = "Nobody"', 'en = "No!"', "reads like YES or NO, alone", "longer label"),
        ('es = "Nadie"', 'es = "sí"', "reads like YES or NO, alone", "longer label"),
        ('en = "Nobody"', 'en = "Yes"', "reads like YES or NO, alone", "START"),
        ('en = "No", es = "No"', 'en = "Yes", es = "Sí"', "2 options read", "apart"),
        ('{ value = 3, label = { en = "Getting', '{ value = 2, label = { en = "Getting',
         "values are [0, 1, 2, 2, 4, 5]", "give each its own"),
        (NONE, NONE.replace("exclusive", "exclusiv"), "unknown key `exclusiv`", "exclusive"),
        ('code = "troubles"\n', 'code = "troubles"\nat_least = 6\n', "at least 6 of 5", "lower it"),
        ('code = "troubles"\n', 'code = "troubles"\nat_most = 6\n', "at most 6, where 1 to 5", ""),
        ('code = "troubles"\n', 'code = "troubles"\nat_least = 3\nat_most = 2\n', "at most 2", ""),
        ('area = "face"', 'area = "nose"', "`nose` is not one of", ""),
        ('area = "face"', 'area = "chest"', "chest is named twice", "each part once"),
        (', area = "face"', "", "names no part of the body", "such as area"),
        (', area = "face"', ', area = "face", exclusive = true', "cannot be exclusive", ""),
        # texts
        (', es = "Dormir"', "", "no text in es", "label.es"),
        ('low.es = "Lo peor posible"\n', "", "no text in es", "low.es"),
        ('high.en = "As good as it could be"\nhigh.es = "Lo mejor posible"\n', "", "no text", ""),
        ('title.es = "Lo que duele"\n', "", "no text in es", "title.es"),
        ('text.es = "Toque el dibujo o elija de la lista."\n', "", "no text in es", "text.es"),
        ('hint.es = "Puede ser aproximado."\n', "", "no text in es", "hint.es"),
        # pictures
        ('alt.es = "Una cara con la boca recta"\n', "", "no text in es", "alt.es"),
        (FACE, FACE + "<script/>", "<script> is not allowed", "plain shapes"),
        (FACE, FACE + '<g onclick="x"/>', "`onclick` of <g> is not allowed", "plain shapes"),
        (FACE, FACE + "<title>Hi</title>", "<title> is not allowed", ""),
        ('"face-so-so",', '"face-soso",', "unknown picture 'face-soso'", "`face-so-so`"),
        ('"face-so-so", ', "", "5 values, but 4 texts", "a scale has"),
        # sections
        ('section = "what-hurts"', 'section = "what-hurt"', "unknown section", "`what-hurts`"),
        ('section = "how-you-are"\ntext.en = "How g', 'section = "your-week"\ntext.en = "How g',
         "section 'your-week' was left before 'troubles'", "one after another"),
        ('key = "how-you-are"\n', 'key = "how-you-are"\nparent = "x"\n', "unknown section 'x'", ""),
        ('key = "how-you-are"\n', 'key = "how-you-are"\nparent = "how-you-are"\n',
         "section loop: how-you-are lies in itself", "leave out"),
        ('[[notes]]', '[[sections]]\nkey = "empty"\n\n[[notes]]', "no item is in section", "say"),
        ('beside = "ache.where"', 'beside = "ache.wher"', "unknown item 'ache.wher'", "did you"),
        ('beside = "ache.where"', 'beside = "ache.where"\nend_of = "your-week"', "give one of", ""),
        # dates and lines
        (VISIT, VISIT + "earliest = 2026-02-01\nlatest = 2026-01-01\n", "no day is from", "after"),
        (VISIT, VISIT + "not_before_today = true\n", "only today could be given", "one of them"),
        (VISIT, 'not_after_today = "yes"\n', "not_after_today", ""),
        (SCALE, "minimum = 10\nmaximum = 10\n", "the line from 10 to 10 holds nothing", "above"),
        (SCALE, SCALE + "step = 3\n", "steps of 3 do not end at 10", "divides"),
        ("max_length = 500", "max_length = 5000", "less than or equal to 1000", ""),
        # scores
        ('items = ["troubles"]', 'items = ["helped-by"]', "'helped-by' is a name", "leave it out"),
        ('items = ["troubles"]', 'items = ["last-visit"]', "'last-visit' is a date", "leave it"),
        ('items = ["troubles"]', 'items = ["tell-us"]', "'tell-us' is words", "leave it out"),
        ('items = ["troubles"]', 'items = ["trouble"]', "unknown item 'trouble'", "`troubles`"),
        ('code = "troubles"\n', 'code = "troubles"\nhidden = true\n', "'troubles' is hidden", ""),
        (LINE, LINE + 'same_as = "helped-by"\n', "is not asked before 'week-overall'", "earlier"),
        (LINE, LINE + 'same_as = "feeling.severity"\n', "is answered otherwise", "ask both"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_how_to_mend_it(
    old: str, new: str, what: str, mend: str
) -> None:
    assert old in BODY
    text = BODY.replace(old, new, 1)
    message = refused(text)
    assert message.startswith("short.toml:")
    assert what in message
    assert mend in message


def test_a_yes_no_question_may_be_asked_for_with_true() -> None:
    yes = load_instrument(BODY.replace(WHEN, WHEN.replace("value = 1", "value = true")))
    assert yes.item_by_code["ache.where"].asked_when is not None


def test_a_comparison_without_a_value_is_refused() -> None:
    text = BODY.replace(WHEN, WHEN.replace("ache.presence", "feeling.severity"))
    assert "is not compared with True" in refused(text.replace(", value = 1 }", " }"))


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        (WHEN, WHEN.replace("ache.presence", "tell-us"), "asked_when = { every"),
        ('en = "Sleeping"', 'en = "Stop"', 'code = "troubles"'),
        (FACE, FACE + "<script/>", 'svg = \'<svg viewBox="0 0 100 100"><script/>'),
        (SCALE, SCALE + "step = 3\n", "step = 3"),
        (VISIT, VISIT + "not_before_today = true\n", "not_before_today"),
    ],
)
def test_the_line_is_that_of_the_key_or_of_the_options_around_it(
    old: str, new: str, marked: str
) -> None:
    text = BODY.replace(old, new, 1)
    named = int(refused(text).split(":")[1])
    assert 0 <= named - line_of(marked, text) <= 8


def test_a_loop_through_a_section_is_a_loop() -> None:
    text = BODY.replace(
        'key = "what-hurts"\n',
        'key = "what-hurts"\n'
        'asked_when = { any = [{ item = "ache.presence", operator = "exists" }] }\n',
        1,
    )
    assert "'ache.presence' is asked only later (put it before section 'what-hurts')" in refused(
        text
    )
    waiting = text.replace(
        'code = "feeling.severity"\n',
        'code = "feeling.severity"\n'
        'asked_when = { any = [{ item = "ache.where", operator = "exists" }] }\n',
        1,
    ).replace('item = "ache.presence", operator = "exists"', 'item = "feeling.severity", operator = "exists"')  # fmt: skip  # noqa: E501 - one replacement
    assert "branch loop: feeling.severity → ache.where → " in refused(waiting)


def test_two_items_that_wait_for_one_another_are_a_loop() -> None:
    text = BODY.replace(
        'code = "ache.presence"\n',
        'code = "ache.presence"\n'
        'asked_when = { every = [{ item = "ache.where", operator = "exists" }] }\n',
        1,
    )
    assert "branch loop: ache.presence → ache.where → ache.presence" in refused(text)


def test_a_picture_without_words_for_who_cannot_see_is_refused() -> None:
    text = BODY.replace('alt.en = "A face with a straight mouth"\nalt.es = "Una cara con la boca recta"\nalt.ar = "وجه بفم مستقيم"\n', "")  # fmt: skip  # noqa: E501 - two lines of the file
    assert "has no alternative text (such as alt.en" in refused(text)


@pytest.mark.parametrize(
    "svg",
    [
        "<p/>",
        "<svg/>",
        '<svg viewBox="0 0 1">',
        '<svg viewBox="0 0 1 1"><image href="https://example.org/x.png"/></svg>',
        '<svg viewBox="0 0 1 1"><a/></svg>',
        '<svg viewBox="0 0 1 1"><path d="M0 0" style="fill:red"/></svg>',
        '<svg viewBox="0 0 1 1"><path d="M0 0" fill="url(#x)"/></svg>',
        '<svg viewBox="0 0 1 1"><path fill="javascript:alert(1)"/></svg>',
        '<svg viewBox="0 0 1 1"><foreignObject/></svg>',
        '<svg viewBox="0 0 1 1"><use href="#a"/></svg>',
        '<svg viewBox="0 0 1 1"><g id="a"/></svg>',
        '<svg viewBox="0 0 1 1">words</svg>',
        '<svg viewBox="0 0 1 1"><x:g xmlns:x="http://example.org/"/></svg>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg viewBox="0 0 1 1"/>',
        '<?xml version="1.0"?><svg viewBox="0 0 1 1"/>',
        f'<svg viewBox="0 0 1 1">{" " * AT_MOST}</svg>',
    ],
)
def test_an_unsafe_drawing_is_refused(svg: str) -> None:
    assert list(svg_faults(svg))


def test_a_plain_drawing_is_taken() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -1 10.5 9"><g fill="#abc"><path d="M1,1L2-3Z" transform="rotate(45 1 1)"/></g></svg>'  # noqa: E501 - one drawing
    assert list(svg_faults(svg)) == []


@pytest.mark.parametrize("name", ["Unknown", "unknown?", "TBD", "n/a", "None."])
def test_an_unknown_licence_is_not_published(name: str) -> None:
    text = BODY.replace('name = "Apache-2.0"', f'name = "{name}"')
    (problem,) = publish_problems(load_instrument(text))
    assert problem.where == "licence.name"
    assert "ask its holder" in problem.mend


def test_an_unmet_licence_is_not_published() -> None:
    text = BODY.replace("display = true", "display = false")
    (problem,) = publish_problems(load_instrument(text))
    assert "does not let us show the wording" in problem.what


def test_a_language_from_right_to_left_is_a_language() -> None:
    text = BODY.replace("[languages.en]", '[languages.he]\ntitle = "שאלון קצר"\nrecall = "בשבעת הימים האחרונים"\nnotice = "זה אינו כלי מתוקף."\n\n[languages.en]')  # fmt: skip  # noqa: E501 - one replacement
    message = refused(text)
    assert "no text in he" in message
    assert "does not have the form" not in message


@pytest.mark.parametrize(
    "label",
    [
        *("Nej", "Nei", "Ne", "Hayır", "Όχι", "Không", "아니요", "नहीं"),  # noqa: RUF001  # so written
        *("Evet", "Ναι", "Wi", "네", "Có", "हाँ", "Dừng", "Σταμάτα", "Berhenti", "Trợ giúp"),  # noqa: RUF001  # so written
    ],
)
def test_a_command_of_texting_is_refused_in_every_language(label: str) -> None:
    message = refused(BODY.replace('es = "Dormir"', f'es = "{label}"', 1))
    assert "reads like" in message
    assert "longer" in message


@pytest.mark.parametrize(
    ("no", "yes"),
    [
        *(("Nej", "Ja"), ("Nei", "Ja"), ("Ne", "Da"), ("Ne", "Ano"), ("Hayır", "Evet")),  # noqa: RUF001  # so written
        *(("Όχι", "Ναι"), ("아니요", "네"), ("不是", "是"), ("Không", "Có"), ("नहीं", "हाँ")),  # noqa: RUF001  # so written
    ],
)
def test_a_plain_yes_and_no_is_an_answer_in_every_language(no: str, yes: str) -> None:
    text = BODY.replace('en = "No", es = "No"', f'en = "{no}", es = "No"')
    load_instrument(text.replace('en = "Yes", es = "Sí"', f'en = "{yes}", es = "Sí"'))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (SCALE, "minimum = 0\nmaximum = 99999999999\n", "less than or equal to 999999999"),
        ("{ value = 4, label", "{ value = 99999999999, label", "less than or equal to 999999999"),
        (SCALE, "minimum = 0\nmaximum = 900000000\n", "more rows than a table can have"),
    ],
)
def test_what_no_row_and_no_memory_could_hold_is_refused(old: str, new: str, what: str) -> None:
    raw = '\n[[scores]]\nname = "raw"\nkind = "value"\nitems = ["week-overall"]\n'
    table = '\n[[scores]]\nname = "t"\nkind = "table"\nraw = "raw"\nrows = [{ raw = 0, value = 1 }]'
    assert old in BODY
    assert what in refused(BODY.replace(old, new, 1) + raw + table)


def test_a_number_that_is_too_large_to_be_stored_is_refused() -> None:
    safety = body("safety-questions")
    assert "decimals = 1" in safety
    huge = safety.replace("maximum = 45", "maximum = 450000000")
    assert huge != safety
    assert "with 1 decimals is too large to be stored" in refused(huge)


def test_a_file_with_a_mark_before_its_first_letter_is_read(tmp_path: Path) -> None:
    file = tmp_path / "short.toml"
    file.write_text(BODY, encoding="utf-8-sig")
    assert load_instrument(file).key == "short-measure"
