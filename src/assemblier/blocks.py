"""The blocks that a document is made of, whatever its format.

A room writes blocks; the renderers know blocks and nothing else. A number in a block is a
:class:`Figure`: its printed text and the result row it comes from, so that every format prints the
same text and every printed number unfolds to its sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = [
    "Bars",
    "Block",
    "Bullets",
    "Callout",
    "Cell",
    "Document",
    "Figure",
    "Form",
    "Gap",
    "Heading",
    "Inline",
    "KeyFigure",
    "KeyFigures",
    "Lines",
    "MapBlock",
    "MapClass",
    "Paragraph",
    "Provenance",
    "Section",
    "SourceNote",
    "Strong",
    "TableBlock",
    "Tone",
]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as it is printed.

    Attributes
    ----------
    text
        What is printed, French, with its unit when the sentence needs it; ``secret`` or
        ``absent`` where there is no value.
    key
        Key of the result: ``indicator|zone|year``; the provenance of the document tells the rest.
    status
        ``ok``, ``estimated``, ``secret``, ``absent``, ``unreachable``, ``not_applicable``.
    local
        Whether local knowledge made it.
    """

    text: str
    key: str
    status: str = "ok"
    local: bool = False


class Strong(str):
    """Words of a sentence that are set bold, so that a list can be read by its first words."""

    __slots__ = ()


Inline = str | Figure
"""A piece of a sentence: words, strong words, a number."""

Cell = str | Figure | None
"""A cell of a table; None is empty."""


class Tone(StrEnum):
    """What a callout is for."""

    WARNING = "warning"
    LIMIT = "limit"
    FINDING = "finding"
    METHOD = "method"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a chapter; level 2 is the first below the chapter's title."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of text and figures."""

    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; each item is text and figures. ``ordered`` numbers it."""

    items: tuple[tuple[Inline, ...], ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Callout:
    """A boxed remark."""

    tone: Tone
    title: str
    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One big number with its label and what it is compared with."""

    label: str
    figure: Figure
    unit: str = ""
    compared: tuple[Inline, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """A row of key figures (three to five read best)."""

    items: tuple[KeyFigure, ...]


@dataclass(frozen=True, slots=True)
class SourceNote:
    """The note under a table, chart or map: producers, vintages, field, reading, cautions."""

    sources: tuple[str, ...]
    field: str = ""
    reading: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table.

    Attributes
    ----------
    id
        Stable identifier: name of the sheet, of the CSV, of the anchor.
    columns
        Headings.
    numeric
        One flag per column: right-aligned numbers.
    rows
        Cells, one tuple per row.
    emphasised
        Positions of rows to emphasise (the territory among its comparators).
    """

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]
    note: SourceNote
    emphasised: frozenset[int] = frozenset()
    annex: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart: one bar per label, with optional interval.

    ``values`` may hold None (drawn as *absent*); ``texts`` are the printed values.
    """

    id: str
    title: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    texts: tuple[Figure, ...]
    unit: str
    note: SourceNote
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    highlighted: frozenset[int] = frozenset()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """A line chart: several series over years; None is a gap.

    ``unit`` names the vertical axis; ``from_zero`` starts it at zero. ``texts`` holds the printed
    value of each point, for the series that unfold to their sources.
    """

    id: str
    title: str
    years: tuple[int, ...]
    series: Mapping[str, tuple[float | None, ...]]
    unit: str
    note: SourceNote
    decimals: int = 0
    highlighted: str = ""
    from_zero: bool = True
    description: str = ""
    texts: Mapping[str, tuple[Figure | None, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MapClass:
    """One class of a map: its label with bounds, its colour, how many zones are in it."""

    label: str
    colour: str
    count: int


@dataclass(frozen=True, slots=True)
class MapBlock:
    """A choropleth map.

    Attributes
    ----------
    zones
        Zone code → name; the geometry is found in ``Document.shapes[grid]``.
    values
        Zone code → value, None where there is none.
    texts
        Zone code → figure as printed.
    classes
        Legend, lowest first; missing, secret and estimated zones are drawn apart.
    class_of
        Zone code → position of its class; a zone without a class is drawn as its status says.
    status_of
        Zone code → status.
    outline
        Codes of the zones that make the territory, outlined.
    approximate
        True when the contours are Voronoi cells: printed under the map.
    labels
        Codes of the zones whose name helps to find one's way, the most useful first.
    called
        Zone → what it is called on the map, where its own name would not help.
    outlined
        What the outline is, for the legend.
    areas
        Zone → area it is in: a thin line parts the areas, so that they are told apart without
        colour; what the line is, for the legend, is ``parted``.
    hatched
        What the hatching of estimated zones says in the legend, when it is not that their value
        is estimated.
    counted
        What the zones are, in the plural, where the legend counts them.
    """

    id: str
    title: str
    grid: str
    unit: str
    zones: Mapping[str, str]
    values: Mapping[str, float | None]
    texts: Mapping[str, Figure]
    classes: tuple[MapClass, ...]
    class_of: Mapping[str, int]
    status_of: Mapping[str, str]
    note: SourceNote
    outline: frozenset[str] = frozenset()
    approximate: bool = False
    description: str = ""
    labels: tuple[str, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)
    outlined: str = "limite du territoire"
    areas: Mapping[str, str] = field(default_factory=dict)
    parted: str = ""
    hatched: str = ""
    counted: str = "zones"


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing here, what would fill it, where to get it."""

    missing: str
    fills: str
    where: str


Block = (
    Heading
    | Paragraph
    | Bullets
    | Callout
    | KeyFigures
    | TableBlock
    | Bars
    | Lines
    | MapBlock
    | Gap
)
"""Anything a chapter may hold."""


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter as it is printed."""

    id: str
    number: int
    title: str
    question: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """All that a printed number unfolds to.

    Attributes
    ----------
    key
        ``indicator|zone|year``.
    label, definition, value
        Indicator in French, its definition, the value unrounded (None when absent).
    status, reason
        As in the result; the reason as a sentence.
    sources
        One line per source: citation, licence, file, sha256, rows read.
    parameters
        Name → value and reference.
    method
        How it was computed.
    says_not
        What the figure does not say.
    """

    key: str
    label: str
    zone: str
    year: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    status: str
    reason: str
    definition: str
    sources: tuple[str, ...]
    parameters: Mapping[str, str]
    method: str
    says_not: tuple[str, ...]


class Form(StrEnum):
    """How a document is meant to be read.

    ``report`` has contents and annexes; ``brief`` is a few dense pages without them; ``sheets``
    is a brief whose sections each begin on a sheet of their own.
    """

    REPORT = "report"
    BRIEF = "brief"
    SHEETS = "sheets"


@dataclass(frozen=True, slots=True)
class Document:
    """A document whole, ready for any renderer.

    Attributes
    ----------
    id
        Base of the file names.
    kind
        What it is: ``Diagnostic territorial de santé``…
    warnings
        Printed on the first page of every format until they are settled.
    sources
        Citations, one per source used.
    asked
        What was asked, as label → text (lake, version of the program, vintages…).
    provenance
        Key → provenance of every figure.
    shapes
        Grid → zone → geometry (shapely, WGS 84).
    dictionary, dictionary_columns
        Rows of the data dictionary and the headings of their columns.
    form
        How it is meant to be read: what its pages hold beside its sections.
    """

    id: str
    kind: str
    title: str
    subtitle: str
    date: str
    sections: tuple[Section, ...]
    warnings: tuple[str, ...]
    sources: tuple[str, ...]
    asked: Mapping[str, str]
    provenance: Mapping[str, Provenance]
    shapes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    glossary: Mapping[str, str] = field(default_factory=dict)
    dictionary: Sequence[tuple[str, ...]] = ()
    dictionary_columns: tuple[str, ...] = (
        "Identifiant",
        "Libellé",
        "Unité",
        "Définition",
        "Source",
    )
    form: Form = Form.REPORT
