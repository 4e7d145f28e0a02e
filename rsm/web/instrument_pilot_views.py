"""Pilots of a draft in words: those of exactly this text, those of earlier ones, and the form."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from rsm.instruments import pilots
from rsm.instruments.drafts import DraftView
from rsm.instruments.model import Instrument
from rsm.instruments.pilots import Pilot
from rsm.kernel.words import Channel
from rsm.security import staff
from rsm.security.model import StaffView
from rsm.web import instrument_views
from rsm.web.auth import Desk
from rsm.web.instrument_words import WAYS, InstrumentWords
from rsm.web.views.common import Choice
from rsm.web.views.instrument_editor import PilotLine, PilotsView
from rsm.web.when import local_date

CHANNELS = {"web": Channel.WEB, "text": Channel.SMS, "call": Channel.VOICE}
WAY_OF = {channel: way for way, channel in CHANNELS.items()}


def panel(
    desk: Desk, words: InstrumentWords, draft: DraftView, instrument: Instrument
) -> PilotsView:
    """The pilots of exactly this text, those of earlier ones, and the form of another."""
    known = pilots.of_draft(desk.tx, draft)
    now = [each for each in known if each.hash == instrument.pin.hash]
    ended = [each for each in now if each.ended_at]
    earlier = [each for each in known if each not in now]
    spoken = {each.asked.language for each in ended}
    lacking = [tag for tag in instrument.languages if tag not in spoken] if ended else []
    wanted = sorted(instrument.languages, key=lambda tag: (tag in spoken, tag != words.language))
    return PilotsView(
        action=f"{instrument_views.here(desk)}/drafts/{draft.id}/pilots",
        heading=words.count("pilot_of", len(ended), words.d) if ended else words.d.pilot_none,
        standing=words.count("pilot_of", len(ended), words.d) if ended else words.d.pilot_none_fine,
        lines=_lines(desk, words, now),
        lacking=words.d.pilot_not_in.format(languages=words.tongues(lacking)) if lacking else "",
        earlier_heading=words.count("pilot_earlier", len(earlier), words.d) if earlier else "",
        earlier=_lines(desk, words, earlier),
        languages=tuple(Choice(tag, words.tongue(tag)) for tag in wanted),
        ways=tuple(Choice(way, words.way(way)) for way in WAYS),
        people=tuple(_people(desk, words)),
    )


def _people(desk: Desk, words: InstrumentWords) -> list[Choice]:
    here = staff.many(desk.tx, list(staff.at_site(desk.tx, desk.staff.site_id)))
    others = [
        Choice(str(one.id), one.name)
        for one in sorted(here.values(), key=lambda one: one.name)
        if one.id != desk.staff.staff_id and not one.disabled
    ]
    me = Choice(str(desk.staff.staff_id), words.d.pilot_me)
    return [Choice("", words.d.pilot_reader), me, *others]


def _lines(desk: Desk, words: InstrumentWords, known: Sequence[Pilot]) -> tuple[PilotLine, ...]:
    asked = {each.asked.answers for each in known} - {None}
    names = staff.many(desk.tx, [who for who in asked if who])
    return tuple(_line(desk, words, each, names) for each in known)


def _line(
    desk: Desk, words: InstrumentWords, pilot: Pilot, names: dict[UUID, StaffView]
) -> PilotLine:
    asked, d = pilot.asked, words.d
    who = names[asked.answers].name if asked.answers in names else d.pilot_reader.lower()
    language, way = words.tongue(asked.language), words.way(WAY_OF[asked.channel]).lower()
    says = d.pilot_line.format(language=language, way=way, who=who)
    day = local_date(pilot.begun_at, instrument_views.zone(desk), words.language, year=True)
    told = d.pilot_unclear.format(words=pilot.unclear) if pilot.unclear else d.pilot_clear
    return PilotLine(
        says=says[:1].upper() + says[1:],
        took=f"{length(words, pilot.took)}, {day}",
        unclear=told if pilot.ended_at else "",
    )


def length(words: InstrumentWords, took: timedelta | None) -> str:
    """`3 minutes`, of what was not finished that it was not."""
    if took is None:
        return str(words.d.pilot_broken)
    minutes = round(took.total_seconds() / 60)
    return words.count("pilot_took", minutes, words.d) if minutes else str(words.d.pilot_took_less)
