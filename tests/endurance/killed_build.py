"""Kill builds of the lake at chosen moments, and look at what is left.

``python killed_build.py WORK STEPS``: builds a first version, changes the raw folder, then builds
again and again from the same start, each time killed (SIGKILL, nothing can be cleaned up) at one of
STEPS moments: whenever it touches a file of the lake, and evenly between. Prints one JSON object.

Each build is a child forked from a process that has loaded the program, so a moment costs little.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from assemblier.errors import AssemblierError
from assemblier.lake.build import build
from assemblier.lake.lake import Lake
from raw_files import write_more, write_small

LAKE_CODE = str(Path("assemblier") / "lake")
TOUCHES = ("open", "os.rename", "os.remove", "os.mkdir", "shutil.copyfile")


def in_child(task: Callable[[], str]) -> tuple[str, int]:
    """Run a task in a child; return what it said and the signal that ended it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            said = task()
        except BaseException as error:  # noqa: BLE001 — told to the parent
            said = f"failed: {type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return said, os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def building(raw: Path, lake: Path, die_at: int | None) -> Callable[[], str]:
    """Build, dying at one of the moments counted in the lake's own code.

    A moment is a call made or ended by the lake's modules, or a file of the lake being touched.
    """

    def task() -> str:
        count = 0
        touched: list[int] = []
        inside = str(lake)

        def moment() -> None:
            nonlocal count
            count += 1
            if count == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            if event in TOUCHES and any(inside in str(each) for each in arguments[:2]):
                moment()
                touched.append(count)

        def follow(frame: FrameType, _event: str, _argument: object) -> None:
            if LAKE_CODE in frame.f_code.co_filename:
                moment()

        sys.addaudithook(watch)
        sys.setprofile(follow)
        made = build(raw, lake)
        sys.setprofile(None)
        return json.dumps({"count": count, "touched": touched, "version": made.version})

    return task


def state(lake: Path) -> Callable[[], str]:
    """Say the current version once every row of it has been read."""

    def task() -> str:
        try:
            opened = Lake.open(lake)
            for part in opened.manifest.parts:
                if len(opened.read(part)) != part.rows:
                    return f"broken: {part.file} lost rows"
        except AssemblierError as error:
            return f"broken: {error}"
        return opened.version

    return task


def digest(version: str) -> str:
    return version.partition("-")[2]


def main(work: Path, steps: int) -> None:
    raw, start, lake = work / "raw", work / "start", work / "lake"

    def built(where: Path) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(in_child(building(raw, where, None))[0])
        return said

    write_small(raw)
    first = built(start)["version"]
    write_more(raw)
    shutil.copytree(start, lake)
    whole = built(lake)
    second = digest(whole["version"])
    told = []
    for moment in chosen(whole["touched"], whole["count"], steps):
        shutil.rmtree(lake)
        shutil.copytree(start, lake)
        _, ended_by = in_child(building(raw, lake, moment))
        left = in_child(state(lake))[0]
        again = built(lake)["version"]
        opened = in_child(state(lake))[0]
        names = {digest(first): "first", second: "second"}
        told.append(
            {
                "moment": moment,
                "killed": ended_by == signal.SIGKILL,
                "left": names.get(digest(left), left),
                "mended": digest(again) == digest(opened) == second,
            }
        )
    print(json.dumps({"counted": whole["count"], "moments": told}))


def chosen(touched: list[int], count: int, steps: int) -> list[int]:
    """Choose the moments: those when a file is touched first, then evenly between all."""
    if steps <= len(touched):
        return [touched[round(at * (len(touched) - 1) / (steps - 1))] for at in range(steps)]
    others = sorted(set(range(1, count + 1)) - set(touched))
    wanted = steps - len(touched)
    even = [others[round(at * (len(others) - 1) / max(wanted - 1, 1))] for at in range(wanted)]
    return sorted({*touched, *even})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
