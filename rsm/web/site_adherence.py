"""How often patients report, by week and by month, and by whom, in words. Pure."""

from rsm.web.site_reading import Read
from rsm.web.site_words import Words
from rsm.web.views.site import Listed


def listed(now: Read, words: Words) -> Listed:
    """Weekly and monthly side by side: the same patients, and not the same thing."""
    weekly, monthly = now.rate("weekly_adherence"), now.rate("monthly_adherence")
    if not weekly[1]:
        return Listed(words("adherence_none"), ())
    shares = {
        "weekly": f"{100 * weekly[0] / weekly[1]:.0f}",
        "monthly": f"{100 * monthly[0] / monthly[1]:.0f}" if monthly[1] else "\N{EN DASH}",
    }
    lines = (
        words("adherence_weekly", share=shares["weekly"], part=weekly[0], whole=weekly[1]),
        words("adherence_monthly", share=shares["monthly"], part=monthly[0], whole=monthly[1]),
        words("adherence_self", **_by_whom(now)),
    )
    return Listed(words("adherence_heading", **shares), lines, words("adherence_note"))


def _by_whom(now: Read) -> dict[str, object]:
    return {name: now.count(name) for name in ("completed", "by_self", "by_proxy", "by_staff")}
