"""Speaking to people and to scripts: results on stdout, progress and errors on stderr, exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import typer

OK, SOME_REFUSED, USAGE, INTERRUPTED = 0, 1, 2, 130


@contextmanager
def errors_for_people() -> Iterator[None]:
    """Turn our own errors into one line and an exit code; anything else is a fault of ours and keeps its traceback."""
    from satseek.core.errors import SatSeekError, UsageError

    try:
        yield
    except UsageError as error:
        stop(str(error), USAGE)
    except SatSeekError as error:
        stop(str(error), SOME_REFUSED)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        raise typer.Exit(OK) from None


def stop(message: str, code: int) -> NoReturn:
    """Say why nothing more happens, on stderr, and leave with an exit code."""
    tell(f"satseek: {message}")
    raise typer.Exit(code)


def tell(message: str) -> None:
    """Say something to the person at the terminal, never to the file that stdout may go to."""
    print(message, file=sys.stderr)


def write_json(value: Any) -> None:
    """Write one JSON document to stdout."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


@dataclass
class Ticker:
    """Counts work on a bar; `advance` as things are done, `expect` as the end comes into sight."""

    _progress: Any = None
    _task: Any = None

    def advance(self, count: int = 1) -> None:
        """Move the bar on."""
        if self._progress is not None:
            self._progress.advance(self._task, count)

    def expect(self, total: int | None) -> None:
        """Say how much there will be in all; None while nobody knows."""
        if self._progress is not None:
            self._progress.update(self._task, total=total)

    def describe(self, text: str) -> None:
        """Say what is being worked on."""
        if self._progress is not None:
            self._progress.update(self._task, description=text)


@contextmanager
def progress(title: str, *, unit: str = "chips", quiet: bool = False) -> Iterator[Ticker]:
    """Show a bar with items/s and time left on stderr; nothing when quiet or when nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield Ticker()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Speed(ProgressColumn):
        """Items per second."""

        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f} {unit}/s")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Speed(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield Ticker(bars, bars.add_task(title, total=None))
