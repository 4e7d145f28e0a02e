"""Simulated months in sentences: the answer before go-live, facts, captions. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from rsm.metrics.simulated import Result
from rsm.metrics.workload_model import Figures, Portion, Wait
from rsm.web.views.site import Fact
from rsm.web.when import local_date, span

_MISSING = "\N{EN DASH}"
_COUNTED = {
    True: "The figures are of the runs that are whole.",
    False: "The figures are of what had passed by then.",
}
_ENOUGH_DAYS = 14
_FEW = 2  # alerts a day, under which people think in weeks
_RUN_HOURS = 6  # of a day, in which most alerts open


def number(value: float) -> str:
    """`9`, `9.5`, `0.4`: as exact as it is worth."""
    if value >= 10 or value == round(value):
        return f"{value:.0f}"
    return f"{value:.1f}"


def percent(share: float | None) -> str:
    """`34 %`; a dash when there is nothing to divide by."""
    return _MISSING if share is None else f"{100 * share:.0f} %"


def minutes(value: float | None) -> str:
    """`12 min`, `3 h`; a dash when it cannot be told."""
    return _MISSING if value is None else span(timedelta(minutes=value))


def _date(day: date) -> str:
    return local_date(day, "UTC", year=True)


def heading(result: Result) -> str:
    """The answer: what to expect on a day like most, and on one in ten."""
    load = result.together.load
    if not load.alerts:
        return "No alert was opened."
    usual, busy = load.per_day.median, load.per_day.p90
    patients = f"{number(load.active)} patients"
    if usual < _FEW:
        weekly = 7 * load.alerts / max(load.days, 1)
        return f"With {patients}, expect {alerts(weekly)} a week."
    if usual == busy:
        return f"With {patients}, expect {alerts(usual)} a day."
    return (
        f"With {patients}, expect {alerts(usual)} on a usual day,"
        f" and on nine days in ten no more than {number(busy)}."
    )


def alerts(count: float) -> str:
    """`1 alert`, `2 alerts`."""
    return "1 alert" if count == 1 else f"{number(count)} alerts"


def lead(result: Result) -> str:
    """What was simulated."""
    asked = result.ordered
    sites = "1 site" if asked.sites == 1 else f"{asked.sites} sites"
    runs = _seeds(result)
    return (
        f"{asked.title}. Simulated: {asked.patients} patients at {sites}, {asked.weeks} weeks from"
        f" {_date(asked.begin)}; rules {asked.pack}, plan {asked.plan}, escalation"
        f" {asked.policy}, roster {asked.roster}; {runs}. Nobody in it is real."
    )


def _seeds(result: Result) -> str:
    seeds = [run.seed for run in result.runs]
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} runs with seeds of their own"


def alarms(result: Result) -> tuple[str, ...]:
    """What whoever reads the figures must know first."""
    partial = [run for run in result.runs if not run.whole]
    said = [
        f"Partial: the run with seed {run.seed} ended on {_date(run.ended_at.date())},"
        f" before its time: {run.note}. {_COUNTED[len(partial) < len(result.runs)]}"
        for run in partial
    ]
    broken = result.broken
    if broken:
        kinds = ", ".join(sorted({one.promise for one in broken}))
        times = "once" if len(broken) == 1 else f"{len(broken)} times"
        said.append(f"A promise was broken {times} ({kinds}): this is a defect, see the stories.")
    return tuple(said)


def cautions(result: Result) -> tuple[str, ...]:
    """What makes the figures uncertain."""
    days = result.together.load.days
    if days >= _ENOUGH_DAYS:
        return ()
    return (f"Only {days} days at full strength: too few to say what is usual.",)


def facts(result: Result) -> tuple[Fact, ...]:
    """The numbers on top; with several runs, from the lowest to the highest of them."""
    return (*_of_nurses(result), *_of_others(result))


def _of_nurses(result: Result) -> Iterator[Fact]:
    load, waits = result.together.load, result.together.acknowledge["all"]
    yield Fact(
        "Alerts a day",
        number(load.per_day.median),
        f"on nine days in ten at most {number(load.per_day.p90)}"
        + _apart(result, lambda one: one.load.per_day.median, number),
    )
    yield Fact(
        "Nurse hours a week",
        number(load.nurse_hours_per_week),
        f"at {number(result.ordered.minutes_per_alert)} minutes each"
        + _apart(result, lambda one: one.load.nurse_hours_per_week, number),
    )
    yield Fact(
        "Time to acknowledge",
        minutes(waits.median),
        f"nine in ten within {minutes(waits.p90)}"
        + _apart(result, lambda one: one.acknowledge["all"].median, minutes),
    )
    yield Fact(
        "Opened out of hours",
        percent(load.out_of_hours.share),
        f"{load.out_of_hours.part} of {load.out_of_hours.whole}"
        + _apart(result, lambda one: one.load.out_of_hours.share, percent),
    )


def _of_others(result: Result) -> Iterator[Fact]:
    found = result.together
    load, completed = found.load, share_of(found, "weekly_completion")
    yield Fact(
        "Busiest",
        number(load.per_day.highest),
        f"alerts on one day; {load.most_in_an_hour} within one hour",
    )
    yield Fact(
        "Surveys completed",
        percent(completed),
        "of those due" + _apart(result, lambda one: share_of(one, "weekly_completion"), percent),
    )
    yield Fact(
        "Calls to patients a week",
        number(load.calls_per_week),
        f"{number(load.call_hours_per_week)} hours, at"
        f" {number(result.ordered.minutes_per_call)} minutes each",
    )
    yield Fact(
        "Nobody on duty",
        str(found.traffic.nobody),
        "steps of the ladder without anybody to tell",
        warn=bool(found.traffic.nobody),
    )


def share_of(found: Figures, measure: str) -> float | None:
    """The share of a measure; None where it was not counted."""
    one = found.measured(measure)
    return one.share if one else None


def _apart(
    result: Result, of: Callable[[Figures], float | None], shown: Callable[[float], str]
) -> str:
    found = result.apart(of)
    return "" if found is None else f"; runs {shown(found[0])} to {shown(found[1])}"


# --- captions --------------------------------------------------------------------------------


def by_hour(by_hour: Sequence[float], out_of_hours: Portion) -> str:
    """Between which hours most alerts open."""
    total = sum(by_hour)
    if not total:
        return "No alert was opened"
    doubled = [*by_hour, *by_hour]
    sums = [sum(doubled[hour : hour + _RUN_HOURS]) for hour in range(len(by_hour))]
    first = max(range(len(sums)), key=lambda hour: sums[hour])
    until = (first + _RUN_HOURS) % 24
    return (
        f"{percent(sums[first] / total)} of the alerts open between {first}:00 and {until}:00,"
        f" {percent(out_of_hours.share)} out of hours"
    )


def by_day(found: Figures) -> str:
    """How uneven days are."""
    per_day = found.load.per_day
    return (
        f"Nine days in ten have {alerts(per_day.p90)} or fewer,"
        f" the busiest had {number(per_day.highest)}"
    )


def waits(found: Figures) -> str:
    """Whether worse is faster, and what the night costs."""
    urgent, soon = found.acknowledge["urgent"], found.acknowledge["soon"]
    inside, outside = found.acknowledge["in_hours"], found.acknowledge["out_of_hours"]
    if _known(urgent, soon) and (urgent.median or 0) >= (soon.median or 0):
        return "Urgent alerts are not taken faster than others"
    if _known(inside, outside):
        return (
            f"Half are taken within {minutes(inside.median)} in service hours,"
            f" within {minutes(outside.median)} outside"
        )
    return f"Half of the alerts are taken within {minutes(found.acknowledge['all'].median)}"


def _known(*each: Wait) -> bool:
    return all(one.median is not None for one in each)


def completion(found: Figures) -> str:
    """Who answers, and what calls add."""
    alone, by_call = share_of(found, "by_patient"), share_of(found, "by_call")
    if alone is None:
        return "Nothing was due"
    return f"{percent(alone)} of the surveys come without a call, {percent(by_call)} with one"


def beside(fits: Sequence[bool]) -> str:
    """How many published figures are met."""
    if all(fits):
        return "Every published figure is met within its bounds"
    return f"{len(fits) - sum(fits)} of {len(fits)} published figures lie outside their bounds"
