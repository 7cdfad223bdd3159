"""A printed figure as a spreadsheet cell: a true number that shows as it is printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from assemblier.language import THIN

__all__ = ["NumberCell", "as_cell", "shown"]

PRINTED = re.compile(
    r"(?P<sign>[+−-]?)(?P<whole>\d{1,3}(?:[\u202f\u00a0]\d{3})+|\d+)(?:,(?P<part>\d+))?"
    r"(?P<tail>[^\d\"]*)"
)
FORMAT = re.compile(
    r"(?P<plus>\+?)(?P<grouped>#,##)?0(?:\.(?P<part>0+))?(?P<tail>(?:\"[^\"]*\")?%?)"
)


@dataclass(frozen=True, slots=True)
class NumberCell:
    """A number and the format that makes it show as printed."""

    number: float
    format: str


def as_cell(text: str, value: float | None) -> NumberCell | None:
    """Return the number cell of a printed figure; None where only the text can be written.

    The value is kept whole as long as the spreadsheet, which rounds halves away from zero, shows
    what is printed; otherwise the printed value is written.
    """
    found = PRINTED.fullmatch(text)
    if value is None or found is None:
        return None
    part = found["part"] or ""
    digits = re.sub(r"\D", "", found["whole"])
    printed = Decimal(f"{digits}.{part}" if part else digits)
    if found["sign"] in ("−", "-"):
        printed = -printed
    tail = found["tail"]
    step = Decimal(1).scaleb(-len(part))
    exact = Decimal(repr(float(value)))
    share = tail.strip("\u202f\u00a0 ") == "%"
    # a year is printed without the space of thousands
    grouped = len(found["whole"]) <= 3 or found["whole"] != digits
    body = ("#,##0" if grouped else "0") + ("." + "0" * len(part) if part else "")
    for scale in (100, 1) if share else (1,):
        if abs(exact * scale - printed) > step * Decimal("0.5000001"):
            continue
        percent = share and scale == 100
        end = (
            (f'"{tail[:-1]}"%' if tail[:-1] else "%") if percent else (f'"{tail}"' if tail else "")
        )
        form = f'{body}{end};"−"{body}{end}'
        if found["sign"] == "+":
            form = f"+{form}"
        if (exact * scale).quantize(step, ROUND_HALF_UP) == printed:
            return NumberCell(float(value), form)
        return NumberCell(float(printed / scale), form)
    return None


def shown(number: float, form: str) -> str:
    """Return what a French spreadsheet shows for a number in one of our formats."""
    found = FORMAT.fullmatch(form.partition(";")[0])
    if found is None:
        raise ValueError(f"not one of our formats: {form!r}")
    tail = found["tail"].replace('"', "")
    scale = 100 if tail.endswith("%") and found["tail"].endswith("%") else 1
    decimals = len(found["part"] or "")
    value = (Decimal(repr(float(number))) * scale).quantize(
        Decimal(1).scaleb(-decimals), ROUND_HALF_UP
    )
    text = f"{abs(value):,.{decimals}f}".replace(",", THIN if found["grouped"] else "")
    text = text.replace(".", ",")
    sign = "−" if value < 0 else found["plus"] if value > 0 else ""
    return sign + text + tail
