"""The field's lists: names only, whole, with where they come from."""

from rsm.improvement import lists


def test_eric_has_seventy_three_strategies_in_nine_groups() -> None:
    known = lists.strategies()
    names = [tag for group in known.groups for tag in group.tags]
    assert (len(known.groups), len(names), len(set(names))) == (9, 73, 73)
    assert "Identify and prepare champions" in known
    assert "Implement Sci 2015;10:21" in known.citation


def test_cfir_has_five_domains() -> None:
    known = lists.barriers()
    assert [group.name for group in known.groups] == [
        "Innovation",
        "Outer Setting",
        "Inner Setting",
        "Individuals",
        "Implementation Process",
    ]
    assert "Relative Priority" in known
    assert "Implement Sci 2022;17:75" in known.citation


def test_what_the_system_notes_has_a_title_in_each_language() -> None:
    assert lists.title("release", "en", "first 3") == "Rule pack first 3 came into force"
    assert "first 3" in lists.title("release", "es", "first 3")
    assert lists.title("trial", "ar") == lists.title("trial", "en")
