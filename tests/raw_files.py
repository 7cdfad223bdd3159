"""Small raw files in the producers' shapes, for tests that need a lake and no country."""

from __future__ import annotations

from pathlib import Path

COG_HEAD = "typecom,com,reg,dep,ctcd,arr,tncc,ncc,nccenr,libelle,can,comparent\n"


def cog(codes: dict[str, str]) -> str:
    rows = [
        f"COM,{code},99,Z1,Z1D,Z11,0,{name.upper()},{name},{name},Z101,"
        for code, name in codes.items()
    ]
    return COG_HEAD + "\n".join(rows) + "\n"


COMMUNES = {f"Z1{i:03d}": f"Lieu{i:03d}" for i in range(1, 13)}


def write_small(folder: Path) -> None:
    """Two files that readers know, one note, one workbook cut short, one list with wrong rows."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "communes2024.csv").write_text(cog(COMMUNES), encoding="utf-8")
    (folder / "sous").mkdir(exist_ok=True)
    rows = "".join(f"{code},{name}\n" for code, name in list(COMMUNES.items())[:5])
    (folder / "sous" / "pays.csv").write_text("code,nom\n" + rows, encoding="utf-8")
    (folder / "LISEZMOI.md").write_text(
        "# Notes\n\nDes notes, pas des données.\n", encoding="utf-8"
    )
    (folder / "coupe.xlsx").write_bytes(b"PK\x03\x04" + bytes(60))
    wrong = (
        cog({"Z2001": "Bon"})
        + "XXX,Z2002,99,Z2,Z2D,Z21,0,A,A,A,Z201,\nCOM,Z2,99,Z2,Z2D,Z21,0,B,B,,Z201,\n"
    )
    (folder / "communes2023.csv").write_text(wrong, encoding="utf-8")


def write_more(folder: Path) -> None:
    """What a second delivery brings: a new list, a changed one."""
    write_small(folder)
    (folder / "sous" / "pays.csv").write_text(
        "code,nom\nZ1001,Lieu001\nZ1002,Lieu002\n", encoding="utf-8"
    )
    for number in range(3):
        rows = "".join(
            f"{code},{name}\n" for code, name in list(COMMUNES.items())[number : number + 4]
        )
        (folder / f"canton{number}.csv").write_text("code,nom\n" + rows, encoding="utf-8")
