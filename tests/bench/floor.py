"""The floor of a submit: FastAPI and psycopg by hand, as many statements, the same durability.

`POST /writes` stores one report as JSONB and makes as many further inserts as a submit of ours
writes; `POST /all` reads as many rows by key besides. Run by uvicorn, with the counts in the
environment.
"""

import json
import os
import threading
from uuid import UUID

import psycopg
from fastapi import FastAPI, Response

TABLES = (
    "CREATE TABLE floor_report (id uuid PRIMARY KEY, at timestamptz NOT NULL, answers jsonb)",
    "CREATE TABLE floor_event (id uuid PRIMARY KEY, at timestamptz NOT NULL, facts jsonb)",
    "CREATE TABLE floor_message (id uuid PRIMARY KEY, state text NOT NULL)",
    "CREATE INDEX ix_floor_message ON floor_message (id) WHERE state = 'queued'",
)
_REPORT = "INSERT INTO floor_report VALUES (gen_random_uuid(), clock_timestamp(), %s) RETURNING id"
_EVENT = "INSERT INTO floor_event VALUES (gen_random_uuid(), clock_timestamp(), %s)"
_READ = "SELECT id, at, answers FROM floor_report WHERE id = %s"
ANSWERS = json.dumps({f"item.{number}": {"status": "answered", "value": 1} for number in range(25)})
FACTS = json.dumps({"late": False, "kind": "symptom"})
_PAGE = "<!doctype html><title>Thank you</title>" + "<p>Your answers are stored.</p>" * 80

app = FastAPI(openapi_url=None)
_mine = threading.local()


def _connection() -> psycopg.Connection[tuple[UUID]]:
    """One per thread, kept."""
    if not hasattr(_mine, "connection"):
        _mine.connection = psycopg.connect(os.environ["BENCH_URL"])
    connection: psycopg.Connection[tuple[UUID]] = _mine.connection
    return connection


def store(inserts: int, reads: int) -> None:
    """One transaction of so many statements, on this thread's connection."""
    connection = _connection()
    with connection.transaction(), connection.cursor() as cursor:
        found = cursor.execute(_REPORT, [ANSWERS]).fetchone()
        for _ in range(inserts - 1):
            cursor.execute(_EVENT, [FACTS])
        for _ in range(reads):
            cursor.execute(_READ, found).fetchall()


@app.post("/writes")
def writes() -> Response:
    """Only what is written."""
    store(int(os.environ["BENCH_WRITES"]), 0)
    return Response(_PAGE, media_type="text/html")


@app.post("/all")
def everything() -> Response:
    """What is written, and as many reads."""
    store(int(os.environ["BENCH_WRITES"]), int(os.environ["BENCH_READS"]))
    return Response(_PAGE, media_type="text/html")


@app.get("/readyz")
def ready() -> str:
    return "ready"
