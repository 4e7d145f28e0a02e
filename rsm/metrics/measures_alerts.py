"""Measures of alerts: how many, how fast they were seen, taken and closed, what came of them."""

from collections.abc import Iterator

from rsm.metrics.measure import Basis, Kind, Measure

_ALERTS = "alerts opened in the period"
_UAB = "UAB navigation programme: target under 48 h and these buckets"
_NOT_YET = "; not yet counts as longest"
# Stage: its column, how its rate reads, how its time reads.
STAGES = {
    "view": ("viewed", "from opening to the first look at it"),
    "acknowledge": ("acknowledged", "from opening to the first acknowledgement"),
    "close": ("closed", "from opening to closing"),
}
BUCKETS = {
    "under_48h": "in under 48 h",
    "48_to_72h": "in 48 to 72 h",
    "3_to_7d": "in 3 to 7 days",
    "over_7d": "in over 7 days, or not yet",
}
CLOCKS = {"": "clock hours", "_service": "service hours"}
_DAYS = {"_service": "; a day is 24 h in which somebody is at work"}


def _measure(key: str, words: str, numerator: str, whole: str = "opened") -> Measure:
    of = {"opened": _ALERTS, "about_symptoms": "alerts about symptoms opened in the period"}[whole]
    return Measure(key, words, numerator, of, basis=Basis.OPENING, part=(key,), whole=(whole,))


def _counted(key: str, words: str, numerator: str, kind: Kind = Kind.COUNT) -> Measure:
    return Measure(key, words, numerator, kind=kind, basis=Basis.OPENING, part=(key,))


def _sourced(measure: Measure, source: str) -> Measure:
    return Measure(**{**vars(measure), "source": source})


def _times() -> Iterator[Measure]:
    """Median and P90 of each stage by each clock, then its buckets."""
    for stage, (_, reads) in STAGES.items():
        for clock, hours in CLOCKS.items():
            for suffix, what in (("", "median"), ("_p90", "P90")):
                yield Measure(
                    f"{stage}_time{clock}{suffix}",
                    f"Time to {stage}, {what}, {hours}",
                    f"{reads}, {hours}; {what}{_NOT_YET}",
                    kind=Kind.MINUTES,
                    basis=Basis.OPENING,
                    part=(f"{stage}{clock}{suffix}",),
                )


def _buckets() -> Iterator[Measure]:
    for stage, (done, reads) in STAGES.items():
        for clock, hours in CLOCKS.items():
            for bucket, when in BUCKETS.items():
                key = f"{done}{clock}_{bucket}"
                words = f"{done.capitalize()} {when}, {hours}"
                how = f"alerts that took so long {reads}, {hours}{_DAYS.get(clock, '')}"
                yield _sourced(_measure(key, words, how), _UAB if stage == "close" else "")


ALERTS: tuple[Measure, ...] = (
    _counted(
        "opened",
        "Alerts opened",
        "alerts of every kind, by the day of the site's clock on which they were opened",
    ),
    Measure(
        "alerts",
        "Alerts by level",
        _ALERTS,
        kind=Kind.COUNT,
        basis=Basis.OPENING,
        part=("opened",),
    ),
    _counted("about_symptoms", "Alerts about symptoms", "alerts that a symptom's rule opened"),
    _sourced(
        _measure("pressing", "Urgent or emergency", "alerts of level urgent or emergency"),
        "patient-rated 10 %, nurse-rated 26 to 33 %",
    ),
    *_times(),
    *_buckets(),
    Measure(
        "severity_gradient",
        "Severity gradient of closing",
        "median time to close of urgent and emergency alerts, less that of the others, clock"
        " hours: below 0 where the graver are closed first",
        source="UAB navigation programme: none was found",
        kind=Kind.MINUTES,
        basis=Basis.OPENING,
        part=("close_gradient",),
    ),
    _measure("taken_late", "Taken after the target", "alerts acknowledged later than their target"),
    Measure(
        "unanswered",
        "Unanswered past target",
        "alerts that nobody had taken when their target had passed: taken later, or not yet",
        _ALERTS,
        source="PROMPT-Care: 56 %",
        basis=Basis.OPENING,
        part=("taken_late", "waiting_late"),
        whole=("opened",),
    ),
    _sourced(
        _measure(
            "acted",
            "Acted upon",
            "alerts with a coded action: advice, medicine, visit, emergency department, admission",
        ),
        "PRO-TECT: 59 % led to immediate action; PROMPT-Care: 43.7 %",
    ),
    _measure("not_actionable", "Wrong threshold", "alerts closed as raised by a wrong threshold"),
    _measure("expected", "Expected or known", "alerts closed as expected or known"),
    Measure(
        "no_action",
        "Not actionable",
        "alerts closed as expected, known or raised by a wrong threshold (by rule: tuning page)",
        _ALERTS,
        source="drives the tuning of thresholds (UAB navigation programme)",
        basis=Basis.OPENING,
        part=("not_actionable", "expected"),
        whole=("opened",),
    ),
    _measure(
        "repeats",
        "Repeats",
        "alerts about a symptom for which the same patient had another within 14 days before",
        "about_symptoms",
    ),
    _counted("minutes_spent", "Minutes of staff", "as whoever closed the alert said", Kind.MINUTES),
    _counted("told", "Staff told", "messages to staff about alerts of the period"),
    _counted("nobody", "Nobody on duty", "steps of the ladder that found nobody to tell"),
    Measure(
        "open_now",
        "Open alerts",
        "alerts that are not closed, whenever they were opened",
        kind=Kind.COUNT,
        basis=Basis.NOW,
        part=("open_now",),
    ),
)
