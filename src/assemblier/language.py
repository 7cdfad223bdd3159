"""How numbers, dates and lists are written, in French first.

French numbers take a narrow no-break space between thousands (U+202F) and a decimal comma.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

__all__ = ["date", "enumeration", "number", "percent", "plain", "plural", "signed"]

THIN = "\u202f"
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def number(value: float, decimals: int = 0) -> str:
    """Write a number in French: ``12 345,6`` with a narrow no-break space.

    Rounds half away from zero on the decimal writing, as spreadsheets and producers do: 3.605 is
    3,61. Never prints ``-0``.
    """
    if not math.isfinite(value):
        raise ValueError("only finite numbers are printed")
    exact = Decimal(repr(float(value)))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{rounded:,.{decimals}f}".replace(",", THIN).replace(".", ",")
    if text.startswith("-"):
        text = "−" + text[1:]
        if not text.strip("−0," + THIN):
            text = text[1:]
    return text


def signed(value: float, decimals: int = 0) -> str:
    """Write a number with its sign, as a change is written."""
    text = number(value, decimals)
    return text if text.startswith("−") or not text.strip("0," + THIN) else f"+{text}"


def percent(share: float, decimals: int = 1) -> str:
    """Write a share between 0 and 1 as a percentage: ``12,3 %``."""
    return f"{number(100 * share, decimals)}{THIN}%"


def plural(count: float, one: str, many: str | None = None) -> str:
    """Return the word that agrees with a count; in French, below 2 is singular."""
    return one if abs(count) < 2 else (many if many is not None else f"{one}s")


def date(day: dt.date) -> str:
    """Write a day in French: ``1er mars 2024``."""
    first = "1er" if day.day == 1 else str(day.day)
    return f"{first} {MONTHS[day.month - 1]} {day.year}"


def enumeration(items: Sequence[str], last: str = "et") -> str:
    """Write a list as a sentence does: ``a, b et c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def plain(text: str) -> str:
    """Return a text without accents, case and punctuation, to compare names and headings."""
    stripped = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE"))
    letters = "".join(c if c.isalnum() else " " for c in stripped if not unicodedata.combining(c))
    return " ".join(letters.lower().split())
