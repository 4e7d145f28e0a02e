"""Next month's alerts and nurse hours in words, with what they are made from. Pure."""

from rsm.metrics.forecast import FEWEST_ALERTS, FEWEST_WEEKS, Forecast
from rsm.web.site_words import Words
from rsm.web.views.site import Listed


def listed(found: Forecast | None, words: Words) -> Listed:
    """What is to be expected and how sure; or that too little is known."""
    if found is None:
        few = words("forecast_few", weeks=FEWEST_WEEKS, alerts=FEWEST_ALERTS)
        return Listed(words("forecast_none"), (few,))
    low, high = round(found.between.low), round(found.between.high)
    hours = found.hours_between
    heading = words("forecast_heading", alerts=round(found.alerts), hours=_hours(found.hours))
    minutes = "forecast_assumed" if found.minutes_assumed else "forecast_noted"
    lines = (
        words(
            "forecast_between",
            low=low,
            high=high,
            hours_low=_hours(hours.low),
            hours_high=_hours(hours.high),
        ),
        words(
            "forecast_from",
            patients=found.patients,
            surveys=round(found.surveys),
            rate=f"{100 * found.rate:.0f}",
            weeks=found.weeks,
        ),
        words(minutes, minutes=f"{found.minutes_each:.0f}"),
    )
    return Listed(heading, lines, words("forecast_note"))


def _hours(hours: float) -> str:
    return f"{hours:.1f}" if hours < 10 else f"{hours:.0f}"
