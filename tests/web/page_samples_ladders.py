"""Views of the pages of escalation and routing, and of the page on which they are changed."""

from collections.abc import Iterator
from dataclasses import replace

from rsm.kernel.errors import Problem
from rsm.routing.trees import tree_of
from rsm.web.pages import View
from rsm.web.route_words import RouteWords
from rsm.web.settings_links import settings_links
from rsm.web.views.changing import Asked, ChangingView, Differing, Row
from rsm.web.views.common import Choice, Link
from rsm.web.views.ladders import LaddersView, LevelLadder, NowLine, StepLine, VersionLine
from rsm.web.views.routing import (
    AlertValues,
    AskedLine,
    FormerTree,
    RoutingView,
    TreeView,
    WhereView,
)
from tests.web.page_samples_rules import SITE
from tests.web.page_samples_staff import staff_frame

HERE = f"/sites/{SITE}"
TREE = tree_of(
    {
        "name": "Lakeside",
        "team": "triage",
        "children": [
            {"name": "nights", "match": {"service": "closed"}, "team": "night"},
            {
                "name": "Spanish",
                "match": {"language": ["es"]},
                "children": [{"name": "mouth", "match": {"symptom": ["mouth-sores"]}}],
            },
        ],
    }
)


def ladders() -> LaddersView:
    steps = (
        StepLine("At once", "by text", (NowLine("first on duty", "Ruth Cole"),)),
        StepLine(
            "After 15 minutes without an answer",
            "by text and phone call",
            (NowLine("second on duty", "nobody now", warn=True),),
            flag="Reaches nobody now: it is passed at once",
        ),
        StepLine(
            "Last, after 15 minutes more",
            "by text",
            (NowLine("safety contact", "Dr. Imani Cole"),),
            again="The last step is repeated every 15 minutes.",
        ),
    )
    names = (("emergency", "Emergency"), ("urgent", "Urgent"), ("soon", "Soon"), ("info", "Info"))
    notes = ("Outside service hours it is told as at any time.",)
    return LaddersView(
        frame=staff_frame(HERE),
        lang="en",
        links=settings_links(SITE, "escalation"),
        back=Link("Back to the site", HERE),
        heading="4 steps reach nobody now",
        lead="“Default”, by RSM project.",
        pinned="Policy default 1.0.0, content 0f3a0f3a0f3a",
        levels=tuple(
            LevelLadder(name, label, "Target: 1 hour.", steps, notes) for name, label in names
        ),
        throttle="Nobody gets more than 3 texts about alerts in ten minutes.",
        older=("2 open alerts still follow default 0.9.0.",),
        history=("2 October 2026: default 1.0.0, Ruth Cole. Nights were too slow.",),
        versions=(
            VersionLine("Default", "default 1.0.0", "Comes with RSM", f"{HERE}/f", used=True),
            VersionLine("Ours", "own 1.0.0", "Published", f"{HERE}/g", look=f"{HERE}/c"),
        ),
        file=f"{HERE}/escalation/file",
        change=f"{HERE}/escalation/change",
    )


def routing() -> RoutingView:
    words = RouteWords("en")
    here = f"{HERE}/routing"
    own = TreeView(
        "The tree of this site",
        "By it alerts are routed.",
        words.branch(TREE),
        file=f"{here}/site/file",
        change=f"{here}/site/change",
    )
    return RoutingView(
        frame=staff_frame(HERE),
        lang="en",
        links=settings_links(SITE, "routing"),
        back=Link("Back to the site", HERE),
        heading="Alerts go to the team triage, but for 2 branches",
        lead="An alert goes down to the first branch that takes it.",
        trees=(own, TreeView("The tree of the organisation", "", None, empty="There is none.")),
        action=f"{here}/where",
        values=AlertValues(at="2026-10-19T09:00"),
        levels=(Choice("urgent", "Urgent"),),
        symptoms=(Choice("mouth-sores", "mouth sores"),),
        languages=(Choice("es", "Spanish"),),
        services=(Choice("open", "within service hours"),),
    )


def changing() -> ChangingView:
    row = Row("At once: first on duty, by text.", "At once: second on duty, by text.")
    return ChangingView(
        frame=staff_frame(HERE),
        lang="en",
        links=settings_links(SITE, "escalation"),
        back=Link("Back to the escalation", f"{HERE}/escalation"),
        heading="Who is to be told, and when?",
        lead="Upload or paste a policy.",
        action=f"{HERE}/escalation/change",
        file=Link("Download it (TOML)", f"{HERE}/escalation/file"),
        asked=Asked('key = "own"', seen="0f3a", checked="77aa"),
        label="The policy (TOML)",
        hint="What is published never changes",
        confirm="Use it from the next alert on",
        looked=True,
        differs=(
            Differing("Urgent", (row, Row("", "New."), Row("Gone.", "")), "urgent"),
            Differing("The whole policy", (row,)),
        ),
        notes=(Problem("level urgent, team triage", "nobody can be told", "fill the roster"),),
    )


def ladder_pages() -> Iterator[tuple[str, str, View]]:
    """(name, template, view) of each."""
    page = ladders()
    yield "escalation", "staff/site_escalation.html", page
    reads = replace(page, change="", links=(), versions=(), history=(), missing="It is gone.")
    yield "escalation-read", "staff/site_escalation.html", reads
    tree = routing()
    title, root = "The tree of this site, until 2 October 2026, 9:05", RouteWords("en").branch(TREE)
    former = FormerTree(title, "Alerts go to the team triage", root, f"{HERE}/f", f"{HERE}/c")
    history = tuple(f"{day} October 2026, 9:05: x" for day in range(2, 9))
    changed = replace(tree, history=history, formers=(former, replace(former, look="")))
    yield "routing", "staff/site_routing.html", changed
    where = WhereView(
        "It goes to the team night",
        "By way of Lakeside › nights.",  # noqa: RUF001  # a path is written so
        "Asked as outside service hours.",
        "At once: first on duty (Ruth Cole), by text.",
        (
            AskedLine("nights", "Lakeside", took=True),
            AskedLine("Spanish", "Lakeside", took=False, why="`nights` before it took it"),
        ),
    )
    yield "routing-asked", "staff/site_routing.html", replace(tree, where=where, links=())
    wrong = tuple(Problem(name, "is wrong") for name in ("level", "at", "service"))
    yield "routing-wrong", "staff/site_routing.html", replace(tree, problems=wrong)
    change = changing()
    yield "changing", "staff/changing.html", change
    begun = replace(change, looked=False, differs=(), asked=Asked('key = "own"'))
    yield "changing-begun", "staff/changing.html", begun
    none = replace(change, differs=(), notes=(), asked=Asked('key = "own"'))
    yield "changing-none", "staff/changing.html", none
    flaws = (
        Problem("body", "line 3, levels.urgent: unknown key `stepps`", "did you mean `steps`?"),
        Problem("file", "is not a text in UTF-8"),
        Problem("reason", "Say why it is to be used."),
        Problem("", "Somebody else changed it meanwhile."),
    )
    yield "changing-wrong", "staff/changing.html", replace(change, problems=flaws)
    broken = replace(change, problems=flaws[:1], asked=Asked("stepps = 3"))
    yield "changing-broken", "staff/changing.html", broken
