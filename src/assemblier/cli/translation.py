"""The second language of the command line, from a catalogue of translators (gettext ``.po``).

The sentences of the program are French; the catalogue is read only when English is asked for.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from pathlib import Path

__all__ = ["LANGUAGES", "catalogue", "translated"]

LANGUAGES = ("fr", "en")


def translated(text: str, language: str) -> str:
    """Return a text in a language; what the catalogue lacks stays in French."""
    return text if language == LANGUAGES[0] else catalogue(language).get(text, text)


@functools.cache
def catalogue(language: str) -> Mapping[str, str]:
    """Read the catalogue of a language: French → translation."""
    path = Path(__file__).parent / "translations" / f"{language}.po"
    entries: dict[str, str] = {}
    texts: dict[str, list[str]] = {"msgid": [], "msgstr": []}
    kind = "msgid"
    for line in [*path.read_text(encoding="utf-8").splitlines(), 'msgid ""']:
        word, _, quoted = line.partition(" ")
        if word == "msgid":
            if texts["msgid"]:
                entries["".join(texts["msgid"])] = "".join(texts["msgstr"])
            texts = {"msgid": [], "msgstr": []}
        if word in texts:
            kind = word
        else:
            quoted = line
        if quoted.startswith('"'):
            texts[kind].append(str(ast.literal_eval(quoted)))
    entries.pop("", None)
    return entries
