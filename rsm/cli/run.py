"""Commands that run something: the parts, the single machine, the demo, the check-up."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rsm.bootstrap import House

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

# Longer than proxies keep a connection that is idle (Caddy 120 s, Traefik 90 s, nginx 60 s): if we
# close it in the very moment of its next use, a patient is told that her answer was not sent.
KEPT_SECONDS = 180


def add_to(commands: "Commands") -> None:
    """The grammar of these commands."""
    demo = commands.add_parser("demo", help="a synthetic clinic on this machine")
    demo.add_argument("--port", type=int, default=8000)
    demo.set_defaults(run=run_demo)
    for name, function, what in (
        ("up", run_up, "everything on one machine: migrate, web, worker"),
        ("web", run_web, "the web process"),
        ("worker", run_worker, "the worker process"),
        ("migrate", run_migrate, "bring the database to this release"),
        ("doctor", run_doctor, "check settings, database, senders, zones, rosters"),
    ):
        commands.add_parser(name, help=what).set_defaults(run=function)


def run_demo(chosen: argparse.Namespace) -> int:
    from rsm.cli.demo import run

    return run(chosen.port)


def run_migrate(_chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import bring_up_to_date, find_database, read_keys
    from rsm.settings import read_settings

    settings = read_settings()
    keys = read_keys(settings)
    with find_database(settings, keys) as addresses:
        bring_up_to_date(addresses, keys)
    print("the database is up to date")
    return 0


def run_web(_chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house
    from rsm.cli.logging_setup import set_up
    from rsm.settings import read_settings

    with open_house(read_settings()) as house:
        set_up()
        serve(house)
    return 0


def serve(house: "House") -> None:
    """Answer requests until SIGTERM or Ctrl-C; what is in hand is finished first."""
    import uvicorn

    from rsm.bootstrap import web_app
    from rsm.bootstrap.memory import settle

    app = web_app(house)
    settle()
    uvicorn.run(
        app,
        host=house.settings.host,
        port=house.settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=20,
    )


def run_worker(_chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house, run_worker_until_told
    from rsm.bootstrap.memory import settle
    from rsm.cli.logging_setup import set_up
    from rsm.settings import read_settings

    with open_house(read_settings()) as house:
        set_up()
        settle()
        run_worker_until_told(house)
    return 0


def run_up(_chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house, worker_beside
    from rsm.cli.logging_setup import set_up
    from rsm.settings import read_settings

    with open_house(read_settings(), update=True) as house:
        set_up()
        with worker_beside(house):
            serve(house)
    return 0


def run_doctor(_chosen: argparse.Namespace) -> int:
    from rsm.bootstrap import open_house
    from rsm.cli.doctor import findings
    from rsm.settings import read_settings

    settings = read_settings()
    with open_house(settings) as house:
        found = findings(house)
    for finding in found:
        print(f"{'ok  ' if finding.is_well else 'FAIL'}  {finding.what}")
        if not finding.is_well:
            print(f"      {finding.mend}")
    return 0 if all(finding.is_well for finding in found) else 1
