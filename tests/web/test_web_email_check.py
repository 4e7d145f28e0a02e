"""An address is proven by the button behind a mailed link; until then nobody counts on it."""

import re

import pytest
from sqlalchemy import text

from rsm.db.work import Database
from rsm.escalation import published, rosters
from rsm.escalation.policies import default_text, load_policy
from rsm.flow import email_check
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.security import staff
from rsm.security.tables import StaffAccount
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from rsm.sites.rota.readiness import UnreadyReason
from tests.clinic import build_clinic
from tests.flow.mailpost import STAFF_MAIL, MailPost
from tests.web_desk import BASE, at_desk, browser, submit

DANA = "dana@lakeside.example.org"


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> MailPost:
    """The site tells whoever is on duty by e-mail alone."""
    post = MailPost(build_clinic(web_db), worker_db, clock)
    body = default_text().replace('how = ["sms", "voice"]', 'how = ["sms"]')
    body = body.replace('how = ["sms"]', 'how = ["email"]')
    body = body.replace('key = "default"', 'key = "by-mail"')
    with post.clinic.begin() as tx:
        pin = published.publish(tx, load_policy(body, "by-mail.toml"), body)
        agreed = as_agreed(sites.get(tx, post.clinic.site))
        sites.update_site(tx, post.clinic.site, agreed.model_copy(update={"policy": pin}))
    return post


def ask(post: MailPost) -> bool:
    with post.clinic.begin(post.clinic.administrator) as tx:
        return email_check.ask(tx, post.clinic.site, post.clinic.nurse)


def link(post: MailPost) -> str:
    """The way to the page, from the last mail."""
    post.deliver()
    found = re.search(rf"{BASE}(/login/email/\S+)", post.mail.received[-1].text)
    assert found is not None
    return found[1]


def is_verified(post: MailPost) -> bool:
    with post.clinic.begin() as tx:
        return staff.get(tx, post.clinic.nurse).email_verified


def unready(post: MailPost) -> dict[object, tuple[UnreadyReason, ...]]:
    with post.clinic.begin() as tx:
        return {each.staff_id: each.reasons for each in rosters.not_ready(tx, post.clinic.site)}


def test_the_button_behind_the_link_proves_the_address_and_she_is_ready(post: MailPost) -> None:
    assert unready(post)[post.clinic.nurse] == (UnreadyReason.UNVERIFIED,)
    assert ask(post)
    page = link(post)
    (mail,) = post.mail.received
    assert (mail.to, mail.headers["From"]) == (DANA, f"Lakeside <{STAFF_MAIL}>")
    with browser(post.clinic) as client:
        shown = client.get(page)
        assert (shown.status_code, DANA in shown.text) == (200, True)
        assert not is_verified(post)  # a scanner that follows the link proves nothing
        assert client.post(page).status_code == 200
        assert client.post(page).status_code == 200  # twice is as once
    assert is_verified(post)
    assert post.clinic.nurse not in unready(post)


def test_the_link_stands_nowhere_but_in_the_mail(post: MailPost) -> None:
    ask(post)
    token = link(post).rsplit("/", 1)[-1]
    with post.clinic.begin() as tx:
        kept = tx.session.scalars(text("SELECT CAST(fields AS text) FROM message")).all()
    assert not any(token in str(row) for row in kept)


@pytest.mark.parametrize("wrong", ["late", "forged", "moved", "disabled"])
def test_a_link_that_is_not_good_proves_nothing(post: MailPost, wrong: str) -> None:
    ask(post)
    page = link(post)
    if wrong == "late":
        post.later(days=3)
    elif wrong == "forged":
        page = page[:-6] + ("AAAA==" if not page.endswith("AAAA==") else "BBBB==")
    else:
        with post.clinic.begin() as tx:
            if wrong == "disabled":
                staff.disable(tx, post.clinic.nurse)
            else:
                staff.locked(tx, post.clinic.nurse).email = "dana.reyes@example.org"
    with browser(post.clinic) as client:
        assert client.get(page).status_code == 410
        assert client.post(page).status_code == 410
    assert not is_verified(post)


def test_another_address_is_unproven(post: MailPost) -> None:
    with post.clinic.begin() as tx:
        staff.verify_email(tx, post.clinic.nurse)
    with post.clinic.begin() as tx:
        account: StaffAccount = staff.locked(tx, post.clinic.nurse)
        account.email = DANA
        assert account.email_verified_at is not None
        account.email = "dana.reyes@example.org"
    assert not is_verified(post)


def test_it_is_asked_once_an_hour(post: MailPost) -> None:
    assert [ask(post), ask(post)] == [True, False]
    post.later(hours=1)
    assert ask(post)


def test_a_lost_mail_says_nothing_about_an_address_that_was_proven_since(post: MailPost) -> None:
    post.alert(climbing=True)
    lost = "UPDATE message SET state = 'failed', next_at = NULL"
    with post.clinic.begin() as tx:
        tx.session.execute(text(lost))
    assert UnreadyReason.UNREACHABLE in unready(post)[post.clinic.nurse]
    post.later(minutes=1)
    with post.clinic.begin() as tx:
        staff.verify_email(tx, post.clinic.nurse)
    assert post.clinic.nurse not in unready(post)


def test_an_administrator_sends_it_from_the_page_of_the_account(
    post: MailPost, clock: VirtualClock
) -> None:
    page = f"/admin/staff/{post.clinic.nurse}"
    with at_desk(post.clinic, clock, post.clinic.administrator) as client:
        assert "Nobody knows yet whether e-mails reach Dana Reyes" in client.get(page).text
        sent = submit(client, page, f"{page}/check-email")
        assert (sent.status_code, "on its way" in sent.text) == (200, True)
        again = submit(client, page, f"{page}/check-email")
        assert "within this hour" in again.text
        with browser(post.clinic) as visitor:
            visitor.post(link(post))
        assert "E-mails reach Dana Reyes at this address." in client.get(page).text


def test_a_site_that_writes_no_e_mails_to_its_staff_offers_no_check(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    post = MailPost(build_clinic(web_db), worker_db, clock, addresses=False)
    page = f"/admin/staff/{post.clinic.nurse}"
    with at_desk(post.clinic, clock, post.clinic.administrator) as client:
        assert "check-email" not in client.get(page).text
        assert submit(client, page, f"{page}/check-email").status_code == 409
    with pytest.raises(Conflict):
        ask(post)
