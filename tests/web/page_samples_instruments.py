"""Views of the pages of questionnaires: every branch of their templates."""

from collections.abc import Iterator
from dataclasses import replace

from rsm.instruments.drawings import DRAWINGS
from rsm.kernel.errors import Problem
from rsm.web.instrument_words import InstrumentWords
from rsm.web.pages import View
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Field, FilterLink, Link, PostButton
from rsm.web.views.instrument_editor import (
    AboutView,
    DraftItemLine,
    DraftPageView,
    Gate,
    ItemFormView,
    OptionRow,
    PilotLine,
    PilotsView,
    ReviewerLine,
    TextRow,
)
from rsm.web.views.instruments import (
    AskedView,
    BankLine,
    BankView,
    InstrumentLine,
    InstrumentsView,
    InstrumentView,
    ScoreLine,
    SpokenView,
    TogetherView,
    TrialLine,
    TrialView,
)
from tests.web.page_samples_rules import SITE
from tests.web.page_samples_staff import staff_frame

HERE = f"/sites/{SITE}/instruments"
ONE = f"{HERE}/short-measure/1.0.0"
DRAFT = f"{HERE}/drafts/7c1d0000-0000-4000-8000-000000000002"
FRAME = staff_frame(f"/sites/{SITE}")
LINKS = settings_links(SITE, "instruments")
TONGUES = (Choice("en", "English"), Choice("es", "Spanish"))
FACE = DRAWINGS["face-0"].svg
WORDS = InstrumentWords()
WRONG = (Problem("", "Somebody else changed the draft meanwhile."),)


def instrument_pages() -> Iterator[tuple[str, str, View]]:
    """(name, template, view) of each."""
    yield "instruments", "staff/instruments.html", listed()
    typed = (*WRONG, Problem("file", "the file is no text"), Problem("like", "is not there"))
    bad = replace(listed(), body='key = "x"', problems=(*typed, Problem("body", "is too long")))
    yield "instruments-error", "staff/instruments.html", bad
    yield "instrument", "staff/instrument.html", one()
    plain = replace(one(), scores=(), uses=(), tries=(), download=None, copy=None, retire="")
    yield "instrument-plain", "staff/instrument.html", plain
    theirs = replace(one(), retire="", others="It belongs to Hillside Clinic.")
    yield "instrument-others", "staff/instrument.html", theirs
    wrong = replace(one(), reason="No", problems=(Problem("reason", "is missing"),))
    yield "instrument-error", "staff/instrument.html", wrong
    yield "instrument-draft", "staff/instrument_draft.html", draft()
    yield "instrument-draft-error", "staff/instrument_draft.html", refused()
    piloted = replace(draft(), pilots=pilots())
    yield "instrument-draft-piloted", "staff/instrument_draft.html", piloted
    fresh = replace(pilots(), lines=(), lacking="", earlier_heading="", earlier=())
    others = replace(draft(), pilots=fresh, not_yours="It is another's.", mends=(mend(),))
    yield "instrument-draft-others", "staff/instrument_draft.html", others
    yield (
        "instrument-draft-taken",
        "staff/instrument_draft.html",
        replace(refused(), mends=(mend(),)),
    )
    bare = replace(draft(), can_edit=False, items=(), scores=(), reviewers=(), differs="")
    yield "instrument-draft-bare", "staff/instrument_draft.html", bare
    yield "instrument-item", "staff/instrument_item.html", item()
    yield "instrument-item-number", "staff/instrument_item.html", number()
    yield "instrument-about", "staff/instrument_about.html", about()
    yield "instrument-about-error", "staff/instrument_about.html", replace(about(), problems=WRONG)
    yield "instrument-bank", "staff/instrument_bank.html", bank()
    empty = replace(bank(), fields=(), lines=(), problems=WRONG)
    yield "instrument-bank-empty", "staff/instrument_bank.html", empty
    yield "instrument-together", "staff/instrument_together.html", together()
    apart = replace(together(), minutes="", problems=(Problem("part", "share no language"),))
    yield "instrument-together-error", "staff/instrument_together.html", apart
    yield "instrument-trial", "staff/instrument_trial.html", trial()
    over = replace(trial(), is_over=True, answers=(("Bad sleep", "Yes"),), scores=(("s", "1"),))
    yield "instrument-trial-over", "staff/instrument_trial.html", over
    ended = replace(over, kept="The pilot is kept", unclear="x", unclear_action=f"{DRAFT}/pilots/7")
    yield "instrument-trial-pilot", "staff/instrument_trial.html", ended
    never = replace(trial(), lines=(), cannot=("q3 cannot be asked by text.",))
    yield "instrument-trial-never", "staff/instrument_trial.html", never


def listed() -> InstrumentsView:
    line = InstrumentLine(
        title="Our short measure",
        name="short-measure 1.0.0",
        url=ONE,
        state="Published 2 October 2026",
        languages="English, Spanish",
        licence="Own wording of the clinic",
        items=4,
        minutes="1 min",
        used=True,
    )
    return InstrumentsView(
        frame=FRAME,
        links=LINKS,
        heading="1 questionnaire is published, 1 draft is being written",
        drafts=(replace(line, url=DRAFT, items=0, minutes="", used=False),),
        lines=(line,),
        retired=(replace(line, state="Retired 9 October 2026", used=False),),
        begins=(Choice("short-measure@1.0.0", "Our short measure"),),
        action=f"{HERE}/drafts",
        bank=Link("All questions", f"{HERE}/bank"),
        together=Link("Several together", f"{HERE}/together"),
    )


def one() -> InstrumentView:
    asked = AskedView(
        "bad-sleep", "In the last 7 days", "Did you sleep badly?", (("0 No", ""), ("1 Yes", FACE))
    )
    return InstrumentView(
        frame=FRAME,
        links=LINKS,
        back=Link("All questionnaires", HERE),
        title="Our short measure",
        name="short-measure 1.0.0",
        state="Published 2 October 2026",
        facts=(("Questions", "4 at most"), ("Content hash", "0f3a")),
        spoken=(
            SpokenView(
                "en",
                "English",
                "Our short measure",
                "Not validated.",
                "Read by Ann, RN",
                (asked, replace(asked, code="how-bad", when="if bad-sleep is at least 1")),
            ),
        ),
        scores=(ScoreLine("sleep", "sum of bad-sleep", "Ours"), ScoreLine("max", "max of it")),
        uses=("It is the questionnaire of Lakeside Clinic.",),
        tries=(Link("By text", f"{ONE}/try/text"),),
        download=Link("Download the text (TOML)", f"{ONE}/toml"),
        copy=PostButton("Make a draft like this", f"{HERE}/drafts", (Field("like", "x@1.0.0"),)),
        retire=f"{ONE}/retire",
    )


def draft() -> DraftPageView:
    first = DraftItemLine(0, "bad-sleep", "Did you sleep badly?", "Yes or no", f"{DRAFT}/items/0")
    second = DraftItemLine(
        1, "how-bad", "How bad?", "Graded scale", f"{DRAFT}/items/1", "Spanish", "only after it"
    )
    return DraftPageView(
        frame=FRAME,
        links=LINKS,
        back=Link("All questionnaires", HERE),
        here=DRAFT,
        title="Our short measure",
        name="short-measure 1.1.0",
        revision=3,
        body='key = "short-measure"\n',
        changed="Changed by Ruth Cole, 19 October 2026, 9:00",
        faults=(),
        can_edit=True,
        about=Link("Title, languages, licence", f"{DRAFT}/about"),
        bank=Link("From all questions", f"{HERE}/bank"),
        tries=(Link("On the page", f"{DRAFT}/try/web"),),
        items=(first, second),
        kinds=WORDS.kinds,
        scores=(ScoreLine("sleep", "sum of bad-sleep"),),
        score_kinds=(Choice("sum", "Sum"),),
        scored=(Choice("bad-sleep", "bad-sleep"),),
        differs='-version = "1.0.0"\n+version = "1.1.0"',
        differs_from="short-measure 1.0.0",
        reviewers=(
            ReviewerLine("en", "English read by", "Ann"),
            ReviewerLine("es", "Spanish read by"),
        ),
        may_publish=True,
    )


def mend() -> PostButton:
    return PostButton("Keep it under ours", f"{DRAFT}/value", (Field("key", "ours"),))


def pilots() -> PilotsView:
    line = PilotLine("Spanish, on the page, Dana", "3 minutes, 19 October 2026", "Unclear: <all>")
    return PilotsView(
        action=f"{DRAFT}/pilots",
        heading="Piloted once, as it stands here",
        standing="Piloted once, as it stands here",
        lines=(line, PilotLine("English, by text, a test reader", "not finished")),
        lacking="Not in English yet.",
        earlier_heading="1 pilot of an earlier text",
        earlier=(line,),
        languages=TONGUES,
        ways=(Choice("web", "On the page"),),
        people=(Choice("", "A test reader"), Choice("7c1d", "I myself")),
    )


def refused() -> DraftPageView:
    places = ("body", "file", "score", "scored", "reviewer:en")
    return replace(
        draft(),
        faults=(Problem("body", "line 3, items[1].text: no text in es", "add text.es"),),
        tries=(),
        typed="what she typed",
        problems=(*WRONG, *(Problem(place, "is wrong") for place in places)),
    )


def item() -> ItemFormView:
    cells = (("en", "text:en", "How <bad>?"), ("es", "text:es", ""))
    labels = (("en", "option:0:label:en", "A little"), ("es", "option:0:label:es", ""))
    more = (("en", "option:1:label:en", ""), ("es", "option:1:label:es", ""))
    help_ = (("en", "hint:en", ""), ("es", "hint:es", ""))
    return ItemFormView(
        frame=FRAME,
        links=LINKS,
        back=Link("Back to the draft", DRAFT),
        action=f"{DRAFT}/items/1",
        heading="A question: several of several",
        revision=3,
        fields=(Field("kind", "choices"),),
        type="choices",
        code="how-bad",
        languages=TONGUES,
        texts=(
            TextRow("Question", cells, long=True, hint="As patients read it"),
            TextRow("Help", help_, needed=False),
        ),
        options=(
            OptionRow(0, "0", labels, "face-1", exclusive=True),
            OptionRow(1, "", more, is_blank=True),
        ),
        pictures=tuple(Choice(name, name) for name in DRAWINGS),
        drawings=tuple((name, each.svg, each.alt["en"]) for name, each in DRAWINGS.items()),
        numbers=(),
        unit=None,
        ticks=(("required", "Must not be skipped", True),),
        earlier=(Choice("bad-sleep", "bad-sleep"),),
        operators=WORDS.operators,
        gate=Gate("bad-sleep", "gate", "1"),
        problems=(Problem("option:0:value", "is no whole number"), Problem("code", "is taken")),
    )


def number() -> ItemFormView:
    return replace(
        item(),
        options=(),
        numbers=(("minimum", "Lowest that can be", "0"),),
        unit="kg",
        gate=Gate(kept="bad-sleep, how-bad"),
        problems=(),
    )


def about() -> AboutView:
    cells = (("en", "title:en", "Ours"), ("es", "title:es", ""))
    return AboutView(
        frame=FRAME,
        links=LINKS,
        back=Link("Back to the draft", DRAFT),
        action=f"{DRAFT}/about",
        revision=3,
        values=(("key", "Key", "short-measure", "Names it"), ("licence:terms", "Terms", "", "")),
        spoken=("en",),
        languages=TONGUES,
        texts=(TextRow("Title", cells),),
        page="section",
        display=True,
    )


def bank() -> BankView:
    add = PostButton("Add", f"{HERE}/bank/add", (Field("ref", "x@1.0.0/bad-sleep"),))
    line = BankLine(
        says="Did you sleep badly?",
        tag="en",
        options="0 No, 1 Yes",
        code="bad-sleep",
        kind="Yes or no",
        languages="English",
        licence="Own",
        where=("short-measure 1.0.0", "other 1.0.0"),
        add=add,
    )
    return BankView(
        frame=FRAME,
        links=LINKS,
        back=Link("Back to the draft", DRAFT),
        action=f"{HERE}/bank",
        heading="2 questions found",
        fields=(Field("draft", "7c1d"),),
        words="sleep",
        symptom="",
        type="",
        language="en",
        symptoms=(Choice("sleep", "Sleep"),),
        types=WORDS.kinds,
        languages=TONGUES,
        lines=(line, replace(line, add=None, shared=False)),
    )


def together() -> TogetherView:
    return TogetherView(
        frame=FRAME,
        links=LINKS,
        back=Link("All questionnaires", HERE),
        action=f"{HERE}/together",
        parts=(Choice("a@1", "One"), Choice("b@1", "Another")),
        chosen=("a@1", "b@1"),
        asked=9,
        saved=1,
        minutes="2 minutes (median of 42 reports)",
        once=("Did you sleep badly? (bad-sleep)",),
    )


def trial() -> TrialView:
    return TrialView(
        frame=FRAME,
        back=Link("Our short measure", ONE),
        heading="Tried by text: Our short measure",
        lead="Nothing is stored.",
        action=f"{ONE}/try/text?lang=en",
        tag="en",
        languages=(FilterLink("English", "?lang=en", current=True), FilterLink("Spanish", "?l")),
        ways=(FilterLink("By text", f"{ONE}/try/text", current=True),),
        lines=(TrialLine("Did you sleep badly? 0 No, 1 Yes", True), TrialLine("1", False, "Yes")),
        fields=(Field("replies", '["1"]'),),
        label="Reply",
        title="A trial",
        again=Link("From the beginning", f"{ONE}/try/text"),
        is_over=False,
    )
