"""A clinic whose plan asks more than the weekly survey, judged by the STAR pack.

The safety questions; or the question of PHQ-9's item 9, in words of our own that stand for it.
"""

import json

from sqlalchemy import text

from rsm.alerts.packs import folder
from rsm.db.work import Database
from rsm.flow import plans
from rsm.flow.publish import publish_pack
from rsm.instruments import library
from rsm.instruments import service as instruments
from rsm.instruments.load import load_instrument
from rsm.schedules import published
from rsm.schedules.library import plan_text, read_plan
from tests.databases import furnished
from tests.survey_world import World, build_world

CRISIS = "phq-9.9"
_MOOD = """\
key = "mood"
version = "1.0.0"
wording = "own"
validated = false
recall_days = 14
min_age = 18
licence = { name = "Apache-2.0", holder = "Example", display = true }

[languages.en]
title = "Mood"
recall = "In the last 14 days"
notice = "Words of a test, in place of the official ones."
reviewed_by = "Synthetic Reviewer"
reviewed_on = 2026-09-01

[[symptoms]]
key = "thoughts-of-death-or-self-harm"
name = { en = "Dark thoughts" }

[[items]]
type = "graded"
code = "phq-9.9"
symptom = "thoughts-of-death-or-self-harm"
text = { en = "How often did you have dark thoughts?" }
short = { en = "Dark thoughts" }
options = [
    { value = 0, label = { en = "Never" } },
    { value = 1, label = { en = "On some days" } },
    { value = 2, label = { en = "On most days" } },
    { value = 3, label = { en = "On all days" } },
]
"""


def build_safety_world(db: Database, **others: object) -> World:
    """As `build_world`, with weekly survey and safety questions in each window."""
    what = ("safety world", repr(others))
    return furnished(db, what, lambda place: ask_safety_questions(build_world(place, **others)))


def ask_safety_questions(world: World) -> World:
    """The same world, its patient on a plan with the safety questions."""
    return _asking(world, library.body("safety-questions"))


def build_crisis_world(db: Database, **others: object) -> World:
    """As `build_world`, with a question that is a crisis when it is answered."""
    what = ("crisis world", repr(others))
    return furnished(db, what, lambda place: _asking(build_world(place, **others), _MOOD))


def build_words_world(db: Database, *, required: bool, **others: object) -> World:
    """As `build_world`, with a question for her own words, which she may leave out unless it is
    `required`."""
    item = f"""
[[items]]
type = "text"
code = "else"
text = {{ en = "What else?" }}
short = {{ en = "Else" }}
required = {str(required).lower()}
"""
    safe = _MOOD.replace("phq-9.9", "mood.low").replace("thoughts-of-death-or-self-harm", "mood")
    what = ("words world", required, repr(others))
    return furnished(db, what, lambda place: _asking(build_world(place, **others), safe + item))


def _asking(world: World, body: str) -> World:
    asked = load_instrument(body, "more.toml")
    asks = (
        '[[asks]]\nrhythm = "weekly"\n'
        f'[[asks]]\nrhythm = "weekly"\ninstrument = "{asked.key}@{asked.version}"\n'
    )
    whole = f"{plan_text('weekly')}\n{asks}".replace('key = "weekly"', 'key = "more"')
    with world.begin() as tx:
        instruments.publish(tx, asked, body)
        pack = (folder() / "star.toml").read_text("utf-8")
        pin = publish_pack(tx, pack, world.instrument(tx), ("en", "es"))
        agree = text("UPDATE site SET rule_pack = CAST(:pin AS jsonb)")
        tx.session.execute(agree, {"pin": json.dumps(pin.document)})  # without a release's two
        plan = published.publish(tx, read_plan(whole, "more.toml"), whole)
        plans.choose(tx, world.patient, plan, None)
    return world
