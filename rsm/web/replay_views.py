"""What the page of a replay shows: as it was beside with the pack, in the reader's language."""

from types import SimpleNamespace

from rsm.kernel.words import Level
from rsm.metrics.replay_model import Limit, Load, Replay, Share
from rsm.security.model import Permission
from rsm.web.auth import Desk
from rsm.web.frames import staff_frame
from rsm.web.replay_charts import hour_bars, pair_lines
from rsm.web.rules_views import percent
from rsm.web.staff_words import section
from rsm.web.views.common import Link
from rsm.web.views.frame import StaffFrame
from rsm.web.views.site import Fact
from rsm.web.views.site_rules import LostRow, PairRow, ReplayView
from rsm.web.when import local_date, short_date

_WORST_FIRST = tuple(sorted(Level, key=lambda level: -level.rank))


def replay_view(desk: Desk, found: Replay, title: str, language: str, back: str) -> ReplayView:
    """Everything of a replay; alerts are links for those who may open them."""
    words = section("replay", language)
    frame = staff_frame(desk, f"/sites/{desk.staff.site_id}")
    names = (words.as_it_was, words.with_pack)
    was, would = found.raised, found.replayed
    mondays = [short_date(monday, frame.zone, language) for monday in was.weeks]
    weeks = [list(load.weeks.values()) for load in (was, would)]
    return ReplayView(
        frame=frame,
        lang=language,
        heading=_heading(found, title, words),
        lead=_lead(found, frame, language, words),
        back=Link(words.back, back),
        facts=_facts(found, words),
        load=tuple(_load(found, words, section("rules", language))),
        changes=tuple(
            _pair(str(getattr(words, f"verdict_{row.verdict}")), row.raised, row.kept)
            for row in found.verdicts
        ),
        changed=_said(words.changed, found),
        both=_said(words.both, found),
        rules=tuple(_pair(one.rule, one.raised, one.replayed) for one in found.rules),
        week_found=_weeks_found(found, words),
        hour_found=_hours_found(found, words),
        by_week=pair_lines(mondays, weeks[0], weeks[1], names, "pw"),
        weeks=tuple(map(_pair, mondays, weeks[0], weeks[1])),
        by_hour=hour_bars(was.hours, would.hours, "ph"),
        hours=tuple(
            _pair(f"{hour}:00", *pair)
            for hour, pair in enumerate(zip(was.hours, would.hours, strict=True))
        ),
        lost=_lost(found, opens=desk.staff.may(Permission.TRIAGE)),
        in_doubt=found.in_doubt,
        quiet=words.quiet.format(
            opened=found.opened, **{why.value: count for why, count in found.held.items()}
        ),
        limits=tuple(_limit(limit, found, words) for limit in found.limits),
    )


def _heading(found: Replay, title: str, words: SimpleNamespace) -> str:
    was, would, acted = found.raised.alerts, found.replayed.alerts, found.sensitivity
    text: str = words.same if was == would else words.more if would > was else words.fewer
    load = text.format(pack=title, was=was, would=would)
    said: str = words.missed if acted.whole else words.missed_none_acted
    return said.format(load=load, missed=acted.whole - acted.part, acted=acted.whole)


def _lead(found: Replay, frame: StaffFrame, language: str, words: SimpleNamespace) -> str:
    text: str = words.lead
    return text.format(
        count=found.surveys,
        first=local_date(found.period.since, frame.zone, language, year=True),
        last=local_date(found.period.until, frame.zone, language, year=True),
        pack=found.pack.key,
        version=found.pack.version,
    )


def _facts(found: Replay, words: SimpleNamespace) -> tuple[Fact, ...]:
    was, would = found.raised, found.replayed
    minutes = f"{found.minutes_per_alert:g}"
    acted = found.sensitivity
    note = _out_of(acted, words) if acted.whole else words.none_acted
    return (
        _fact(words.per_week, was.per_week, would.per_week, words),
        _fact(words.per_100, was.per_100, would.per_100, words),
        _fact(
            words.hours_per_week.format(minutes=minutes),
            was.hours_per_week,
            would.hours_per_week,
            words,
        ),
        Fact(words.sensitivity, percent(acted), note, warn=acted.part < acted.whole),
    )


def _fact(label: str, was: float, would: float, words: SimpleNamespace) -> Fact:
    return Fact(label, _one_place(would), f"{words.as_it_was}: {_one_place(was)}")


def _one_place(value: float) -> str:
    return f"{value:.1f}"


def _load(found: Replay, words: SimpleNamespace, rules: SimpleNamespace) -> list[PairRow]:
    was, would = found.raised, found.replayed
    minutes = f"{found.minutes_per_alert:g}"

    def row(label: str, of: float, to: float) -> PairRow:
        return PairRow(label, _one_place(of), _one_place(to))

    return [
        _pair(words.alerts, was.alerts, would.alerts),
        *(_level(level, was, would, rules) for level in _WORST_FIRST),
        row(words.per_week, was.per_week, would.per_week),
        row(words.per_100, was.per_100, would.per_100),
        PairRow(words.alerting, _whole(was.surveys, words), _whole(would.surveys, words)),
        row(words.hours_per_week.format(minutes=minutes), was.hours_per_week, would.hours_per_week),
    ]


def _level(level: Level, was: Load, would: Load, rules: SimpleNamespace) -> PairRow:
    return _pair(str(getattr(rules, f"level_{level}")), was.levels[level], would.levels[level])


def _said(text: str, found: Replay) -> str:
    return text.format(
        kept=found.kept,
        higher=found.higher,
        lower=found.lower,
        gained=found.gained,
        lost=found.lost,
    )


def _weeks_found(found: Replay, words: SimpleNamespace) -> str:
    was, would = _one_place(found.raised.per_week), _one_place(found.replayed.per_week)
    text: str = words.by_week_same if was == would else words.by_week_found
    return text.format(was=was, would=would)


def _hours_found(found: Replay, words: SimpleNamespace) -> str:
    hours = found.replayed.hours
    if not any(hours):
        return str(words.by_hour_none)
    most = hours.index(max(hours))
    text: str = words.by_hour_found
    return text.format(hour=most, next=(most + 1) % 24)


def _pair(label: str, was: int, would: int) -> PairRow:
    return PairRow(label, str(was), str(would))


def _whole(share: Share, words: SimpleNamespace) -> str:
    return _interval(share, words) if share.whole else "\N{EN DASH}"


def _out_of(share: Share, words: SimpleNamespace) -> str:
    """Beside the share itself: what it is counted from, and its interval."""
    low, high = round(100 * share.low), round(100 * share.high)
    text: str = words.out_of
    return text.format(part=share.part, whole=share.whole, low=low, high=high)


def _interval(share: Share, words: SimpleNamespace) -> str:
    low, high, value = (round(100 * each) for each in (share.low, share.high, share.value or 0))
    text: str = words.interval
    return text.format(share=value, low=low, high=high)


def _lost(found: Replay, *, opens: bool) -> tuple[LostRow, ...]:
    return tuple(
        LostRow(
            code=one.code,
            url=f"/alerts/{one.alert_id}" if opens else "",
            level=one.level,
            opened_at=one.opened_at,
            rules=", ".join(one.rules),
        )
        for one in found.lost_acted
    )


def _limit(limit: Limit, found: Replay, words: SimpleNamespace) -> str:
    text: str = getattr(words, f"limit_{limit}")
    return text.format(rules=", ".join(found.blind_rules), today=", ".join(found.as_today))
