"""When a patient may be written to: what her site allows, within what she has asked for. Pure."""

from datetime import time
from functools import lru_cache

from rsm.kernel.errors import Invalid
from rsm.messaging.hours import ContactTimes, SendingHours
from rsm.sites.calendar import SiteTimes

_OWN = tuple[time, time]


def contact_times(site: SiteTimes, own: tuple[time | None, time | None]) -> ContactTimes:
    """The site's hours and days, and her own hours within them.

    Where the two have nothing in common any more (the site has changed its hours since she was
    asked), the site's alone count: her survey would never come.
    """
    start, end = own
    return _times(site, (start, end) if start is not None and end is not None else None)


@lru_cache(maxsize=4096)
def _times(site: SiteTimes, own: _OWN | None) -> ContactTimes:
    hours = (SendingHours(site.texts_from, site.texts_until),)
    days = site.closed_weekdays, site.closed_dates
    if own is None:
        return ContactTimes(hours, *days)
    try:
        return ContactTimes((*hours, SendingHours(*own)), *days)
    except Invalid:
        return ContactTimes(hours, *days)
