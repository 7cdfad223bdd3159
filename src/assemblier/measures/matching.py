"""Match identifiers to positions, millions at a time: a compiled hash over the bytes of text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from assemblier.compiled import njit, prange

__all__ = ["distinct", "duplicated", "missing", "positions"]

_EMPTY = np.int64(-1)
_BLOCKS = 64


@njit(cache=True, inline="always")
def _hash(data: Any, start: int, end: int) -> Any:
    # FNV-1a, finished with a multiply-shift so that low bits depend on every byte
    h = np.uint64(14695981039346656037)
    for k in range(start, end):
        h = (h ^ np.uint64(data[k])) * np.uint64(1099511628211)
    return (h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)


@njit(cache=True, inline="always")
def _same(a: Any, a0: int, a1: int, b: Any, b0: int, b1: int) -> bool:
    if a1 - a0 != b1 - b0:
        return False
    for k in range(a1 - a0):  # noqa: SIM110
        if a[a0 + k] != b[b0 + k]:
            return False
    return True


@njit(cache=True)
def _build(offsets: Any, data: Any, bits: int) -> Any:
    size = 1 << bits
    slots = np.full(size, -1, dtype=np.int32)
    shift = np.uint64(64 - bits)
    for row in range(offsets.size - 1):
        slot = np.int64(_hash(data, offsets[row], offsets[row + 1]) >> shift)
        while True:
            held = slots[slot]
            if held < 0:
                slots[slot] = row
                break
            if _same(data, offsets[row], offsets[row + 1], data, offsets[held], offsets[held + 1]):
                break  # a duplicate keeps its first position
            slot = (slot + 1) & (size - 1)
    return slots


@njit(cache=True, parallel=True)
def _look_up(
    slots: Any, bits: int, offsets: Any, data: Any, sought_offsets: Any, sought: Any
) -> Any:
    rows = sought_offsets.size - 1
    found = np.empty(rows, dtype=np.int32)
    shift = np.uint64(64 - bits)
    mask = (1 << bits) - 1
    for block in prange(_BLOCKS):
        first = rows * block // _BLOCKS
        last = rows * (block + 1) // _BLOCKS
        before = -1
        for row in range(first, last):
            a0 = sought_offsets[row]
            a1 = sought_offsets[row + 1]
            # tables of pairs are mostly sorted: the same text as the row above costs nothing
            if before >= 0 and _same(
                sought, a0, a1, sought, sought_offsets[before], sought_offsets[before + 1]
            ):
                found[row] = found[before]
                continue
            before = row
            slot = np.int64(_hash(sought, a0, a1) >> shift)
            place = np.int32(-1)
            while slots[slot] >= 0:
                held = slots[slot]
                if _same(sought, a0, a1, data, offsets[held], offsets[held + 1]):
                    place = held
                    break
                slot = (slot + 1) & mask
            found[row] = place
    return found


def _text(ids: Any) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return offsets and bytes of a column of texts, without a copy where Arrow holds them."""
    array = ids if isinstance(ids, pa.Array | pa.ChunkedArray) else pa.array(_plain(ids))
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # no chunk at all
        array = pa.array([], type=pa.large_string())
    if not pa.types.is_large_string(array.type):
        array = array.cast(pa.large_string())
    _, offsets, data = array.buffers()
    count = len(array)
    ends = (
        np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + count + 1]
        if offsets is not None and count
        else np.zeros(1, dtype=np.int64)
    )
    octets = (
        np.frombuffer(data, dtype=np.uint8)
        if data is not None and data.size
        else np.zeros(1, dtype=np.uint8)
    )
    return ends, octets


def _plain(ids: Any) -> Any:
    if isinstance(ids, pd.Series | pd.Index):
        return ids.array
    if isinstance(ids, np.ndarray) and ids.dtype.kind in "US":
        return ids.astype(object)
    return ids


def _kind(ids: Any) -> str:
    dtype = getattr(ids, "dtype", None)
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if isinstance(dtype, np.dtype) and dtype.kind in "iu":
        return "integer"
    return "text"


def _as_text(ids: Any) -> Any:
    """Write identifiers as text, so that 01001 and "01001" of two tables can meet."""
    if _kind(ids) == "integer":
        return pa.array(np.asarray(ids)).cast(pa.large_string())
    array = np.asarray(ids)
    if array.dtype == object and any(not isinstance(value, str) for value in array):
        return pa.array([None if missing_one(value) else str(value) for value in array])
    return ids


def missing_one(value: Any) -> bool:
    """Say whether one identifier is missing."""
    return value is None or value != value  # noqa: PLR0124 - NaN is the value unlike itself


def missing(ids: Any) -> NDArray[np.bool_]:
    """Say where an identifier is missing (null, NaN or empty text).

    Parameters
    ----------
    ids
        Column of identifiers, any length n.

    Returns
    -------
    Shape (n,).
    """
    if _kind(ids) == "integer":
        return np.zeros(len(ids), dtype=np.bool_)
    if isinstance(ids, pd.Series):
        gone = ids.isna().to_numpy()
    else:
        gone = np.asarray(pd.isna(np.asarray(ids)))
    if isinstance(getattr(ids, "dtype", None), pd.StringDtype):
        ends, _ = _text(ids)
        gone = gone | (np.diff(ends) == 0)
    elif _kind(ids) == "text":
        gone = gone | (np.asarray(ids, dtype=object) == "")
    return np.asarray(gone, dtype=np.bool_)


def duplicated(ids: Any) -> NDArray[np.bool_]:
    """Say where an identifier repeats one that stands above it; shape (n,)."""
    return np.asarray(pd.Series(np.asarray(ids)).duplicated().to_numpy(), dtype=np.bool_)


def distinct(ids: Any) -> NDArray:
    """Return the identifiers in the order in which they first appear, each once."""
    if _kind(ids) == "integer":
        return np.asarray(pd.unique(np.asarray(ids)))
    if _kind(ids) == "category":
        return np.asarray(ids.unique().astype(object))
    encoded = pa.array(_plain(ids)).dictionary_encode()
    chunk = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    return np.asarray(chunk.dictionary.to_numpy(zero_copy_only=False), dtype=object)


def positions(known: Any, sought: Any) -> NDArray[np.int32]:
    """Find each sought identifier among the known ones.

    Parameters
    ----------
    known
        Distinct identifiers, shape (n,): text or integers.
    sought
        Identifiers to find, shape (k,): an array, a pandas column or an Arrow array.

    Returns
    -------
    Shape (k,), the position in ``known``, -1 where there is none.
    """
    if _kind(sought) == "category":
        codes = np.asarray(sought.cat.codes if isinstance(sought, pd.Series) else sought.codes)
        names = sought.cat.categories if isinstance(sought, pd.Series) else sought.categories
        by_category = np.append(positions(known, names), np.int32(-1))
        return np.asarray(by_category[codes], dtype=np.int32)
    if _kind(known) == "integer" and _kind(sought) == "integer":
        found = pd.Index(np.asarray(known)).get_indexer(pd.Index(np.asarray(sought)))
        return np.asarray(found, dtype=np.int32)
    if len(known) == 0 or len(sought) == 0:
        return np.full(len(sought), -1, dtype=np.int32)
    try:
        known_ends, known_data = _text(_as_text(known) if _kind(known) == "integer" else known)
        ends, data = _text(_as_text(sought) if _kind(sought) == "integer" else sought)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        known_ends, known_data = _text(_as_text(known))
        ends, data = _text(_as_text(sought))
    bits = max(4, int(2 * (known_ends.size - 1) - 1).bit_length())
    slots = _build(known_ends, known_data, bits)
    return np.asarray(_look_up(slots, bits, known_ends, known_data, ends, data))
