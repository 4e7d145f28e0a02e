"""Dates, times and durations in the words of each language, without a clock of their own.

Every function takes the instant and the IANA zone, so that a page shows the patient's or the
site's own wall time (P14). `now` is always an argument.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Words:
    """The words and patterns of one language."""

    months: tuple[str, ...]
    months_short: tuple[str, ...]
    weekdays: tuple[str, ...]
    halves: tuple[str, str]
    date: str
    dated: str
    today: str
    tomorrow: str
    yesterday: str
    on_day: str
    at: tuple[str, str]  # before one o'clock, before any other hour
    ago: str
    just_now: str
    day: str
    days: str


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_ENGLISH = Words(
    months=_split(
        "January February March April May June July August September October November December"
    ),
    months_short=_split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    weekdays=_split("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    halves=("am", "pm"),
    date="{weekday} {day} {month}",
    dated="{day} {month} {year}",
    today="{time} today",
    tomorrow="{time} tomorrow",
    yesterday="{time} yesterday",
    on_day="{time} on {date}",
    at=("", ""),
    ago="{span} ago",
    just_now="just now",
    day="day",
    days="days",
)
_SPANISH = Words(
    months=_split(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    ),
    months_short=_split("ene feb mar abr may jun jul ago sep oct nov dic"),
    weekdays=_split("lunes martes miércoles jueves viernes sábado domingo"),
    halves=("am", "pm"),
    date="{weekday} {day} de {month}",
    dated="{day} de {month} de {year}",
    today="hoy {at} {time}",
    tomorrow="mañana {at} {time}",
    yesterday="ayer {at} {time}",
    on_day="el {date} {at} {time}",
    at=("a la", "a las"),
    ago="hace {span}",
    just_now="ahora mismo",
    day="día",
    days="días",
)
_ARABIC = Words(
    months=_split("يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"),
    months_short=_split(
        "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"
    ),
    weekdays=_split("الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد"),
    halves=("ص", "م"),
    date="{weekday} {day} {month}",
    dated="{day} {month} {year}",
    today="اليوم {at} {time}",
    tomorrow="غدًا {at} {time}",
    yesterday="أمس {at} {time}",
    on_day="{date} {at} {time}",
    at=("الساعة", "الساعة"),
    ago="قبل {span}",
    just_now="الآن",
    day="يوم",
    days="يوم",
)
_WORDS = {"en": _ENGLISH, "es": _SPANISH, "ar": _ARABIC}


def words_of(language: str) -> Words:
    """The words of `language`; English when we have none."""
    return _WORDS.get(language, _ENGLISH)


def local_time(instant: datetime, zone: str, language: str = "en", hours: int = 24) -> str:
    """The wall time in `zone`: `18:05`, or with `hours=12` as patients read it, `6:05 pm`."""
    local = _local(instant, zone)
    if hours == 24:
        return f"{local.hour}:{local.minute:02}"
    half = words_of(language).halves[local.hour >= 12]
    return f"{local.hour % 12 or 12}:{local.minute:02}\N{NO-BREAK SPACE}{half}"


def local_date(day: date | datetime, zone: str, language: str = "en", year: bool = False) -> str:
    """`Monday 19 October`, or with `year` the full date `19 October 2026`."""
    words = words_of(language)
    local = _day(day, zone)
    return (words.dated if year else words.date).format(
        weekday=words.weekdays[local.weekday()],
        day=local.day,
        month=words.months[local.month - 1],
        year=local.year,
    )


def short_date(day: date | datetime, zone: str, language: str = "en") -> str:
    """`19 Oct`, for the head of a column or the axis of a chart."""
    local = _day(day, zone)
    return f"{local.day} {words_of(language).months_short[local.month - 1]}"


def short_day_time(instant: datetime, zone: str, language: str = "en") -> str:
    """`Mon 8:22`, for one line of a week."""
    local = _local(instant, zone)
    return f"{words_of(language).weekdays[local.weekday()][:3]} {local_time(instant, zone)}"


def day_time(
    instant: datetime, now: datetime, zone: str, language: str = "en", hours: int = 24
) -> str:
    """The time and the day as seen from `now`, to follow "at" or "by".

    `10:03 today`, `9:00 on Friday 23 October`; in Spanish `hoy a las 10:03`.
    """
    words = words_of(language)
    time = local_time(instant, zone, language, hours)
    at = words.at[0 if time.startswith("1:") else 1]
    days = (_local(instant, zone).date() - _local(now, zone).date()).days
    near = {0: words.today, 1: words.tomorrow, -1: words.yesterday}
    if days in near:
        return near[days].format(time=time, at=at)
    return words.on_day.format(date=local_date(instant, zone, language), time=time, at=at)


def span(length: timedelta, language: str = "en") -> str:
    """A length of time to two figures at most: `6 min`, `1 h 22`, `25 h 10`, `9 days`."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest:02}" if rest else f"{hours} h"
    words = words_of(language)
    days = hours // 24
    return f"{days} {words.day if days == 1 else words.days}"


def ago(instant: datetime, now: datetime, language: str = "en") -> str:
    """How long before `now`: `6 min ago`, `hace 6 min`; under a minute `just now`."""
    words = words_of(language)
    if now - instant < timedelta(minutes=1):
        return words.just_now
    return words.ago.format(span=span(now - instant, language))


def _local(instant: datetime, zone: str) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"naive datetime {instant.isoformat()}: give it a zone")
    return instant.astimezone(ZoneInfo(zone))


def _day(day: date | datetime, zone: str) -> date:
    return _local(day, zone).date() if isinstance(day, datetime) else day
