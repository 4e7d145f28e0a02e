"""What a tree asks for and no alert of the site has: allowed, but most often a slip of the pen."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rsm.kernel.documents import Loc, Source, nearest
from rsm.kernel.errors import Problem
from rsm.routing.model import Route, Tree


@dataclass(frozen=True)
class Vocabulary:
    """What alerts of a site can be about, and the languages that its patients read."""

    symptoms: Collection[str]
    languages: Collection[str]


def unknown(tree: Tree, words: Vocabulary, source: Source) -> list[Problem]:
    """Branches that wait for a symptom that nobody is asked about, or a language nobody reads."""
    return [*_unknown(tree, (), words, source)]


def _unknown(node: Route, loc: Loc, words: Vocabulary, source: Source) -> Iterator[Problem]:
    for key, asked, known in (
        ("symptom", node.match.symptom, words.symptoms),
        ("language", node.match.language, words.languages),
    ):
        for one in asked:
            if one not in known:
                what = f"no alert here has the {key} `{one}`"
                yield Problem(source.place((*loc, "match", key)), what, nearest(one, known))
    for place, child in enumerate(node.children):
        yield from _unknown(child, (*loc, "children", place), words, source)
