"""The runs of `rsm simulate`, one after the other, however they end."""

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import FrameType

from rsm.cli.demo_sites import doors, simulated_side_by_side
from rsm.cli.output import show
from rsm.cli.simulate_book import Book, Keeping, Running, Wanted
from rsm.cli.simulate_folder import STORIES
from rsm.cli.simulate_scratch import Scratch, scratch
from rsm.cli.simulate_stories import shorter
from rsm.kernel.errors import Invalid
from rsm.metrics.simulated import Result
from rsm.simulate import figures, simulation
from rsm.simulate.progress import Bar
from rsm.simulate.simulation import Outcome
from rsm.simulate.story import Story
from rsm.web import simulated_words as words

_STORIES_SHOWN = 3
_STOPPED = "it was stopped"
_TOO_MUCH = "so many promises broke that it ended by itself"


class Stopper:
    """Ctrl-C: the first asks to stop after the present event, the second ends at once."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked

    def hear(self, _signal: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        print("\nStopping; Ctrl-C once more ends at once.", file=sys.stderr, flush=True)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM are ours until the end of the block."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.hear) for number in numbers}
        try:
            yield
        finally:
            for number, heard in before.items():
                signal.signal(number, heard)


def run_all(wanted: Wanted) -> int:
    """Play every run; returns the exit code."""
    book, stop = Book(wanted), Stopper()
    with scratch(wanted.database_url, keep=wanted.keep) as server, stop.listening():
        for place in range(wanted.runs):
            _one(server, book, place, stop)
            if stop.asked:
                break
    return _tell(book, stopped=stop.asked)


def _one(server: Scratch, book: Book, place: int, stop: Stopper) -> None:
    begun = time.monotonic()
    outcome = _played(server, book, place, stop)
    book.keep()
    if not outcome.stories:
        return
    told = {story.name: story for story in outcome.stories}
    if book.wanted.searches:
        told = shorter(server, outcome, time.monotonic() - begun, stop)
    book.stories.update({name: story.as_toml() for name, story in told.items()})
    _print_stories(told, book.wanted.folder)
    book.keep()


def _played(server: Scratch, book: Book, place: int, stop: Stopper) -> Outcome:
    """One run, entered into the book however it ends."""
    wanted, order = book.wanted, book.wanted.order_of(place)
    said = f"run {place + 1} of {wanted.runs}, " if wanted.runs > 1 else ""
    with (
        server.database() as addresses,
        doors(addresses, server.keys, order.begins_at, order.seed) as opened,
    ):
        running = Running(book, order, opened, time.monotonic())
        try:
            play = simulated_side_by_side(addresses, server.keys)
            bar = Keeping(Bar(), running, said)
            outcome = simulation.simulate(opened, order, play, bar, stop)
        except BaseException as error:
            _rescue(server, running, error)
            if problem := server.problem(error):
                raise Invalid(problem) from error
            raise
        book.uses.update(figures.uses(opened))
        if outcome.whole:
            bar.at(1.0, "done")
            rows = figures.read(opened, order.begins_at, outcome.ended_at)
        else:
            rows = figures.read_so_far(opened, order.begins_at)
        why = "" if outcome.whole else _STOPPED if stop.asked else _TOO_MUCH
        running.note(rows, why, outcome)
        book.stories.update({story.name: story.as_toml() for story in outcome.stories})
    return outcome


def _rescue(server: Scratch, running: Running, error: BaseException) -> None:
    """Keep what can still be read, else what was kept at the last tenth of the way."""
    stopped = isinstance(error, KeyboardInterrupt)
    why = _STOPPED if stopped else server.why(error)
    try:
        running.keep_so_far(why)
    except Exception:  # noqa: BLE001 - the error that brought us here is the one to be told
        if running.kept is not None:
            with suppress(Invalid):  # the result's own disk may be full
                running.note(running.kept, why)
                running.book.keep()
    folder = running.book.wanted.folder
    if folder is not None and running.book.runs:
        print(f"What had passed by then is in {folder}, marked as partial.", file=sys.stderr)


def _print_stories(told: Mapping[str, Story], folder: Path | None) -> None:
    for name, story in islice(told.items(), _STORIES_SHOWN):
        file = str(folder / STORIES / name) if folder is not None else name
        print(f"\n{story.as_text(file)}", file=sys.stderr)
    if len(told) > _STORIES_SHOWN:
        print(f"\n... and {len(told) - _STORIES_SHOWN} more stories", file=sys.stderr)


def _tell(book: Book, *, stopped: bool) -> int:
    if not book.runs:
        return 130
    result = book.result()
    if book.wanted.as_json:
        show(result.model_dump(mode="json"))
    else:
        for line in _replayed(result) if book.wanted.replayed else _said(result):
            print(line)
        if book.wanted.folder is not None:
            print(f"Open {book.wanted.folder / 'index.html'}")
    if stopped:
        return 130
    return 1 if result.broken else 0


def _said(result: Result) -> Iterator[str]:
    yield words.heading(result)
    yield from words.alarms(result)
    yield from words.cautions(result)
    for fact in words.facts(result):
        yield f"  {fact.label:<26} {fact.value:>8}  {fact.note}"


def _replayed(result: Result) -> Iterator[str]:
    """Whether it broke again, for whoever believes to have mended it."""
    if not result.broken:
        yield "No promise broke this time."
    for one in result.broken:
        yield f"{one.promise} broke again at {one.at:%Y-%m-%d %H:%M} UTC: {one.what}"
