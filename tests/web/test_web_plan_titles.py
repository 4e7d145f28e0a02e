"""A plan names what it asks by its title, wherever it is shown."""

from rsm.db.work import Database
from rsm.schedules import published
from rsm.schedules import service as schedules
from rsm.schedules.library import plan_text, read_plan
from rsm.web import plan_views
from rsm.web.plan_names import titles_of
from tests.safety_world import build_safety_world


def test_a_questionnaire_is_named_by_its_title_and_version(web_db: Database) -> None:
    world = build_safety_world(web_db)
    with world.begin() as tx:
        active = schedules.assignment(tx, world.patient)
        assert active is not None
        plan = published.load(tx, active.plan)
        titles = titles_of(tx, [plan])
    assert titles == {"safety-questions@1.0.0": "Safety questions 1.0.0"}
    says = " ".join(plan_views.in_words(plan, titles))
    assert "Safety questions 1.0.0: " in says
    assert "@" not in says


def test_what_is_not_published_is_shown_by_its_reference(web_db: Database) -> None:
    world = build_safety_world(web_db)
    text = f'{plan_text("weekly")}\n[[asks]]\nrhythm = "weekly"\ninstrument = "other@1.0.0"\n'
    plan = read_plan(text, "plan.toml")
    with world.begin() as tx:
        titles = titles_of(tx, [plan])
    assert titles == {}
    assert any("other@1.0.0" in said for said in plan_views.in_words(plan, titles))
