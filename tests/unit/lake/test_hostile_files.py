"""Files that look right and are not: refused with every row told, or read for what they are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from assemblier.lake.build import build
from assemblier.lake.lake import Lake
from assemblier.lake.provenance import FileOutcome

BPE = "REG;DEP;DEPCOM;DCIRIS;AN;TYPEQU;NB_EQUIP\n"
TVS = "code_tvs;annee;nb_medecins\n"
STANDARD = "code;population_standardisee\n"


def read(folder: Path, name: str, content: str) -> tuple[FileOutcome, pd.DataFrame | None]:
    raw = folder / "raw"
    raw.mkdir(exist_ok=True)
    (raw / name).write_text(content, encoding="utf-8")
    made: Lake = build(raw, folder / "lake")
    (outcome,) = made.manifest.files
    return outcome, made.read(made.manifest.parts[0]) if made.manifest.parts else None


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        ("bpe.csv", f"{BPE}84;1;1001;1001;2018;D201;1\n;;TOTAL;;2018;D201;7000\n", ["ligne 3"]),
        (
            "bpe.csv",
            f"{BPE}84;01;01001;a;2018;D201;deux\n84;01;01002;b;2018;;1\n",
            ["ligne 2", "ligne 3"],
        ),
        ("bpe.csv", BPE + "84;01;01001;010010000;2018;D201;2\n" * 2, ["ligne 3", "en double"]),
        ("tvs.csv", f"{TVS}01004;2018;3\nFrance;2018;58625\n", ["ligne 3", "FRANCE"]),
        ("tvs.csv", f"{TVS}01004;2018;3\n01010;2018;-1\n01024;2018;1,5\n", ["ligne 3", "ligne 4"]),
        ("pop_2018.csv", f"{STANDARD}01001;12,5\nTOTAL;66000\n01004;-3\n", ["ligne 3", "ligne 4"]),
    ],
)
def test_wrong_rows_are_all_told(tmp_path: Path, name: str, content: str, lines: list[str]) -> None:
    outcome, frame = read(tmp_path, name, content)
    assert outcome.outcome == "refused"
    assert frame is None
    said = " ".join(outcome.problems)
    assert all(each in said for each in lines), said


def test_a_file_saved_again_by_a_french_spreadsheet(tmp_path: Path) -> None:
    content = (
        "\ufeff code ; population_standardisee \r\n1001;761,7\r\n01002 ;1 241,6\r\n2a004;NS\r\n"
    )
    outcome, frame = read(tmp_path, "population_standardisee_2018.csv", content)
    assert outcome.outcome == "recognised", outcome.problems
    assert frame is not None
    assert list(frame["code"]) == ["01001", "01002", "2A004"]
    assert list(frame["population_standardisee"])[:2] == [761.7, 1241.6]
    assert frame["population_standardisee"].isna().tolist() == [False, False, True]
    assert list(frame["_row"]) == [2, 3, 4]


def test_types_of_today_are_kept_as_written(tmp_path: Path) -> None:
    outcome, frame = read(tmp_path, "bpe.csv", f"{BPE}84;01;01001;01001;2024;D265;2\n")
    assert outcome.outcome == "recognised"
    assert frame is not None
    assert list(frame["type"]) == ["D265"]
