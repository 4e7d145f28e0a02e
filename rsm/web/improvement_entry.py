"""One entry of the journal as a page: its wordings, its form, a measure before and after it."""

from collections.abc import Sequence

from fastapi.responses import HTMLResponse

from rsm.improvement import comparing, lists, service
from rsm.improvement.comparing import WEEKS, Question
from rsm.improvement.decide import no_difference, windows
from rsm.improvement.lists import TagList
from rsm.improvement.model import Comparison, Entry, EntryKind, Share
from rsm.kernel.errors import Problem
from rsm.metrics.model import Days
from rsm.security.model import Permission
from rsm.web import measure_words
from rsm.web.auth import Desk
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.improvement_words import Words, names
from rsm.web.views.common import Choice, Field, Link, PostButton
from rsm.web.views.improvement import (
    ComparedView,
    EntryForm,
    EntryLine,
    EntryValues,
    EntryView,
    SideRow,
    TagLines,
)

Asked = tuple[str, int]  # a measure, and how many weeks


def entry_page(
    desk: Desk,
    entry: Entry,
    asked: Asked,
    given: EntryValues | None = None,
    problems: Sequence[Problem] = (),
) -> HTMLResponse:
    """The entry's page. `given`: the form as it was typed, with what is wrong."""
    words, site_id = Words(desk, "improvement"), desk.staff.site_id
    address = f"/sites/{site_id}/journal"
    here, may = f"{address}/{entry.id}", desk.staff.may(Permission.MANAGE_SITE)
    said = words.said(problems)
    view = EntryView(
        frame=staff_frame(desk, f"/sites/{site_id}"),
        back=Link(words.say("back"), address),
        line=line_of(words, address, entry),
        history=_history(desk, words, entry),
        form=entry_form(words, here if may else "", given or _values(entry), said),
        measures=_measures(words.language),
        weeks=tuple(Choice(str(n), words.say("weeks_n", count=n)) for n in WEEKS),
        measure=asked[0],
        chosen_weeks=str(asked[1]),
        here=here,
        compared=_compared(desk, words, entry, asked),
        withdraw=_withdraw(words, here, entry) if may and not entry.is_noted else None,
        problems=said,
    )
    return html("staff/journal_entry.html", view, words.language, 422 if problems else 200)


def line_of(words: Words, address: str, entry: Entry) -> EntryLine:
    """An entry as one line of the journal."""
    return EntryLine(
        day=words.day(entry.on),
        kind=words.say(f"kind_{entry.kind}"),
        title=entry.title,
        url=f"{address}/{entry.id}",
        words=entry.words,
        tags=tuple(tag for tag in (entry.strategy, entry.barrier) if tag),
        shared=entry.shared,
        noted=entry.is_noted,
    )


def entry_form(
    words: Words, action: str, values: EntryValues, problems: tuple[Problem, ...] = ()
) -> EntryForm:
    """The form of an entry; without an action nobody may write here."""
    return EntryForm(
        action=action,
        kinds=words.choices("kind", [kind.value for kind in EntryKind]),
        values=values,
        strategies=_tags(lists.strategies()),
        barriers=_tags(lists.barriers()),
        button=words.say("save"),
        problems=problems,
    )


def _tags(known: TagList) -> TagLines:
    groups = tuple((group.name, group.tags) for group in known.groups)
    return TagLines(known.name, known.citation, groups)


def _values(entry: Entry) -> EntryValues:
    return EntryValues(
        on=entry.on.isoformat(),
        kind=entry.kind.value,
        title=entry.title,
        words=entry.words,
        strategy=entry.strategy,
        barrier=entry.barrier,
        shared="yes" if entry.shared else "",
        seen=str(entry.revision),
    )


def _history(desk: Desk, words: Words, entry: Entry) -> tuple[str, ...]:
    wordings = service.history(desk.tx, desk.staff.site_id, entry.id)
    known = names(desk.tx, (each.written_by for each in wordings))
    return tuple(
        f"{_written(words, each, known.get(each.written_by) if each.written_by else None)}:"
        f" {each.title}. {each.words}".strip()
        for each in wordings
    )


def _written(words: Words, entry: Entry, who: str | None) -> str:
    day = words.day(entry.written_at or words.now)
    return words.say("version", day=day, who=who or words.say("system"))


def _withdraw(words: Words, here: str, entry: Entry) -> PostButton:
    fields = (Field("seen", str(entry.revision)),)
    return PostButton(words.say("withdraw"), f"{here}/withdraw", fields)


def _measures(language: str) -> tuple[Choice, ...]:
    known = comparing.measures()
    return tuple(Choice(one.id, measure_words.words(one.id, language).title) for one in known)


# --- before and after -----------------------------------------------------------------------------


def _compared(desk: Desk, words: Words, entry: Entry, asked: Asked) -> ComparedView | None:
    measure, weeks = asked
    known = {one.id for one in comparing.measures()}
    if measure not in known or weeks not in WEEKS:
        return None
    question = Question(measure, weeks, words.language)
    found = comparing.before_after(desk.tx, desk.staff.site_id, entry, question)
    before, after = windows(entry.on, weeks)
    return ComparedView(
        finding=_finding(words, found),
        measure=measure_words.words(measure, words.language).title,
        rows=(
            _side(words, "before", before, found.before),
            _side(words, "after", after, found.after),
        ),
        change=_change(words, found),
        cautions=tuple(words.say(f"caution_{one}") for one in found.cautions),
        others=tuple(f"{words.day(one.on)}: {one.title}" for one in found.others),
        signals=_signals(words, found),
    )


def _side(words: Words, name: str, days: Days, share: Share) -> SideRow:
    value = share.value
    return SideRow(
        name=words.say(name),
        days=words.say("between", low=words.day(days.first), high=words.day(days.last)),
        counted=words.say("of", part=share.part, whole=share.whole),
        share=words.say("no_share") if value is None else words.percent(value),
        interval=""
        if value is None
        else words.say(
            "between",
            low=words.percent(share.interval.low),
            high=words.percent(share.interval.high),
        ),
    )


def _finding(words: Words, found: Comparison) -> str:
    before, after = found.before.value, found.after.value
    if found.change is None or before is None or after is None:
        return words.say("found_nothing")
    said = {"before": words.percent(before), "after": words.percent(after)}
    if no_difference(found.interval):
        return words.say("found_none", **said)
    return words.say("found_up" if found.change > 0 else "found_down", **said)


def _change(words: Words, found: Comparison) -> str:
    if found.change is None:
        return ""
    low, high = (f"{100 * each:+.0f}" for each in (found.interval.low, found.interval.high))
    return words.say("change", gap=f"{100 * found.change:+.0f}", low=low, high=high)


def _signals(words: Words, found: Comparison) -> tuple[str, ...]:
    return tuple(
        words.say(
            "signal",
            week=words.day(monday),
            names=", ".join(words.say(f"signal_{name}") for name in rules),
        )
        for monday, rules in sorted(found.signals.items())
    )
