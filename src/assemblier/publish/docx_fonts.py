"""The typeface inside the text-processor file, so that it reads the same on every machine.

Word and LibreOffice take typefaces from the file itself: obfuscated, as ECMA-376 asks (part 4,
section 2.8.1: the first 32 bytes are combined with a key written beside them).
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from assemblier.publish.style import FAMILY, letters_of

__all__ = ["embed"]

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/font"
CONTENT = "application/vnd.openxmlformats-officedocument.obfuscatedFont"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = {"embedRegular": "Regular", "embedBold": "Bold", "embedItalic": "It"}


def embed(docx: Any, held: Any) -> None:
    """Put the letters of the typeface into a file made from no template."""
    table = next(
        relation.target_part
        for relation in held.part.rels.values()
        if relation.reltype.endswith("/fontTable")
    )
    declared = docx.oxml.parse_xml(table.blob)
    font = docx.oxml.parse_xml(
        f'<w:font xmlns:w="{WORD}" w:name="{FAMILY}"><w:charset w:val="00"/>'
        '<w:family w:val="swiss"/><w:pitch w:val="variable"/></w:font>'
    )
    for at, (tag, style) in enumerate(STYLES.items(), start=1):
        letters = letters_of(style)
        key = uuid.UUID(bytes=hashlib.sha256(letters).digest()[:16], version=4)
        part = docx.opc.part.Part(
            docx.opc.packuri.PackURI(f"/word/fonts/font{at}.odttf"),
            CONTENT,
            _obfuscated(letters, key),
            held.part.package,
        )
        link = table.relate_to(part, RELATION)
        font.append(
            docx.oxml.parse_xml(
                f'<w:{tag} xmlns:w="{WORD}" xmlns:r="{OFFICE}" r:id="{link}" '
                f'w:fontKey="{{{str(key).upper()}}}"/>'
            )
        )
    declared.append(font)
    table._blob = docx.oxml.xmlchemy.serialize_for_reading(declared).encode()  # noqa: SLF001
    settings = held.settings.element
    # the schema wants it among the first settings
    before = settings.find(f"{{{WORD}}}zoom")
    asked = docx.oxml.parse_xml(f'<w:embedTrueTypeFonts xmlns:w="{WORD}"/>')
    if before is not None:
        before.addnext(asked)
    else:
        settings.insert(0, asked)


def _obfuscated(letters: bytes, key: uuid.UUID) -> bytes:
    mask = (bytes(reversed(key.bytes)) * 2)[:32]
    return bytes(a ^ b for a, b in zip(letters[:32], mask, strict=True)) + letters[32:]
