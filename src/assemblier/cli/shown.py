"""How the command line speaks: progress, tables, JSON, errors and exit codes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from assemblier.progress import Work

__all__ = ["as_json", "console", "errors", "say", "say_files", "say_warnings", "tell", "working"]

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str = "") -> None:
    """Print a line for a person."""
    console.print(text, markup=False)


def say_warnings(warnings: Sequence[str]) -> None:
    """Say what a reader must know until it is settled."""
    for warning in warnings:
        say(f"ATTENTION : {warning}")


def tell(sentence: str, found: Mapping[str, Any], *, json: bool) -> None:
    """Say in one sentence what was done, or print it as one JSON object."""
    if json:
        as_json(found)
    else:
        say(sentence)


@contextmanager
def working(title: str, *, quiet: bool = False) -> Iterator[Work]:
    """Show a progress bar on a terminal; nothing in a pipe."""
    if quiet or not sys.stderr.isatty():
        yield Work()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield Work(lambda done, text: bar.update(task, completed=done, description=text[:60]))


def as_json(value: Any) -> None:
    """Print one JSON object."""
    sys.stdout.write(json.dumps(_plain(value), ensure_ascii=False, indent=1) + "\n")


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def say_files(files: Sequence[Path]) -> None:
    """Name the files written; those of a folder of drawings by their folder and number."""
    if not files:
        return
    top = min((path.parent for path in files), key=lambda folder: len(folder.parts))
    inner: dict[Path, int] = {}
    for path in files:
        if path.parent == top:
            say(str(path))
        else:
            inner[path.parent] = inner.get(path.parent, 0) + 1
    for folder, count in inner.items():
        say(f"{folder} ({count} fichiers)")
