"""View models of the demo's phones (`staff/phones.html`): nothing here leaves the machine."""

from dataclasses import dataclass
from datetime import datetime

from rsm.web.views.common import Choice, PostButton
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class TextPiece:
    """A run of a text's words; with `url` it can be clicked."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class PhoneMessage:
    """One message of a thread; `mine` when the phone's owner sent it; `state` as delivered."""

    pieces: tuple[TextPiece, ...]
    at: datetime
    mine: bool = False
    state: str = ""
    new_day: str = ""


@dataclass(frozen=True)
class MailPreview:
    """One e-mail of a mailbox: its subject, and the paragraphs of its text part."""

    subject: str
    paragraphs: tuple[tuple[TextPiece, ...], ...]
    at: datetime


@dataclass(frozen=True)
class Phone:
    """One phone: the owner, the number (E.164), the thread. `ringing`: a call or unread text.

    The form posts `body` and `number` to `reply_action`; `call_buttons` answer a call. `mails` lie
    in the owner's mailbox, `address`; without a number there is nothing but the mailbox.
    """

    owner: str
    number: str
    note: str
    messages: tuple[PhoneMessage, ...]
    reply_action: str
    unread: int = 0
    ringing: bool = False
    ringing_words: str = ""
    call_buttons: tuple[PostButton, ...] = ()
    address: str = ""
    mails: tuple[MailPreview, ...] = ()


@dataclass(frozen=True)
class SignInCode:
    """How to sign in as somebody: `code` is what her authenticator app shows now."""

    name: str
    job: str
    site: str
    email: str
    code: str


@dataclass(frozen=True)
class PhonesView:
    """`staff/phones.html`: patients' and nurses' phones; the demo's clock and provider.

    `fragment_url` and `version_url` as on the worklist. `moods` are how the provider behaves;
    posts `mood` to `mood_action`. `ask_action` takes a `number`, whose patient is asked now.
    With `codes` the page shows these instead of phones: how to sign in, all by one `password`.
    """

    frame: StaffFrame
    patients: tuple[Phone, ...]
    nurses: tuple[Phone, ...]
    version: int
    version_url: str
    fragment_url: str
    buttons: tuple[PostButton, ...] = ()
    moods: tuple[Choice, ...] = ()
    mood: str = ""
    mood_action: str = ""
    hint: str = ""
    ask_action: str = ""
    password: str = ""
    codes: tuple[SignInCode, ...] = ()


def link_pieces(text: str) -> tuple[TextPiece, ...]:
    """The words of a text, with its http(s) addresses as links."""
    pieces: list[TextPiece] = []
    plain: list[str] = []
    for index, word in enumerate(text.split(" ")):
        space = " " if index else ""
        if word.startswith(("http://", "https://")):
            address = word.rstrip(".,;")
            pieces.append(TextPiece("".join((*plain, space))))
            pieces.append(TextPiece(address, address))
            plain = [word[len(address) :]]
        else:
            plain.append(space + word)
    pieces.append(TextPiece("".join(plain)))
    return tuple(piece for piece in pieces if piece.text)
