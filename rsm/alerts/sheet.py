"""One report with what came before it, as rules read it. Pure.

Decision 11 of design.md defines *previous*: the latest earlier final report in which the item
has a value (a structural zero is one), at most 28 days old, self and proxy kept apart.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from rsm.alerts.model import PREVIOUS_AT_MOST, Facts, Report
from rsm.kernel.words import Reporter

# When a value was given, and the value.
Point = tuple[datetime, float]

_AT = attrgetter("at")
_PROXY = (Reporter.PROXY,)
# A nurse who fills in the survey asks the patient; a relative answers for the patient.
_PATIENT = (Reporter.SELF, Reporter.STAFF)


class Sheet:
    """The facts of one survey; what lies in the past is only looked up when a rule asks.

    A code names an item, a score or a number. `seen` collects the earlier values that were used:
    one off its scale could hide a rise, so that a person must look (P6).
    """

    __slots__ = ("_earlier", "facts", "seen")

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.seen: list[tuple[str, str, float]] = []
        self._earlier: list[Report] | None = None

    def now(self, code: str) -> float | None:
        """The present value, or None when it is missing for whatever reason."""
        facts = self.facts
        answer = facts.now.get(code)
        if answer is not None:
            return answer.value
        score = facts.scores.get(code)
        return score if score is not None else facts.numbers.get(code)

    def previous(self, code: str) -> Point | None:
        """The previous value by decision 11."""
        found = _first(self.earlier, code, self.facts.at - PREVIOUS_AT_MOST)
        if found is not None:
            self.seen.append((code, "previous", found[1]))
        return found

    def baseline(self, code: str) -> float | None:
        """The value of the agreed start."""
        answer = self.facts.baseline.get(code) if self.facts.baseline is not None else None
        value = self.facts.baseline_values.get(code) if answer is None else answer.value
        if value is not None:
            self.seen.append((code, "baseline", value))
        return value

    def first(self, code: str) -> Point | None:
        """The earliest value, however old."""
        return _first(reversed(self.earlier), code)

    def within(self, code: str, weeks: int) -> list[float]:
        """The values of the last so many weeks, the newest first."""
        oldest = self.facts.at - timedelta(weeks=weeks)
        found = (value_in(each, code) for each in self.earlier if each.at >= oldest)
        values = [value for value in found if value is not None]
        self.seen += [(code, "earlier", value) for value in values]
        return values

    def chain(self, code: str, length: int) -> list[float]:
        """Up to `length` previous values, each the previous of the one after it."""
        values: list[float] = []
        after = self.facts.at
        for report in self.earlier:
            if len(values) == length or after - report.at > PREVIOUS_AT_MOST:
                break
            value = value_in(report, code)
            if value is not None:
                values.append(value)
                after = report.at
        self.seen += [(code, "earlier", value) for value in values]
        return values

    @property
    def earlier(self) -> Sequence[Report]:
        """Every earlier report by the same voice, the newest first."""
        if self._earlier is None:
            facts, at = self.facts, self.facts.at
            voice = _PROXY if facts.reporter is Reporter.PROXY else _PATIENT
            found = [each for each in facts.history if each.at < at and each.reporter in voice]
            found.sort(key=_AT, reverse=True)
            self._earlier = found
        return self._earlier


def value_in(report: Report, code: str) -> float | None:
    """The value that a code has in an earlier report."""
    answer = report.answers.get(code)
    if answer is not None:
        return answer.value
    score = report.scores.get(code)
    return score if score is not None else report.numbers.get(code)


def _first(reports: Iterable[Report], code: str, oldest: datetime | None = None) -> Point | None:
    """The value in the first of these reports that has one, none before `oldest`.

    Of several at the same instant the lowest: it shows the larger rise.
    """
    found: Point | None = None
    for report in reports:
        at = report.at
        if (found is not None and at != found[0]) or (oldest is not None and at < oldest):
            break
        value = value_in(report, code)
        if value is not None and (found is None or value < found[1]):
            found = (at, value)
    return found
