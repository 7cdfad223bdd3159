"""Workspaces of people who are cut off: whatever was acknowledged is there."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from assemblier.workspace.backup import back_up
from assemblier.workspace.integrity import condition, content_digest
from assemblier.workspace.store import Workspace
from assemblier.workspace.texts import keep_text, text_history

WRITER = Path(__file__).parent / "keep_texts.py"
COPIER = Path(__file__).parent / "copy_workspace.py"
KILLS = 25


@pytest.mark.endurance
def test_killed_while_writing(tmp_path: Path) -> None:
    address = tmp_path / "a.sqlite"
    Workspace.open(address, create=True)
    dice = random.Random(7)
    acknowledged = 0
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, str(WRITER), str(address), str(acknowledged)],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()
            time.sleep(dice.uniform(0.0, 0.3))
            writer.kill()
            said = [first, *writer.stdout.read().splitlines()]
        told = [int(line) for line in said if line.strip().isdigit()]
        acknowledged = max([acknowledged, *told])
        kept = text_history(Workspace.open(address), "pays")
        numbers = [each.number for each in kept]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= acknowledged
        # one more at most was kept and not yet said
        assert len(numbers) <= acknowledged + 1
        acknowledged = len(numbers)
    assert acknowledged > KILLS


@pytest.mark.endurance
def test_two_people_write_at_once(tmp_path: Path) -> None:
    address = tmp_path / "a.sqlite"
    Workspace.open(address, create=True)
    both = [
        subprocess.Popen(
            [sys.executable, str(WRITER), str(address), str(start)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for start in (0, 1_000_000)
    ]
    time.sleep(12)
    said: list[int] = []
    for writer in both:
        writer.kill()
        out, _ = writer.communicate(timeout=30)
        said += [int(line) for line in out.splitlines() if line.strip().isdigit()]
    kept = [each.number for each in text_history(Workspace.open(address), "pays")]
    assert kept == list(range(1, len(kept) + 1))
    # two who were given the same number were never both told that it is kept
    assert len(said) == len(set(said))
    assert set(said) <= set(kept)
    assert len(said) > 2


@pytest.mark.parametrize("kills", [3, pytest.param(25, marks=pytest.mark.endurance)])
def test_killed_while_copying(tmp_path: Path, kills: int) -> None:
    """A backup is whole or not there; a restoration gives the old or the new, and keeps the old."""
    address, backups = tmp_path / "a.sqlite", tmp_path / "sauvegardes"
    backups.mkdir()
    contents: set[str] = set()
    for at in (1, 2):
        opened = Workspace.open(address, create=True)
        words = f"Texte {at}. " + "x" * 15_000
        keep_text(opened, "pays", "offre", words, ("offre",))
        opened.engine.dispose()
        contents.add(content(back_up(address, backups)))
    dice = random.Random(11)
    for turn in range(2 * kills):
        what, where = ("backup", backups / "tues") if turn % 2 else ("restore", address)
        (backups / "tues").mkdir(exist_ok=True)
        first = address if turn % 2 else backups
        with subprocess.Popen(
            [sys.executable, str(COPIER), what, str(first), str(where)],
            stdout=subprocess.PIPE,
            text=True,
        ) as copier:
            assert copier.stdout is not None
            assert copier.stdout.readline().strip() == "ready"
            time.sleep(dice.uniform(0.0, 0.3))
            copier.kill()
        assert condition(address).sound
        assert content(address) in contents
        for made in [*(backups / "tues").glob("*.sqlite"), *tmp_path.glob("a.avant-*.sqlite")]:
            assert condition(made).sound, made
            assert content(made) in contents
            made.unlink()


def content(path: Path) -> str:
    with closing(sqlite3.connect(path)) as opened:
        return content_digest(opened)
