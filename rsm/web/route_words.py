"""A routing tree in words: which alerts a branch takes, where they go; two trees side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from rsm.kernel.words import Level
from rsm.routing.model import WEEKDAYS, Match, Route, Tree
from rsm.routing.writing import nodes
from rsm.web import when
from rsm.web.staff_words import section
from rsm.web.views.changing import Differing, Row
from rsm.web.views.routing import BranchView


@dataclass(frozen=True)
class RouteWords:
    """The words of one language."""

    language: str

    @property
    def w(self) -> SimpleNamespace:
        return section("routing", self.language)

    def level(self, level: Level) -> str:
        return str(getattr(section("ladders", self.language), f"level_{level}"))

    def spoken(self, code: str) -> str:
        """The name of a language, as far as we have it."""
        return str(getattr(self.w, f"language_{code}", code))

    def symptom(self, key: str) -> str:
        return key.replace("-", " ")

    def takes(self, match: Match) -> str:
        """What a branch asks of an alert: all of it must hold, of a list any one."""
        asked = (
            (self.w.by_level, [self.level(one) for one in match.level]),
            (self.w.by_symptom, [self.symptom(one) for one in match.symptom]),
            (self.w.by_language, [self.spoken(one) for one in match.language]),
            (self.w.by_regimen, list(match.regimen)),
            (self.w.by_weekday, self._days(match.weekday)),
        )
        said = [str(text).format(words=self._any(words)) for text, words in asked if words]
        said += self._times(match)
        return ", ".join(said) or str(self.w.by_nothing)

    def _days(self, weekdays: Sequence[str]) -> list[str]:
        names = when.words_of(self.language).weekdays
        return [names[WEEKDAYS.index(day)] for day in weekdays]

    def _times(self, match: Match) -> Iterator[str]:
        if match.service is not None:
            yield str(getattr(self.w, f"service_{match.service}"))
        if match.from_time and match.until_time:
            begins, ends = (f"{at.hour}:{at:%M}" for at in (match.from_time, match.until_time))
            yield str(self.w.by_time).format(begins=begins, ends=ends)

    def _any(self, words: Sequence[str]) -> str:
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self.w.either} {words[-1]}"

    def branch(self, node: Route, above: str = "") -> BranchView:
        """The node and all below it; `above` is the team that it has unless it names one."""
        team = node.team or above
        text = self.w.goes if node.team else self.w.goes_above
        left = node.children and not any(child.match.takes_all for child in node.children)
        return BranchView(
            name=node.name,
            takes=self.takes(node.match) if above else str(self.w.by_root),
            goes=str(text).format(team=team),
            rest=str(self.w.rest).format(team=team) if left else "",
            branches=tuple(self.branch(child, team) for child in node.children),
        )

    def line(self, node: Route, path: tuple[str, ...]) -> str:
        """A branch by itself: `level Emergency: team charge`; the root has a path of its name."""
        team = str(self.w.team).format(team=node.team) if node.team else str(self.w.team_above)
        is_root = len(path) == 1
        takes = f"{node.name}, {self.w.by_root}" if is_root else self.takes(node.match)
        return f"{takes}: {team}"


def in_words(tree: Tree, language: str = "en") -> list[str]:
    """The whole tree for a terminal, its branches indented in the order in which they are asked."""
    words = RouteWords(language)
    return [*_indented(words.branch(tree), 0)]


def _indented(branch: BranchView, depth: int) -> Iterator[str]:
    goes = "" if branch.branches else f". {branch.goes}"
    yield f"{'  ' * depth}{branch.name}: {branch.takes}{goes}"
    for each in branch.branches:
        yield from _indented(each, depth + 1)
    if branch.rest:
        yield f"{'  ' * (depth + 1)}{branch.rest}"


def differing(old: Tree | None, new: Tree, language: str) -> tuple[Differing, ...]:
    """What becomes different: branches that change, come or go, and the order of the others."""
    words = RouteWords(language)
    was, now = _lines(words, old) if old else {}, _lines(words, new)
    found = [
        Differing(" › ".join((new.name, *path)), (Row(before, after),))  # noqa: RUF001  # a path
        for path in dict.fromkeys((*now, *was))
        if (before := was.get(path, "")) != (after := now.get(path, ""))
    ]
    stay = [path for path in was if path in now], [path for path in now if path in was]
    if stay[0] != stay[1]:
        said = (" · ".join(path[-1] for path in order if path) for order in stay)
        found.append(Differing(str(words.w.order), (Row(*said),)))
    return tuple(found)


def _lines(words: RouteWords, tree: Tree) -> dict[tuple[str, ...], str]:
    """Each branch in words, by the names that lead to it; the root may be called anything."""
    return {path[1:]: words.line(node, path) for path, node in nodes(tree)}
