"""A questionnaire of a test with every type of item, in English, Spanish and Arabic; and its world.

Its wording is our own. Three sections: how she is, where and when, and her words.
"""

from sqlalchemy import text

from rsm.db.work import Database
from rsm.flow import plans
from rsm.instruments import service as instruments
from rsm.instruments.library import find
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument, Section
from rsm.schedules import published
from rsm.schedules.library import plan_text, read_plan
from tests.survey_world import World, build_world

KEY = "every-kind"
_FACE = '<svg viewBox=\\"0 0 48 48\\"><circle cx=\\"24\\" cy=\\"24\\" r=\\"21\\" fill=\\"#ffe08a\\" stroke=\\"#14212a\\"/><path d=\\"{}\\" fill=\\"none\\" stroke=\\"#14212a\\" stroke-width=\\"3\\"/></svg>'  # noqa: E501 - one drawing
BODY = f"""\
key = "{KEY}"
version = "1.0.0"
wording = "own"
validated = false
recall_days = 7
min_age = 18
page = "question"
licence = {{ name = "Apache-2.0", holder = "Example", display = true }}

[languages.en]
title = "How you are"
recall = "In the last 7 days"
notice = "Words of a test, not a validated instrument."
reviewed_by = "Synthetic Reviewer"
reviewed_on = 2026-09-01

[languages.es]
title = "Cómo está"
recall = "En los últimos 7 días"
notice = "Palabras de una prueba, no un instrumento validado."
reviewed_by = "Synthetic Reviewer"
reviewed_on = 2026-09-01

[languages.ar]
title = "كيف الحال"
recall = "في آخر 7 أيام"
notice = "كلمات للاختبار، وليست أداة مُثبتة."
reviewed_by = "Synthetic Reviewer"
reviewed_on = 2026-09-01

[[symptoms]]
key = "pain"
name = {{ en = "Pain", es = "Dolor", ar = "الألم" }}

[pictures.glad]
svg = "{_FACE.format("M14 28q10 10 20 0")}"
alt = {{ en = "A smiling face", es = "Una cara que sonríe", ar = "وجه مبتسم" }}

[pictures.sad]
svg = "{_FACE.format("M14 34q10 -10 20 0")}"
alt = {{ en = "A sad face", es = "Una cara triste", ar = "وجه حزين" }}

[[sections]]
key = "how"
title = {{ en = "How you feel", es = "Cómo se siente", ar = "كيف تشعرون" }}
text.en = "There are no wrong answers."
text.es = "No hay respuestas equivocadas."
text.ar = "لا توجد إجابات خاطئة."

[[sections]]
key = "where"
title = {{ en = "Where and when", es = "Dónde y cuándo", ar = "أين ومتى" }}

[[sections]]
key = "words"
title = {{ en = "In your own words", es = "Con sus palabras", ar = "بكلماتكم" }}

[[notes]]
code = "take-time"
before = "mood"
text.en = "Take the time that you need."
text.es = "Tómese el tiempo que necesite."
text.ar = "خذوا الوقت الذي تحتاجونه."

[[notes]]
code = "thanks"
end_of = "words"
text.en = "This was the last question."
text.es = "Esta fue la última pregunta."
text.ar = "كان هذا آخر سؤال."

[[items]]
type = "choice"
code = "mood"
section = "how"
text = {{ en = "How do you feel today?", es = "¿Cómo se siente hoy?", ar = "كيف الشعور اليوم؟" }}
short = {{ en = "Mood", es = "Ánimo", ar = "المزاج" }}
[[items.options]]
value = 1
label = {{ en = "Well", es = "Bien", ar = "بخير" }}
picture = "glad"
[[items.options]]
value = 2
label = {{ en = "Not well", es = "Mal", ar = "لست بخير" }}
picture = "sad"

[[items]]
type = "visual_scale"
code = "pain.scale"
symptom = "pain"
section = "how"
text.en = "How strong was your pain?"
text.es = "¿Qué tan fuerte fue su dolor?"
text.ar = "كم كانت قوة الألم؟"
short = {{ en = "Pain, 0 to 100", es = "Dolor, 0 a 100", ar = "الألم، من 0 إلى 100" }}
minimum = 0
maximum = 100
step = 5
low = {{ en = "No pain", es = "Sin dolor", ar = "لا ألم" }}
high = {{ en = "The worst pain", es = "El peor dolor", ar = "أشد ألم" }}

[[items]]
type = "body_area"
code = "pain.place"
section = "where"
asked_when = {{ every = [{{ item = "pain.scale", operator = "above", value = 0 }}] }}
text = {{ en = "Where does it hurt?", es = "¿Dónde le duele?", ar = "أين الألم؟" }}
short = {{ en = "Where it hurts", es = "Dónde duele", ar = "مكان الألم" }}
at_most = 3
[[items.options]]
value = 1
label = {{ en = "Head", es = "Cabeza", ar = "الرأس" }}
area = "face"
[[items.options]]
value = 2
label = {{ en = "Chest", es = "Pecho", ar = "الصدر" }}
area = "chest"
[[items.options]]
value = 3
label = {{ en = "Belly", es = "Vientre", ar = "البطن" }}
area = "lower-abdomen"
[[items.options]]
value = 4
label = {{ en = "Right arm", es = "Brazo derecho", ar = "الذراع اليمنى" }}
area = "right-arm"
[[items.options]]
value = 5
label = {{ en = "Left leg", es = "Pierna izquierda", ar = "الساق اليسرى" }}
area = "left-thigh"
[[items.options]]
value = 9
label = {{ en = "Somewhere else", es = "En otra parte", ar = "في مكان آخر" }}
exclusive = true

[[items]]
type = "choices"
code = "helps"
section = "where"
text = {{ en = "What helps you?", es = "¿Qué le ayuda?", ar = "ما الذي يساعد؟" }}
short = {{ en = "What helps", es = "Qué ayuda", ar = "ما يساعد" }}
[[items.options]]
value = 1
label = {{ en = "Rest", es = "Descansar", ar = "الراحة" }}
[[items.options]]
value = 2
label = {{ en = "A walk", es = "Caminar", ar = "المشي" }}
[[items.options]]
value = 3
label = {{ en = "Medicine", es = "Medicinas", ar = "الدواء" }}
[[items.options]]
value = 8
label = {{ en = "None of these", es = "Nada de esto", ar = "لا شيء من ذلك" }}
exclusive = true

[[items]]
type = "date"
code = "since"
section = "where"
text.en = "When did you last feel well?"
text.es = "¿Cuándo se sintió bien por última vez?"
text.ar = "متى كانت آخر مرة كنتم فيها بخير؟"
short = {{ en = "Last felt well", es = "Última vez bien", ar = "آخر مرة بخير" }}
earliest = 2026-01-01
not_after_today = true
may_not_apply = true
not_applicable = {{ en = "I do not know", es = "No lo sé", ar = "لا أعرف" }}

[[items]]
type = "number"
code = "weight"
section = "words"
text = {{ en = "What do you weigh?", es = "¿Cuánto pesa?", ar = "كم الوزن؟" }}
short = {{ en = "Weight", es = "Peso", ar = "الوزن" }}
unit = "kg"
minimum = 20
maximum = 300
decimals = 1
required = true

[[items]]
type = "text"
code = "wish"
section = "words"
text.en = "What would make next week better?"
text.es = "¿Qué haría mejor la próxima semana?"
text.ar = "ما الذي يجعل الأسبوع القادم أفضل؟"
short = {{ en = "Wish", es = "Deseo", ar = "الأمنية" }}
max_length = 80
"""
ITEMS = ("mood", "pain.scale", "pain.place", "helps", "since", "weight", "wish")


def body(page: str = "question") -> str:
    """The file; with `page="section"` its sections are pages."""
    return BODY.replace('page = "question"', f'page = "{page}"')


def instrument(page: str = "question") -> Instrument:
    return load_instrument(body(page), "every-kind.toml")


def place(item: str) -> int:
    """The number of that item in the address of its page."""
    return ITEMS.index(item) + 1


def ask_only(world: World, asked: Instrument, source: str) -> World:
    """The same world, its patient asked this questionnaire and nothing else."""
    asks = f'[[asks]]\nrhythm = "weekly"\ninstrument = "{asked.key}@{asked.version}"\n'
    whole = f"{plan_text('weekly')}\n{asks}".replace('key = "weekly"', 'key = "more"')
    with world.begin() as tx:
        instruments.publish(tx, asked, source)
        plan = published.publish(tx, read_plan(whole, "more.toml"), whole)
        plans.choose(tx, world.patient, plan, None)
    return world


def ask_on_one_page(world: World, *codes: str) -> World:
    """The same world, its patient asked these questions of the weekly survey, all on one page."""
    weekly = find("weekly-symptoms")
    items = [weekly.item_by_code[code].model_copy(update={"section": "all"}) for code in codes]
    update = {"version": "9.0.0", "page": "section", "sections": (Section(key="all"),)}
    short = weekly.model_copy(update={**update, "items": tuple(items), "scores": ()})
    asked = Instrument.model_validate_json(short.canonical_json)
    return ask_only(world, asked, asked.canonical_json)


def in_arabic_too(world: World) -> World:
    """The same world, its site speaking Arabic, as if all of its other words were there in it."""
    with world.begin() as tx:
        tx.session.execute(text("UPDATE site SET languages = '{en,es,ar}'"))
    return world


def ask_every_kind(world: World, page: str = "question") -> World:
    """The same world, its patient asked this questionnaire, at a site that speaks Arabic too."""
    return in_arabic_too(ask_only(world, instrument(page), body(page)))


def build_every_kind(db: Database, page: str = "question", **others: object) -> World:
    """As `build_world`, with this questionnaire in each window."""
    return ask_every_kind(build_world(db, **others), page)
