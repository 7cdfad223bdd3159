"""Runs and fields of the text-processor file."""

from __future__ import annotations

from xml.sax.saxutils import escape

__all__ = ["ILLEGAL", "field", "run"]

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
