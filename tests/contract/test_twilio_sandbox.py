"""The sandbox speaks as Twilio does: shapes, codes, signatures, phones, life after a restart."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from integrations.twilio.faults import CallbackFault, CreateFault
from integrations.twilio.hooks import SignatureCheck, inbound_text, status_callback
from integrations.twilio.sandbox.control import PastMessage, RunningSandbox, running_sandbox
from rsm.messaging.model import MessageState
from tests.contract.sandboxes import Application

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 10, 19, 13, 0, tzinfo=UTC)
CLINIC, PATIENT, OTHER = "+12025550140", "+12025550112", "+12025550117"

# As Twilio's published OpenAPI names them.
RESOURCE_KEYS = {
    "account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction",
    "error_code", "error_message", "from", "messaging_service_sid", "num_media", "num_segments",
    "price", "price_unit", "sid", "status", "subresource_uris", "to", "uri",
}  # fmt: skip
LIST_KEYS = {
    "end", "first_page_uri", "messages", "next_page_uri", "page", "page_size",
    "previous_page_uri", "start", "uri",
}  # fmt: skip


@pytest.fixture(name="sandbox")
def an_empty_sandbox(process: RunningSandbox, application: Application) -> RunningSandbox:
    process.control.reset()
    process.control.set_keywords(True)
    process.control.set_inbound_url(f"{application.url}/hooks/twilio/sms?site=1")
    process.control.set_clock(NOW)
    return process


@pytest.fixture(name="call")
def a_call(sandbox: RunningSandbox) -> Iterator[Callable[..., requests.Response]]:
    with requests.Session() as session:
        session.trust_env = False

        def call(method: str, path: str, **form: str) -> requests.Response:
            where = path if path.startswith("/2010") else messages(sandbox, path)
            login = (sandbox.account_sid, sandbox.auth_token)
            return session.request(method, sandbox.url + where, data=form or None, auth=login)

        yield call


def messages(sandbox: RunningSandbox, rest: str = ".json") -> str:
    return f"/2010-04-01/Accounts/{sandbox.account_sid}/Messages{rest}"


Call = Callable[..., requests.Response]


def create(call: Call, body: str = "Hello", to: str = PATIENT, **more: str) -> str:
    answer = call("POST", ".json", To=to, From=CLINIC, Body=body, **more)
    assert answer.status_code == 201
    return str(answer.json()["sid"])


def create_at(sandbox: RunningSandbox, application: Application) -> None:
    form = {"To": PATIENT, "From": CLINIC, "Body": "Hello"}
    form["StatusCallback"] = f"{application.url}/status"
    login = (sandbox.account_sid, sandbox.auth_token)
    ask("POST", sandbox.url + messages(sandbox), data=form, auth=login).raise_for_status()


def ask(
    method: str,
    url: str,
    *,
    data: dict[str, str] | str | None = None,
    auth: tuple[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> requests.Response:
    """A bare request, as from any other program."""
    return requests.request(method, url, data=data, auth=auth, headers=headers, timeout=30)


def test_a_created_message_has_twilios_shape(call: Call) -> None:
    answer = call("POST", ".json", To=PATIENT, From=CLINIC, Body="Hello")
    shown = answer.json()
    assert answer.status_code == 201
    assert set(shown) == RESOURCE_KEYS
    assert shown["status"] == "queued"
    assert shown["direction"] == "outbound-api"
    assert shown["date_created"] == "Mon, 19 Oct 2026 13:00:00 +0000"
    assert shown["num_segments"] == "1"
    assert shown["sid"].startswith("SM")
    assert len(shown["sid"]) == 34
    assert call("GET", shown["uri"]).json() == shown


def test_the_list_is_paged_and_filtered(call: Call) -> None:
    sids = [create(call, str(number)) for number in range(5)]
    create(call, "to another", to=OTHER)
    page = call("GET", f".json?To={PATIENT.replace('+', '%2B')}&PageSize=2").json()
    assert set(page) == LIST_KEYS
    seen = [message["sid"] for message in page["messages"]]
    while page["next_page_uri"]:
        page = call("GET", page["next_page_uri"]).json()
        seen += [message["sid"] for message in page["messages"]]
    assert seen == sids[::-1]


def test_the_list_by_time_of_sending_hides_what_is_still_queued(
    call: Call, sandbox: RunningSandbox
) -> None:
    sent = create(call)
    sandbox.control.flush_callbacks()
    create(call)
    for query, found in [
        ("DateSent%3E=2026-10-19", [sent]),
        ("DateSent%3C=2026-10-19", []),
        ("DateSent=2026-10-19", [sent]),
        ("DateSent=2026-10-18", []),
    ]:
        shown = call("GET", f".json?{query}").json()["messages"]
        assert [message["sid"] for message in shown] == found


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "555"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "+1"}, 21212),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"StatusCallback": "somewhere"}, 21609),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"MessagingServiceSid": "MG1"}, 21701),
    ],
)
def test_a_bad_create_is_refused_with_twilios_code(
    call: Call, change: dict[str, str], code: int
) -> None:
    answer = call("POST", ".json", **{"To": PATIENT, "From": CLINIC, "Body": "Hello"} | change)
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message", "more_info", "status"}
    assert (answer.json()["code"], answer.json()["status"]) == (code, 400)


def test_nobody_gets_in_without_the_credentials(sandbox: RunningSandbox) -> None:
    for login in [None, (sandbox.account_sid, "wrong"), ("", "")]:
        answer = ask("POST", sandbox.url + messages(sandbox), auth=login)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_what_is_not_there_is_not_found(call: Call) -> None:
    answer = call("GET", "/SM" + "0" * 32 + ".json")
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


def test_only_this_machines_names_are_answered(sandbox: RunningSandbox) -> None:
    answer = ask("GET", f"{sandbox.url}/phones", headers={"Host": "evil.example.org"})
    assert answer.status_code == 400


def test_a_web_page_cannot_command_the_desk(sandbox: RunningSandbox) -> None:
    answer = ask("POST", f"{sandbox.url}/faults", data='{"create": "500"}')
    assert answer.status_code == 400
    assert ask("GET", f"{sandbox.url}/faults").json()["create"] == []


def test_status_callbacks_are_signed_for_the_address_with_its_query(
    call: Call, sandbox: RunningSandbox, application: Application
) -> None:
    url = f"{application.url}/hooks/twilio/status?key=1&lane=survey"
    sid = create(call, StatusCallback=f"{url}#rc=5")
    sandbox.control.flush_callbacks()
    assert application.statuses() == ["queued", "sent", "delivered"]
    check = SignatureCheck(sandbox.auth_token, application.url)
    for path, form, signature in application.posts:
        assert path == "/hooks/twilio/status?key=1&lane=survey"
        assert check.valid(path, form, signature)
        assert not check.valid(path + "1", form, signature)
        assert not check.valid(path, form | {"MessageStatus": "failed"}, signature)
        assert status_callback(form).provider_id == sid
    assert status_callback(application.posts[-1][1]).state is MessageState.DELIVERED


def test_a_callback_that_fails_is_repeated(
    call: Call, sandbox: RunningSandbox, application: Application
) -> None:
    application.answers = [(500, ""), (503, "")]
    create(call, StatusCallback=f"{application.url}/status")
    sent = sandbox.control.flush_callbacks()
    assert application.statuses() == ["queued", "queued", "queued", "sent", "delivered"]
    assert [callback.answered for callback in sent] == [204, 204, 204]


def test_a_refused_callback_is_not_repeated(
    call: Call, sandbox: RunningSandbox, application: Application
) -> None:
    application.answers = [(403, "")]
    create(call, StatusCallback=f"{application.url}/status")
    assert [callback.answered for callback in sandbox.control.flush_callbacks()] == [403, 204, 204]


def test_late_callbacks_wait_even_in_automatic_mode(application: Application) -> None:
    with running_sandbox() as sandbox:
        sandbox.control.callback_fault(CallbackFault.LATE)
        create_at(sandbox, application)
        assert sandbox.control.callbacks() == ()
        sandbox.control.clear_faults()
        sandbox.control.flush_callbacks()
    assert application.statuses() == ["queued", "sent", "delivered"]


def test_automatic_callbacks_come_by_themselves(application: Application) -> None:
    with running_sandbox() as sandbox:
        create_at(sandbox, application)
        sandbox.control.flush_callbacks()  # waits for those under way
    assert application.statuses() == ["queued", "sent", "delivered"]


def test_a_text_arrives_signed_and_the_reply_lands_on_the_phone(
    sandbox: RunningSandbox, application: Application
) -> None:
    reply = "<Response><Message>Thank you &amp; rest well.</Message></Response>"
    application.answers = [(200, reply)]
    texted = sandbox.control.text(PATIENT, "3 lots since friday", CLINIC)
    path, form, signature = application.posts[0]
    assert SignatureCheck(sandbox.auth_token, application.url).valid(path, form, signature)
    text = inbound_text(form)
    assert (text.sender, text.to, text.body) == (PATIENT, CLINIC, "3 lots since friday")
    assert (text.provider_id, text.opt_out) == (texted.sid, None)
    thread = sandbox.control.thread(PATIENT).messages
    assert [(message.inbound, message.body) for message in thread] == [
        (True, "3 lots since friday"),
        (False, "Thank you & rest well."),
    ]


def test_a_phone_answers_whoever_wrote_last(
    call: Call, sandbox: RunningSandbox, application: Application
) -> None:
    create(call)
    sandbox.control.text(PATIENT, "will do")
    assert inbound_text(application.posts[0][1]).to == CLINIC


def test_a_doubled_text_has_the_same_id_twice(
    sandbox: RunningSandbox, application: Application
) -> None:
    sandbox.control.callback_fault(CallbackFault.DOUBLE)
    sid = sandbox.control.text(PATIENT, "2", CLINIC).sid
    assert [inbound_text(form).provider_id for _, form, _ in application.posts] == [sid, sid]


def test_stop_is_obeyed_told_and_silences_replies(
    call: Call, sandbox: RunningSandbox, application: Application
) -> None:
    application.answers = [(200, "<Response><Message>Stopped.</Message></Response>")]
    sandbox.control.text(PATIENT, "Stop", CLINIC)
    assert application.posts[0][1]["OptOutType"] == "STOP"
    assert sandbox.control.thread(PATIENT).opted_out == (CLINIC,)
    assert "Stopped." not in [m.body for m in sandbox.control.thread(PATIENT).messages]
    refused = call("POST", ".json", To=PATIENT, From=CLINIC, Body="Hello")
    assert refused.json()["code"] == 21610
    sandbox.control.text(PATIENT, "start", CLINIC)
    assert application.posts[1][1]["OptOutType"] == "START"
    create(call)


def test_keyword_handling_can_be_turned_off(
    call: Call, sandbox: RunningSandbox, application: Application
) -> None:
    sandbox.control.set_keywords(False)
    sandbox.control.text(PATIENT, "STOP", CLINIC)
    assert "OptOutType" not in application.posts[0][1]
    create(call)


def test_the_log_names_every_create_in_order_with_its_callback(
    call: Call, sandbox: RunningSandbox
) -> None:
    sandbox.control.fault(CreateFault.SERVER_ERROR)
    call("POST", ".json", To=PATIENT, From=CLINIC, Body="lost")
    create(call, "first", StatusCallback="http://127.0.0.1:9/?key=1")
    create(call, "second", StatusCallback="http://127.0.0.1:9/?key=2")
    urls = [message.callback_url for message in sandbox.control.log()]
    assert urls == ["http://127.0.0.1:9/?key=1", "http://127.0.0.1:9/?key=2"]
    assert [message.body for message in sandbox.control.log(after=1)] == ["second"]


def test_history_is_filled_in_without_callbacks(
    sandbox: RunningSandbox, application: Application
) -> None:
    past = [
        PastMessage(CLINIC, PATIENT, "Your check-in is ready.", NOW - timedelta(days=7)),
        PastMessage(PATIENT, CLINIC, "done", NOW - timedelta(days=7, minutes=-9), inbound=True),
    ]
    assert sandbox.control.seed(past) == 2
    assert sandbox.control.flush_callbacks() == ()
    assert application.posts == []
    assert sandbox.control.log() == ()
    (phone,) = sandbox.control.phones()
    assert [(m.inbound, m.status) for m in phone.messages] == [
        (False, "delivered"),
        (True, "received"),
    ]
    assert [m.body for m in sandbox.control.phones(last=1)[0].messages] == ["done"]


def test_a_restart_keeps_phones_opt_outs_and_messages_under_way(
    tmp_path: Path, application: Application
) -> None:
    state = tmp_path / "sandbox.jsonl"
    with running_sandbox(state_file=state, manual_callbacks=True) as sandbox:
        create_at(sandbox, application)
        sandbox.control.text(OTHER, "STOP", CLINIC)
        before = sandbox.control.phones()
    with state.open("a") as file:
        file.write('{"kind": "mess')  # a crash in the middle of a line
    with running_sandbox(state_file=state, manual_callbacks=True) as sandbox:
        assert sandbox.control.phones() == before
        assert sandbox.control.thread(OTHER).opted_out == (CLINIC,)
        sandbox.control.flush_callbacks()
    assert application.statuses() == ["queued", "sent", "delivered"]
    assert state.stat().st_mode & 0o077 == 0


def test_credentials_that_are_no_base64_are_refused(sandbox: RunningSandbox) -> None:
    header = {"Authorization": "Basic x"}
    answer = ask("GET", sandbox.url + messages(sandbox), headers=header)
    assert answer.status_code == 401


def test_a_sandbox_ends_with_its_owner() -> None:
    command = [sys.executable, "-m", "integrations.twilio.sandbox", "--exit-with-stdin"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().startswith("READY ")
        process.stdin.close()  # as the system does when the owner is killed
        assert process.wait(30) == 0
