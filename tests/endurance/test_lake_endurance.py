"""The lake under killed builds, full disks, readers at work, and the real open data whole."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assemblier.errors import CannotWrite
from assemblier.lake.build import build
from assemblier.lake.exchange import export_lake, import_lake
from assemblier.lake.lake import Lake
from assemblier.whole_files import write_in_one_step
from raw_files import write_more, write_small

HERE = Path(__file__).parent
posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX systems")


def script(name: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, str(HERE / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@posix
@pytest.mark.parametrize(
    "moments",
    [
        5,
        pytest.param(50, marks=pytest.mark.endurance),
    ],
)
def test_a_killed_build_leaves_the_previous_version(tmp_path: Path, moments: int) -> None:
    told = json.loads(script("killed_build.py", tmp_path, moments))
    assert len(told["moments"]) == moments
    for moment in told["moments"]:
        assert moment["killed"], moment
        assert moment["left"] in {"first", "second"}, moment
        assert moment["mended"], moment
    left = [moment["left"] for moment in told["moments"]]
    assert left[0] == "first"
    assert left == sorted(left), "once the pointer has moved it stays moved"
    print(f"{moments} moments of {told['counted']}: {left.count('first')} left the first version")


@posix
@pytest.mark.parametrize(
    "size",
    [
        4096,
        *(pytest.param(n, marks=pytest.mark.endurance) for n in (1, 100, 1000, 3000, 5000, 6000)),
    ],
)
def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path, size: int) -> None:
    raw, lake = tmp_path / "raw", tmp_path / "lake"
    write_small(raw)
    first = build(raw, lake)
    before = {
        path: hashlib.sha256(path.read_bytes()).digest()
        for path in lake.rglob("*")
        if path.is_file()
    }
    write_more(raw)
    said = script("build_with_little_room.py", raw, lake, size)
    if said.strip() != "built":
        assert said.startswith("CannotWrite "), said
        assert "plus de place" in said
        assert Lake.open(lake).version == first.version
    assert {
        path: hashlib.sha256(path.read_bytes()).digest()
        for path in before
        if path.name != "current"
    } == {path: digest for path, digest in before.items() if path.name != "current"}
    assert not list(lake.rglob("*.tmp"))
    again = build(raw, lake)
    assert len(again.manifest.parts) == 5
    assert all(len(again.read(part)) == part.rows for part in again.manifest.parts)
    assert size >= 5000 or said.strip() != "built", "the limit was never met"


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "plus de place"), (errno.EACCES, "droits"), (errno.EROFS, "droits")],
)
def test_a_write_refused_by_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def refused(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(CannotWrite, match=words):
        write_in_one_step(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("times", [6, pytest.param(60, marks=pytest.mark.endurance)])
def test_readers_and_a_build_never_collide(tmp_path: Path, times: int) -> None:
    raw, lake = tmp_path / "raw", tmp_path / "lake"
    with subprocess.Popen(
        [sys.executable, str(HERE / "read_while_building.py"), str(raw), str(lake), str(times)],
        stdout=subprocess.PIPE,
        text=True,
    ) as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline().strip() == "ready"
        versions: set[str] = set()
        while builder.poll() is None:
            opened = Lake.open(lake)
            versions.add(opened.version)
            for part in opened.manifest.parts:
                assert len(opened.read(part)) == part.rows
        assert builder.stdout.read().strip() == "done"
    assert builder.returncode == 0
    assert len(versions) > 1, "the reader saw no version change"


@pytest.mark.real
@pytest.mark.endurance
def test_the_real_open_data_whole(real_data: Path, tmp_path: Path) -> None:
    """Build, build again, hand over: every file has its outcome, and the time it took is printed."""
    lake = tmp_path / "lake"
    code = (
        "import sys,time,resource,json; from pathlib import Path; "
        "from assemblier.lake.build import build; start=time.perf_counter(); "
        "build(Path(sys.argv[1]), Path(sys.argv[2])); "
        "print(json.dumps([time.perf_counter()-start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(real_data), str(lake)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, kilobytes = json.loads(done.stdout)
    start = time.perf_counter()
    again = build(real_data, lake)
    print(
        f"\nreal open data: {len(again.manifest.files)} files in {seconds:.1f} s, "
        f"{kilobytes / 2**20:.2f} GiB at most; again in {time.perf_counter() - start:.1f} s"
    )
    files = [p for p in real_data.rglob("*") if p.is_file() and not p.name.startswith(".")]
    assert len(again.manifest.files) == len(files)
    assert {outcome.outcome for outcome in again.manifest.files} == {"recognised", "ignored"}
    assert all(outcome.said for outcome in again.manifest.files)
    assert len(list((lake / "versions").iterdir())) == 1
    handed = export_lake(again, tmp_path)
    other = import_lake(handed, tmp_path / "other")
    assert other.manifest == again.manifest
