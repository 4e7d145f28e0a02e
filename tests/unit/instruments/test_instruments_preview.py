"""An instrument as text: what it is, what is asked now, what is asked when."""

from rsm.instruments.library import find
from rsm.instruments.preview import preview
from rsm.kernel.answers import answered

SHORT = find("short-measure")


def test_it_says_what_it_is_and_who_may_show_it() -> None:
    lines = list(preview(SHORT, {}))
    assert lines[0].startswith("short-measure 1.0.0, content ")
    assert lines[1].startswith(f"{len(SHORT.items)} items, {len(SHORT.items)} asked at most, about")
    assert lines[2] == "languages: en, es, ar"
    assert lines[3] == "licence: Apache-2.0 (The RSM authors), may be shown"


def test_it_says_what_stands_in_the_way_of_publishing() -> None:
    lines = list(preview(find("phq-9"), {}))
    assert sum(line.startswith("not to be published: ") for line in lines) == 2


def test_the_next_question_is_marked_and_a_branch_is_asked_once_it_opens() -> None:
    weekly = find("weekly-symptoms")
    before = "\n".join(preview(weekly, {}))
    after = "\n".join(preview(weekly, {"pain.frequency": answered(2)}))
    assert "next: pain.frequency" in before
    assert "[pain.severity]" not in before
    assert "[pain.severity]" in after
    assert "next: pain.severity" in after
    assert "pain.severity is asked when pain.frequency is at least 1; at 0 it counts as 0" in after


def test_the_questions_are_in_the_language_that_is_asked_for() -> None:
    assert "Sus" not in "\n".join(preview(SHORT, {}, "en"))
    assert SHORT.items[0].text["es"] in "\n".join(preview(SHORT, {}, "es"))
