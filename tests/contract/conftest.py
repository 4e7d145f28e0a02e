"""A sandbox for each module, emptied for each test, and an application that it calls back."""

from collections.abc import Iterator
from threading import Thread

import pytest

from integrations.twilio.sandbox.control import RunningSandbox, running_sandbox
from tests.contract.sandboxes import CREDENTIALS, Application


@pytest.fixture(scope="module")
def process() -> Iterator[RunningSandbox]:
    with running_sandbox(manual_callbacks=True, auth_token=CREDENTIALS) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(process: RunningSandbox) -> RunningSandbox:
    process.control.reset()
    return process


@pytest.fixture
def application() -> Iterator[Application]:
    application = Application()
    thread = Thread(target=application.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield application
    application.server.shutdown()
    application.server.server_close()
    thread.join()
