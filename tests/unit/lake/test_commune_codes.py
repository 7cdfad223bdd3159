"""The year of commune codes, and the codes that no commune has."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from assemblier.lake.commune_codes import dated, with_unknown_codes
from assemblier.lake.provenance import FileOutcome, Part


class Folder:
    """Writes parts and finds them again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, part: Part) -> Path:
        return self.folder / f"{part.object}.parquet"

    def part(
        self, table: str, frame: pd.DataFrame, cog: int | None, supposed: int | None = None
    ) -> Part:
        name = f"{table}-{cog}-{len(list(self.folder.iterdir()))}"
        made = Part(table, f"{table}@1", f"{name}.csv", "0", "r/1", cog, "", len(frame), name)
        frame.assign(_row=range(2, 2 + len(frame))).to_parquet(self.path(made))
        return Part(**{**_fields(made), "supposed_cog": supposed})

    def official(self, cog: int, codes: dict[str, str]) -> Part:
        frame = pd.DataFrame({"code": list(codes), "type": list(codes.values())})
        return self.part("commune", frame, cog)


def _fields(part: Part) -> dict[str, object]:
    return {name: getattr(part, name) for name in Part.__dataclass_fields__}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


OLD = {"01001": "COM", "01002": "COM", "01003": "COM"}
NEW = {"01001": "COM", "01002": "COM", "01003": "COMD", "01004": "COM"}


def areas(*codes: str) -> pd.DataFrame:
    return pd.DataFrame({"code": list(codes), "km2": 1.0})


def test_the_codes_settle_the_year_again_when_a_list_arrives(folder: Folder) -> None:
    table = folder.part("superficie", areas("01001", "01004"), 2018, supposed=2018)
    old, new = folder.official(2018, OLD), folder.official(2024, NEW)
    (_, alone) = dated([old, table], folder.path)
    assert alone.cog == 2018
    *_, both = dated([old, new, alone], folder.path)
    assert both.cog == 2024
    assert both.supposed_cog == 2018
    assert [note.partition(" :")[0] for note in both.notes] == [
        "année des communes retenue d’après les codes"
    ]
    *_, sure = dated([old, new, folder.part("superficie", areas("01001"), 2018)], folder.path)
    assert sure.cog == 2018
    assert sure.notes == ()


def test_codes_that_no_commune_has_are_told_with_their_row(folder: Folder) -> None:
    table = folder.part("superficie", areas("01001", "01999", "01002", "75101"), 2024)
    other = folder.part("superficie", areas("01001", "01888"), 1999)
    outcomes = [
        FileOutcome(each.file, "0", 1, "recognised", "x", notes=("une note",))
        for each in (table, other)
    ]
    made = with_unknown_codes(outcomes, [folder.official(2024, NEW), table, other], folder.path)
    assert made[0].notes == (
        "une note",
        "codes qu’aucune commune ne porte, COG 2024 : 01999 (ligne 3)",
    )
    # no official list of that year: nothing is said, and nothing is held known
    assert made[1].notes == ("une note",)
    again = with_unknown_codes(made, [folder.official(2024, NEW), table, other], folder.path)
    assert again == made


def test_many_unknown_codes_are_counted(folder: Folder) -> None:
    codes = [f"019{at:02d}" for at in range(10)]
    table = folder.part("superficie", areas(*codes), 2024)
    (told,) = with_unknown_codes(
        [FileOutcome(table.file, "0", 1, "recognised", "x")],
        [folder.official(2024, NEW), table],
        folder.path,
    )
    assert told.notes[0].endswith("01905 (ligne 7) et 4 autres")
