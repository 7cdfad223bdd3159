"""The machine-readable twin of a document: every block, every figure, all its provenance.

Shapes are left to the GeoPackage.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assemblier import blocks
from assemblier.blocks import Document
from assemblier.errors import BadInput, Problem

__all__ = ["FORMAT", "read_json", "render_json"]

FORMAT = "assemblier/document/1"
KINDS: dict[str, Any] = {
    name: kind for name in blocks.__all__ if dataclasses.is_dataclass(kind := getattr(blocks, name))
}
SETS = frozenset({"emphasised", "outline"})


def render_json(document: Document) -> str:
    """Render a document as JSON; the same document reads back, without its shapes."""
    told = _plain(dataclasses.replace(document, shapes={}))
    return json.dumps({"format": FORMAT, "document": told}, ensure_ascii=False, indent=1)


def read_json(path: Path) -> Document:
    """Read a document back from its twin.

    Raises
    ------
    BadInput
        When the file is not such a twin.
    """
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(
            Problem("le fichier n’est pas du JSON lisible", file=path.name, value=str(error))
        ) from error
    if not isinstance(held, dict) or held.get("format") != FORMAT:
        raise BadInput(
            Problem(
                "ce n’est pas le jumeau d’un document",
                file=path.name,
                value=str(held.get("format")) if isinstance(held, dict) else None,
                allowed=FORMAT,
            )
        )
    made = _built(held["document"])
    assert isinstance(made, Document)
    return made


def _plain(one: Any) -> Any:
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        fields = {f.name: _plain(getattr(one, f.name)) for f in dataclasses.fields(one)}
        return {"is": type(one).__name__, **fields}
    if isinstance(one, Mapping):
        return {str(key): _plain(value) for key, value in one.items()}
    if isinstance(one, frozenset):
        return sorted(one)
    if isinstance(one, (list, tuple)):
        return [_plain(value) for value in one]
    return one


def _built(one: Any) -> Any:
    if isinstance(one, list):
        return tuple(_built(value) for value in one)
    if not isinstance(one, dict):
        return one
    kind = KINDS.get(one.get("is", ""))
    if kind is None:
        return {key: _built(value) for key, value in one.items()}
    fields: dict[str, Any] = {}
    for name, value in one.items():
        if name == "is":
            continue
        built = _built(value)
        if name in SETS or (name == "highlighted" and kind is blocks.Bars):
            built = frozenset(built)
        elif name == "tone":
            built = blocks.Tone(built)
        elif name == "form":
            built = blocks.Form(built)
        fields[name] = built
    return kind(**fields)
