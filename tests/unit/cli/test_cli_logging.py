"""What the log holds: JSON lines with ids and codes, and nothing of a person."""

import json
import logging
from uuid import UUID

from rsm.cli.logging_setup import JsonLines
from rsm.cli.run import run_up, run_web, run_worker
from rsm.kernel.words import Role

ID = UUID("018f0000-0000-7000-8000-000000000001")


def written(name: str, message: str, *values: object, **extra: object) -> dict[str, object]:
    logger = logging.getLogger(name)
    record = logger.makeRecord(
        name, logging.WARNING, __file__, 1, message, values, None, extra=extra
    )
    line: dict[str, object] = json.loads(JsonLines().format(record))
    return line


def test_a_record_is_a_line_of_json_with_its_extra_fields() -> None:
    line = written(
        "rsm.flow.deliver", "not taken", action="message.not_taken", message_id=ID, attempts=2
    )
    assert line["level"] == "warning"
    assert line["logger"] == "rsm.flow.deliver"
    assert line["message"] == "not taken"
    assert line["action"] == "message.not_taken"
    assert line["message_id"] == str(ID)
    assert line["attempts"] == 2
    assert str(line["time"]).endswith("+00:00")


def test_links_are_masked_in_the_message_and_in_every_field() -> None:
    line = written("rsm.web.logs", "GET %s 200", "/s/SECRET1", path="/login/set/SECRET2")
    assert line["message"] == "GET /s/… 200"
    assert line["path"] == "/login/set/…"


def test_what_is_neither_id_nor_code_is_left_out() -> None:
    line = written("rsm.x", "x", role=Role.NURSE, answers={"pain": "severe"})
    assert line["role"] == Role.NURSE.value
    assert line["answers"] == "(dict)"


def test_a_librarys_values_are_left_out() -> None:
    line = written("urllib3.connectionpool", "Retrying %s", "/Messages.json?To=%2B12025550150")
    assert line["message"] == "Retrying %s"


def test_of_an_exception_only_type_and_place_are_written() -> None:
    try:
        int("+1 2025550150")
    except ValueError as error:
        seen = (type(error), error, error.__traceback__)
    record = logging.LogRecord("rsm.x", logging.ERROR, __file__, 1, "broken", (), seen)
    text = JsonLines().format(record)
    assert "ValueError at test_cli_logging.py" in text
    assert "2025550150" not in text


def test_web_worker_and_up_log_so() -> None:
    for command in (run_up, run_web, run_worker):
        assert "set_up" in command.__code__.co_names
