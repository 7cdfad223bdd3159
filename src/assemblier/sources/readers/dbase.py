"""dBASE tables (DBF), as statistical and GIS programs still write them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["dbase_columns", "dbase_fields", "is_dbase"]

VERSIONS = (0x03, 0x83, 0x8B, 0x30)


def is_dbase(head: bytes) -> bool:
    """Tell a dBASE table by its header: version byte, and lengths that fit the fields declared."""
    if len(head) < 65 or head[0] not in VERSIONS:
        return False
    header = int.from_bytes(head[8:10], "little")
    width = int.from_bytes(head[10:12], "little")
    if header < 65 or header > len(head):
        return False
    return width == 1 + sum(size for _, _, size in dbase_fields(head))


def dbase_fields(head: bytes) -> list[tuple[str, int, int]]:
    """Return name, offset in the record and length of each field."""
    fields: list[tuple[str, int, int]] = []
    at, offset = 32, 1
    while at + 32 <= len(head) and head[at] != 0x0D:
        name = head[at : at + 11].split(b"\x00")[0].decode("latin-1")
        fields.append((name, offset, head[at + 16]))
        offset += head[at + 16]
        at += 32
    return fields


def dbase_columns(content: bytes, columns: Sequence[int], names: Sequence[str]) -> pd.DataFrame:
    """Return fields as text, one row per record; records marked as deleted become empty."""
    count = int.from_bytes(content[4:8], "little")
    header = int.from_bytes(content[8:10], "little")
    width = int.from_bytes(content[10:12], "little")
    count = min(count, (len(content) - header) // width)
    records = np.frombuffer(content, dtype=np.uint8, count=count * width, offset=header)
    records = records.reshape(count, width)
    deleted = records[:, 0] == ord("*")
    fields = dbase_fields(content[:header])
    frame = {}
    for name, at in zip(names, columns, strict=True):
        _, offset, size = fields[at]
        cells = np.ascontiguousarray(records[:, offset : offset + size]).view(f"S{size}").ravel()
        text = pd.Series(np.char.decode(cells, "latin-1"), dtype="str")
        frame[name] = text.mask(pd.Series(deleted), "")
    return pd.DataFrame(frame)
