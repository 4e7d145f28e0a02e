"""Views of the page of a site's changed rules."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Link, PostButton
from rsm.web.views.rule_changes import ChangeGroup, ChangeLine, RuleChangesView
from tests.web.page_samples_staff import staff_frame

SITE = UUID("3f2a0000-0000-4000-8000-000000000001")
HERE = f"/sites/{SITE}/rules/changes"


def changes() -> RuleChangesView:
    waits = ChangeLine(
        id="1",
        rules=("Severe, or the like in frequency or interference",),
        whose="Team gi",
        what=("Level: Urgent → Soon", "From this answer on: 3 → 4"),
        reason="Known to all of us.\nSee the minutes of 12 October.",
        by="Ruth Cole, 19 Oct",
        until="30 November 2026",
        state="Waits",
        buttons=(PostButton("Agree", f"{HERE}/1/agree"), PostButton("Refuse", f"{HERE}/1/end")),
    )
    holds = replace(waits, id="2", warning="Does not apply: its rule reads otherwise by now.")
    over = replace(waits, id="3", what=("Switched off",), state="Ran out", buttons=())
    return RuleChangesView(
        frame=staff_frame(f"/sites/{SITE}"),
        lang="en",
        links=settings_links(SITE, "rules"),
        heading="1 change waits for a second person.",
        lead="STAR, version 1.0.0.",
        back=Link("Back to the rules", f"/sites/{SITE}/rules"),
        propose=Link("Propose a change …", f"{HERE}/new"),
        groups=(
            ChangeGroup("waits", "Waiting for a second person", (waits,)),
            ChangeGroup("holds", "In force", (holds,)),
            ChangeGroup("over", "Over", (over,)),
        ),
        own="2 patients have a change of their own.",
    )


def change_pages() -> Iterator[tuple[str, str, View]]:
    page, template = changes(), "staff/rule_changes.html"
    yield "rule-changes", template, page
    none = ChangeGroup("holds", "In force", (), "No change.")
    yield "rule-changes-none", template, replace(page, groups=(none,), propose=None, links=())
    wrong = Problem("", "It has ended already.")
    yield "rule-changes-wrong", template, replace(page, problems=(wrong,))
