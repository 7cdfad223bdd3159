"""What every format shares: colours, the typeface, the widths of its letters.

Colours are kept apart by lightness as well as hue, never red against green, and text colours hold
a contrast of at least 4.5 to 1 on the grounds they are printed on.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import io
import tempfile
import unicodedata
from pathlib import Path

import font_source_sans_pro
from fontTools import subset  # type: ignore[import-untyped]
from fontTools import version as fonttools_version
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from assemblier.cache import cache_folder
from assemblier.errors import MissingPart

__all__ = [
    "DEEP",
    "FAMILY",
    "INK",
    "LINE_COLOURS",
    "MUTED",
    "ON_STATUS",
    "PAPER",
    "PETROL",
    "fitted",
    "font_faces",
    "font_folders",
    "letters_of",
    "printable",
    "sequential",
    "text_width",
    "wrapped",
]

FAMILY = "Source Sans Pro"

INK = "#1d2730"
MUTED = "#56616b"
PETROL = "#14506a"
DEEP = "#0d3a4e"
SKY = "#8fb3c4"
OCHRE = "#a4510f"
RULE = "#d5dbdf"
PAPER = "#ffffff"

LINE_COLOURS = ("#14506a", "#c2660e", "#6b7780", "#4b93c4", "#8c5488", "#8f7a12", "#1d2730")
"""Colours of series, told apart by dashes and marks too."""

SEQUENTIAL = {
    "bleu": ("#eaf3f6", "#c0dbe6", "#8dbdd1", "#5697b4", "#287192", "#0f4c69", "#062f45"),
    "ocre": ("#fbf1e2", "#f3d7ae", "#e6b373", "#d08b42", "#ad6520", "#7f460f", "#522b06"),
    "prune": ("#f5eef5", "#dfcbe0", "#c3a0c6", "#a275a8", "#7d4f86", "#583363", "#371c40"),
}
"""One-hue ramps of rising darkness, readable in grey and by every kind of colour vision."""

DIVERGING = ("#8a4a0b", "#cf8a3f", "#efcf9f", "#f2f2f0", "#b3d3e0", "#5697b4", "#0f4c69")
"""Ochre to blue through near white."""

ON_STATUS = {
    "ok": "",
    "estimated": "estimé",
    "secret": "secret statistique",
    "absent": "donnée absente",
    "unreachable": "hors d’atteinte",
    "not_applicable": "sans objet",
}
"""How a status is written in a legend or a note."""

FALLBACKS = {"\u2011": "-", "\u2009": "\u202f", "\u2007": "\u00a0", "\u25cf": "•", "\u26a0": "!"}
_FILES = {400: "Regular", 600: "Semibold", 700: "Bold"}


def sequential(count: int, ramp: str = "bleu") -> tuple[str, ...]:
    """Return ``count`` colours of one ramp, palest first (2 to 7)."""
    colours = SEQUENTIAL[ramp]
    if not 1 <= count <= len(colours):
        raise ValueError(f"a ramp has 1 to {len(colours)} classes, not {count}")
    if count == 1:
        return (colours[3],)
    step = (len(colours) - 1) / (count - 1)
    return tuple(colours[round(i * step)] for i in range(count))


def font_folder() -> Path:
    """Return the folder of the typeface's files.

    Raises
    ------
    MissingPart
        When the package that carries it is not whole: a missing font is otherwise silent.
    """
    folder = Path(font_source_sans_pro.font_directory)
    for style in ("Regular", "Semibold", "Bold", "It", "SemiboldIt", "BoldIt"):
        if not (folder / f"SourceSansPro-{style}.ttf").is_file():
            raise MissingPart(
                f"La police « {FAMILY} » est incomplète (SourceSansPro-{style}.ttf introuvable). "
                "Réinstallez le paquet font-source-sans-pro."
            )
    return folder


def font_folders() -> list[str]:
    """Return the folders that Typst finds the typeface in."""
    return [str(font_folder())]


@functools.cache
def _widths(weight: int) -> tuple[dict[int, int], int]:
    """Return the advance of each character, and the units of the em."""
    with TTFont(font_folder() / f"SourceSansPro-{_FILES[weight]}.ttf", lazy=True) as font:
        metrics = font["hmtx"].metrics
        widths = {code: metrics[name][0] for code, name in font.getBestCmap().items()}
        return widths, font["head"].unitsPerEm


def text_width(text: str, size: float, weight: int = 400) -> float:
    """Return how wide a text is set at a size, in the unit of the size."""
    widths, em = _widths(weight)
    average = em // 2
    return sum(widths.get(ord(c), average) for c in text) * size / em


def wrapped(text: str, width: float, size: float, weight: int = 400, lines: int = 3) -> list[str]:
    """Break a text into lines no wider than ``width``; the last is cut with an ellipsis."""
    rows: list[str] = []
    row = ""
    for word in text.split():
        tried = f"{row} {word}" if row else word
        if row and text_width(tried, size, weight) > width:
            rows.append(row)
            row = word
        else:
            row = tried
    rows.append(row)
    if len(rows) > lines:
        rows = [*rows[: lines - 1], " ".join(rows[lines - 1 :])]
    return [fitted(row, width, size, weight) for row in rows]


def fitted(text: str, width: float, size: float, weight: int = 400) -> str:
    """Return a text, cut with an ellipsis where it is wider than ``width``."""
    if text_width(text, size, weight) <= width:
        return text
    while text and text_width(text + "…", size, weight) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def printable(text: str) -> str:
    """Return a text with what the typeface cannot draw replaced by what it can.

    A letter without a glyph would print as an empty box and spoil the reading aloud.
    """
    widths, _ = _widths(400)
    if all(ord(c) in widths or c in "\n\t" for c in text):
        return text
    kept: list[str] = []
    for char in text:
        if ord(char) in widths or char in "\n\t":
            kept.append(char)
            continue
        near = FALLBACKS.get(char) or unicodedata.normalize("NFKD", char)
        kept.append("".join(c for c in near if ord(c) in widths and not unicodedata.combining(c)))
    return "".join(kept)


LETTERS = (
    *range(0x20, 0x180), *range(0x2000, 0x2070), 0x20AC, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193,
    0x2212, 0x2248, 0x2260, 0x2264, 0x2265,
)  # fmt: skip
"""What a page may have to write: French, English, signs."""
FEATURES = ("kern", "tnum", "lnum")


@functools.cache
def font_faces() -> str:
    """Return the ``@font-face`` rules with the letters of French and English inside them.

    They are made once by user and version of the typeface, then kept in the user's cache folder.
    """
    kept = cache_folder() / "fonts" / f"{_font_mark()}.css"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        told = kept.read_text(encoding="ascii")
        if told.count("@font-face") == len(_FILES) and told.endswith("}"):
            return told
    made = "\n".join(_font_face(weight, style) for weight, style in _FILES.items())
    # a folder that cannot be written to costs a second each time, nothing else
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as beside:
            written = Path(beside) / kept.name
            written.write_text(made, encoding="ascii")
            written.replace(kept)
    return made


def _font_mark() -> str:
    """Return a hash of all that the rules are made of: files, letters, the program that cuts."""
    told = hashlib.sha256(f"{fonttools_version} {LETTERS} {FEATURES}".encode())
    for style in _FILES.values():
        told.update((font_folder() / f"SourceSansPro-{style}.ttf").read_bytes())
    return told.hexdigest()[:32]


@functools.cache
def letters_of(style: str) -> bytes:
    """Return the letters of French and English in one style of the typeface, as TrueType.

    They are kept in the user's cache folder like the rules of pages.
    """
    kept = cache_folder() / "fonts" / f"{_font_mark()}-{style}.ttf"
    with contextlib.suppress(OSError):
        told = kept.read_bytes()
        if told[:4] == b"\0\1\0\0" and len(told) > len(FEATURES):
            return told
    made = _subset(style)
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as beside:
            written = Path(beside) / kept.name
            written.write_bytes(made)
            written.replace(kept)
    return made


def _subset(style: str, flavor: str | None = None) -> bytes:
    options = subset.Options(flavor=flavor, layout_features=list(FEATURES), recalc_timestamp=False)
    font = subset.load_font(str(font_folder() / f"SourceSansPro-{style}.ttf"), options)
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=LETTERS)
    chosen.subset(font)
    held = io.BytesIO()
    subset.save_font(font, held, options)
    font.close()
    return held.getvalue()


def _font_face(weight: int, style: str) -> str:
    data = base64.b64encode(_subset(style, "woff")).decode("ascii")
    return (
        f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};font-display:swap;'
        f'src:url(data:font/woff;base64,{data}) format("woff")}}'
    )
