"""Going live as a page: the stage, the checklist as it stands, who was trained, the signature."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow import go_live
from rsm.improvement import service, signing
from rsm.improvement.decide import is_read
from rsm.improvement.live_model import (
    CheckKind,
    Checklist,
    Extent,
    Item,
    Known,
    Line,
    Signature,
    Stage,
)
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, Problem
from rsm.kernel.words import Channel
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.improvement_words import Words, language_called, links, read_day
from rsm.web.views.common import Field, Link, PostButton
from rsm.web.views.improvement import CheckLine, GoLiveView, SignForm

router = APIRouter(prefix="/sites/{site_id}/go-live")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Signing = Annotated[Desk, Needs(Permission.SIGN_GO_LIVE)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]
_READ = {
    Line.THRESHOLDS: CheckKind.THRESHOLDS,
    Line.TEXTS: CheckKind.TEXTS,
    Line.SAFETY_CONTACT: CheckKind.SAFETY_CONTACT,
}
# Where to read, and what leads there.
_WHERE = {
    Line.ROSTER: ("see_roster", "roster"),
    Line.THRESHOLDS: ("see_rules", "rules"),
    Line.TEXTS: ("see_texts", "texts"),
}
_CHANNELS = frozenset(channel.value for channel in Channel)


@router.get("")
def show_go_live(desk: AtDesk) -> HTMLResponse:
    """How far the clinic has come, and what is open."""
    return _page(desk)


@router.post("/trained", response_model=None)
def record_training(desk: Managing, values: Typed) -> HTMLResponse | RedirectResponse:
    """Somebody was trained."""
    on, name, topic = (values.get(one, "") for one in ("on", "name", "topic"))
    day = read_day(on)
    if day is None:
        return _page(desk, [Problem("on", "is no day")], values)
    try:
        with desk.tx.savepoint():
            signing.trained(desk.tx, desk.staff.site_id, name, topic, day)
    except Invalid as error:
        return _page(desk, error.problems, values)
    return see(_address(desk))


@router.post("/read", response_model=None)
def confirm(desk: AtDesk, values: Typed) -> HTMLResponse | RedirectResponse:
    """She has read, or tried, what stands there: by whoever prepares it, or whoever signs."""
    if not (_manages(desk) or desk.staff.may(Permission.SIGN_GO_LIVE)):
        raise NotAllowed("whoever prepares it, or signs it, reads it")
    kind, subject, seen = (values.get(one, "") for one in ("kind", "subject", "seen"))
    if kind not in {one.value for one in CheckKind}:
        return _page(desk, [Problem("changed", "")])
    try:
        go_live.confirm(desk.tx, desk.staff.site_id, CheckKind(kind), subject, seen)
    except (Invalid, Conflict):
        return _page(desk, [Problem("changed", "")])
    return see(_address(desk))


@router.post("/sign", response_model=None)
def sign(desk: Signing, values: Typed) -> HTMLResponse | RedirectResponse:
    """An accountable clinician signs what she was shown."""
    extent, site_id = values.get("extent", ""), desk.staff.site_id
    if extent not in {one.value for one in Extent}:
        return _page(desk, [Problem("extent", "choose one from the list")])
    seen, words = values.get(f"seen_{extent}", ""), values.get("words", "")
    try:
        with desk.tx.savepoint():
            go_live.sign(desk.tx, site_id, Extent(extent), words, seen)
    except Invalid as error:
        return _page(desk, error.problems)
    except Conflict:
        return _page(desk, [Problem("changed", "")])
    return see(_address(desk))


# -------------------------------------------------------------------------------------------


def _page(
    desk: Desk, problems: Sequence[Problem] = (), train: Mapping[str, str] | None = None
) -> HTMLResponse:
    words, site_id = Words(desk, "going_live"), desk.staff.site_id
    found, stage = go_live.standing_of(desk.tx, site_id), service.stage(desk.tx, site_id)
    signed = signing.signatures(desk.tx, site_id)
    form, why_not = _sign_form(desk, words, found)
    lead = "lead_was_live" if stage is Stage.LIVE and not signed else f"lead_{stage}"
    view = GoLiveView(
        frame=staff_frame(desk, f"/sites/{site_id}"),
        links=links(desk, "live"),
        stage=words.say(f"stage_{stage}"),
        lead=words.say(lead),
        lines=tuple(_line(desk, words, item) for item in found.items),
        trained=tuple(
            words.say("trained_line", day=words.day(one.on), name=one.name, topic=one.topic)
            for one in signing.trainings(desk.tx, site_id)
        ),
        train_action=f"{_address(desk)}/trained" if _manages(desk) else "",
        train={name: (train or {}).get(name, "") for name in ("name", "topic", "on")},
        signatures=tuple(signature_line(words, one) for one in signed),
        sign=form,
        is_live=stage is Stage.LIVE,
        why_not=why_not,
        problems=_said(words, problems),
    )
    return html("staff/go_live.html", view, words.language, 422 if problems else 200)


def _said(words: Words, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """A line that is open is named; everything else is said at its field."""
    lines = {line.value for line in Line}
    open_ = [
        Problem("", words.say("wrong_line", line=words.say(f"line_{one.where}")))
        for one in problems
        if one.where in lines
    ]
    return (*open_, *words.said(one for one in problems if one.where not in lines))


def _sign_form(desk: Desk, words: Words, found: Checklist) -> tuple[SignForm | None, str]:
    """The form, or why there is none."""
    site_id = desk.staff.site_id
    if sites.get(desk.tx, site_id).is_live:
        return None, ""
    if not desk.staff.may(Permission.SIGN_GO_LIVE):
        return None, words.say("sign_not_you")
    if not found.is_ready:
        return None, words.say("sign_not_ready")
    seen = {one: go_live.fingerprint(desk.tx, site_id, one) for one in Extent}
    hidden = tuple(Field(f"seen_{one}", seen[one]) for one in Extent)
    extents = words.choices("extent", [one.value for one in Extent])
    return SignForm(f"{_address(desk)}/sign", extents, hidden), ""


def signature_line(words: Words, one: Signature) -> str:
    """A signature in words, with the remark that was made."""
    said = words.say(
        "signed", name=one.name, day=words.day(one.at), extent=words.say(f"extent_{one.extent}")
    )
    return f"{said}. {one.words}".strip()


def _line(desk: Desk, words: Words, item: Item) -> CheckLine:
    may = _manages(desk) or desk.staff.may(Permission.SIGN_GO_LIVE)
    reads = _reads(desk, words, item) if may and not item.holds else ()
    where = _WHERE.get(item.line)
    sees = where is not None and (item.line is Line.THRESHOLDS or _manages(desk))
    address = f"/sites/{desk.staff.site_id}/{where[1]}" if where else ""
    return CheckLine(
        name=words.say(f"line_{item.line}"),
        asks=words.say(f"asks_{item.line}"),
        holds=item.holds,
        known=tuple(_known(words, item.line, one) for one in item.known),
        missing=tuple(_in_words(words, item.line, one) for one in item.missing)
        or _empty(words, item),
        links=(Link(words.say(where[0]), address),) if where and sees else (),
        reads=reads,
    )


def _manages(desk: Desk) -> bool:
    return desk.staff.may(Permission.MANAGE_SITE)


def _empty(words: Words, item: Item) -> tuple[str, ...]:
    """A line that is open without naming anything."""
    said = {
        Line.TRAINED: "nobody_trained",
        Line.ROSTER: "nobody_rostered",
        Line.CHANNELS: "no_channel",
    }
    key = said.get(item.line)
    return (words.say(key),) if key and not item.holds else ()


def _known(words: Words, line: Line, one: Known) -> str:
    """What it rests on, with its day as the house writes days."""
    day = words.day(one.on) if one.on is not None else ""
    return ", ".join(part for part in (_in_words(words, line, one.what), one.by, day) if part)


def _in_words(words: Words, line: Line, text: str) -> str:
    if line is Line.CHANNELS and text in _CHANNELS:
        return words.say(f"channel_{text}")
    return language_called(text) if line is Line.TEXTS else text


def _reads(desk: Desk, words: Words, item: Item) -> tuple[PostButton, ...]:
    """A button for each of what is to be read, that is not read as it stands now."""
    kind = _READ.get(item.line)
    if kind is None:
        return ()
    known = signing.checks(desk.tx, desk.staff.site_id)
    due = [
        (subject, now)
        for (each, subject), now in go_live.readable(desk.tx, desk.staff.site_id).items()
        if each is kind and not is_read(known.get((each, subject)), now)
    ]
    return tuple(
        PostButton(
            words.say(f"read_{kind}", what=_in_words(words, item.line, now.label)),
            f"{_address(desk)}/read",
            (Field("kind", kind.value), Field("subject", subject), Field("seen", now.seen)),
        )
        for subject, now in due
    )


def _address(desk: Desk) -> str:
    return f"/sites/{desk.staff.site_id}/go-live"
