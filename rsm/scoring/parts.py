"""The parts of a score: which have a value, which have none and why. Missing is not zero (P7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rsm.instruments.bounds import Bounds, part_bounds
from rsm.instruments.formulas import Exact
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answers, AnswerStatus
from rsm.scoring.model import Gap, Missing, ScoreCode

_GAPS = {
    AnswerStatus.SKIPPED: Gap.SKIPPED,
    AnswerStatus.REFUSED: Gap.REFUSED,
    AnswerStatus.NOT_APPLICABLE: Gap.NOT_APPLICABLE,
}


@dataclass(frozen=True)
class Found:
    """An exact value with how it came about, or none with why not."""

    value: Exact | None
    reason: str
    code: ScoreCode = ScoreCode.COMPUTED
    standard_error: int | float | None = None


@dataclass(frozen=True)
class Parts:
    """The parts of one score in their order: values, and what is missing."""

    values: Mapping[str, Exact]
    missing: tuple[Missing, ...]

    def gap(self, code: ScoreCode = ScoreCode.MISSING) -> Found:
        """No score, with every part that has no value: `missing: pain.severity (refused)`."""
        words = [f"{each.part} ({each.why.replace('_', ' ')})" for each in self.missing]
        return Found(None, f"missing: {', '.join(words)}", code)


class Known:
    """The answers of one report that count, and the scores computed from them so far."""

    def __init__(self, instrument: Instrument, counted: Answers) -> None:
        self.instrument = instrument
        self._counted = counted
        self._scores: dict[str, Exact | None] = {}

    @cached_property
    def bounds(self) -> Mapping[str, Bounds | None]:
        """Lowest and highest value of every item and score."""
        return part_bounds(self.instrument)

    def keep(self, name: str, value: Exact | None) -> None:
        """A score that later ones may be computed over."""
        self._scores[name] = value

    def parts(self, names: Sequence[str]) -> Parts:
        """Those items and scores."""
        values: dict[str, Exact] = {}
        missing = []
        for name in names:
            found = self._find(name)
            if isinstance(found, Gap):
                missing.append(Missing(name, found))
            else:
                values[name] = found
        return Parts(values, tuple(missing))

    def _find(self, name: str) -> Exact | Gap:
        if name in self._scores:
            score = self._scores[name]
            return Gap.NO_SCORE if score is None else score
        answer = self._counted.get(name)
        if answer is None:
            return Gap.NOT_ANSWERED
        return _GAPS[answer.status] if answer.value is None else answer.value
