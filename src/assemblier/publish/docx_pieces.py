"""Runs, fields and column widths of the text-processor file."""

from __future__ import annotations

from xml.sax.saxutils import escape

from assemblier.blocks import Figure, TableBlock
from assemblier.publish.style import text_width

__all__ = ["ILLEGAL", "asked_widths", "field", "run", "shared_widths"]

CM_PER_EM = 0.4
"""Width of an em of the text of tables, with room for a typeface a little broader than ours."""

ILLEGAL = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])
"""Control characters that XML does not take."""


def legal(text: str) -> str:
    """Return a text as XML takes it."""
    return escape(text.translate(ILLEGAL))


def run(text: str, style: str = "", *, bold: bool = False, raised: bool = False) -> str:
    """Write a run of text."""
    marks = (
        (f'<w:rStyle w:val="{style}"/>' if style else "")
        + ("<w:b/>" if bold else "")
        + ('<w:vertAlign w:val="superscript"/>' if raised else "")
    )
    properties = f"<w:rPr>{marks}</w:rPr>" if marks else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{legal(text)}</w:t></w:r>'


def field(code: str, shown: str, *, dirty: bool = False) -> str:
    """Write a field with what it shows until it is refreshed."""
    refresh = ' w:dirty="true"' if dirty else ""
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"{refresh}/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {escape(code)} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f"{run(shown)}"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def asked_widths(block: TableBlock) -> list[float]:
    """Return what each column of a table asks, in centimetres."""
    asked = []
    for position, name in enumerate(block.columns):
        texts = [row[position] for row in block.rows]
        longest = max(
            (text_width(c.text if isinstance(c, Figure) else c or "", 1.0, 600) for c in texts),
            default=0.0,
        )
        word = max((text_width(part, 1.0, 600) for part in name.split()), default=0.0)
        asked.append(max(min(longest, 12.0), word) * CM_PER_EM + 0.45)
    return asked


def shared_widths(widths: list[float], room: float) -> list[float]:
    """Share the width of the page, unless the table is narrow enough to keep its own."""
    total = sum(widths)
    return [width * room / total for width in widths] if total > room * 0.7 else widths
