"""Figures of the literature, from `literature.toml`: beside a site's own, never as a limit."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rsm.collaborative.model import MeasureId, Published
from rsm.kernel.documents import Strict, parse

_FILE = Path(__file__).parent / "literature.toml"
_Words = Annotated[str, StringConstraints(min_length=3, max_length=160)]


class _InWords(Strict):
    en: _Words
    es: _Words


class _Figure(Strict):
    measure: MeasureId
    setting: Literal["trial", "routine"]
    percent: Annotated[float, Field(gt=0, lt=100)]
    words: _InWords
    denominator: _InWords
    source: _Words


class _Literature(Strict):
    figures: tuple[_Figure, ...]


@cache
def published() -> tuple[Published, ...]:
    """Every figure, in the order of the file."""
    found, _ = parse(_Literature, _FILE.read_text(encoding="utf-8"), _FILE.name)
    return tuple(
        Published(
            measure=one.measure,
            words=one.words.model_dump(),
            setting=one.setting,
            share=one.percent / 100,
            denominator=one.denominator.model_dump(),
            source=one.source,
        )
        for one in found.figures
    )


def about(measure: str) -> tuple[Published, ...]:
    """Those of one measure."""
    return tuple(one for one in published() if one.measure == measure)
