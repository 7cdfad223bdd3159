"""A document as a workbook: one sheet per table, chart and map, a dictionary, the provenance."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

from assemblier.blocks import Bars, Cell, Document, Figure, Lines, MapBlock, TableBlock
from assemblier.publish.cells import as_cell
from assemblier.publish.layout import layout, note_lines, printed_figures
from assemblier.publish.marks import marks_of
from assemblier.publish.style import ON_STATUS

__all__ = ["render_xlsx", "sheet_names"]

FORBIDDEN = dict.fromkeys(map(ord, "[]:*?/\\'"), "-")
LONGEST = 31
RESERVED = ("Lisez-moi", "Chiffres imprimés", "Provenance", "Dictionnaire")
LEAST_NOTE, STANDARD = 75.0, 8.43
"""Least width of the notes of a sheet and width of an empty column, in letters."""
FIRST_ROW = 3
"""Rows above the data: title, empty, headings."""


def sheet_names(document: Document) -> dict[str, str]:
    """Return the name of the sheet of each table, chart and map: short, unique, legal."""
    taken = {name.casefold() for name in RESERVED}
    names: dict[str, str] = {}
    for block in layout(document).visuals:
        base = block.id.translate(FORBIDDEN)[:LONGEST] or "feuille"
        name, count = base, 1
        while name.casefold() in taken:
            count += 1
            name = f"{base[: LONGEST - len(str(count)) - 1]}_{count}"
        taken.add(name.casefold())
        names[block.id] = name
    return names


def render_xlsx(document: Document) -> bytes:
    """Render a document as a workbook; numbers are numbers that show as they are printed."""
    held = io.BytesIO()
    book = xlsxwriter.Workbook(
        held, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": document.title, "subject": document.kind, "author": "Assemblier"})
    _Writer(book, document).whole()
    book.close()
    return held.getvalue()


class _Writer:
    def __init__(self, book: Any, document: Document) -> None:
        self.book = book
        self.document = document
        self.laid = layout(document)
        self.names = sheet_names(document)
        self.formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def format(self, **properties: object) -> Any:
        wanted = {"font_name": "Calibri", "font_size": 11, "valign": "top", **properties}
        key = tuple(sorted(wanted.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(wanted)
        return self.formats[key]

    def heading(self, *, right: bool = False) -> Any:
        return self.format(
            bold=True,
            font_color="#0d3a4e",
            bg_color="#e6eef2",
            bottom=2,
            bottom_color="#14506a",
            text_wrap=True,
            valign="bottom",
            align="right" if right else "left",
        )

    def whole(self) -> None:
        self.readme()
        for block in self.laid.visuals:
            if isinstance(block, TableBlock):
                self.table(block)
            elif isinstance(block, Bars):
                self.bars(block)
            elif isinstance(block, Lines):
                self.lines(block)
            else:
                self.map(block)
        self.printed()
        self.dictionary()
        self.provenance()

    def readme(self) -> None:
        sheet = self.book.add_worksheet("Lisez-moi")
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 1, 100)
        told = self.document
        big = self.format(bold=True, font_size=18, font_color="#0d3a4e")
        label = self.format(bold=True, font_color="#14506a", text_wrap=True)
        text = self.format(text_wrap=True)
        sheet.write_string(0, 0, told.title, big)
        sheet.write_string(1, 0, told.kind, self.format(font_color="#8a430b", bold=True))
        row = 2
        if told.subtitle:
            sheet.write_string(row, 0, told.subtitle, self.format())
            row += 1
        sheet.write_string(row, 0, told.date, self.format(font_color="#56616b"))
        row += 2
        alert = self.format(bold=True, text_wrap=True, bg_color="#fff8ec", font_color="#7a3a06")
        for i, warning in enumerate(told.warnings):
            sheet.write_string(row, 0, "À régler avant diffusion" if i == 0 else "", alert)
            sheet.write_string(row, 1, warning, alert)
            row += 1
        row += 1
        for name, one in told.asked.items():
            sheet.write_string(row, 0, name, label)
            sheet.write_string(row, 1, one, text)
            row += 1
        row += 1
        for i, one in enumerate(told.sources):
            sheet.write_string(row, 0, "Sources" if i == 0 else "", label)
            sheet.write_string(row, 1, one, text)
            row += 1
        row += 1
        sheet.write_string(row, 0, "Feuilles", label)
        link = self.format(font_color="#14506a", underline=1)
        for block in self.laid.visuals:
            name = self.names[block.id]
            shown = f"{self.laid.captions[block.id].name}. {block.title}"
            sheet.write_url(row, 1, f"internal:'{name}'!A1", link, shown[:250])
            row += 1
        for name in RESERVED[1:]:
            sheet.write_url(row, 1, f"internal:'{name}'!A1", link, name)
            row += 1
        row += 1
        sheet.write_string(row, 0, "Signes", label)
        sheet.write_string(
            row,
            1,
            "Une cellule en italique gris est secrète, absente, hors d’atteinte ou sans objet : "
            "jamais un zéro. En italique violet : valeur estimée. Souligné : connaissance locale.",
            text,
        )

    def value(self, sheet: Any, row: int, column: int, cell: Cell, **more: object) -> None:
        """Write one cell of a table."""
        if cell is None:
            sheet.write_blank(row, column, None, self.format(**more))
            return
        if isinstance(cell, str):
            sheet.write_string(row, column, cell, self.format(**more))
            return
        told = self.document.provenance.get(cell.key)
        number = as_cell(cell.text, told.value if told else None)
        marks = marks_of(cell)
        if "e" in marks:
            more |= {"italic": True, "font_color": "#653b6e"}
        if "l" in marks:
            more |= {"underline": 1}
        if number is not None:
            sheet.write_number(
                row, column, number.number, self.format(num_format=number.format, **more)
            )
        else:
            quiet = {"italic": True, "font_color": "#56616b"} if cell.status != "ok" else {}
            sheet.write_string(row, column, cell.text, self.format(align="right", **(more | quiet)))

    def sheet(
        self,
        block: TableBlock | Bars | Lines | MapBlock,
        columns: Sequence[str],
        rows: Sequence[Sequence[Cell | float]],
        emphasised: frozenset[int] = frozenset(),
    ) -> None:
        """Write a sheet: title, headings, data, notes; headings frozen and filtered."""
        sheet = self.book.add_worksheet(self.names[block.id])
        name = self.laid.captions[block.id].name
        title = self.format(bold=True, font_size=13, font_color="#0d3a4e")
        sheet.write_string(0, 0, f"{name}. {block.title}", title)
        widths = [_width(text, [row[j] for row in rows]) for j, text in enumerate(columns)]
        for j, text in enumerate(columns):
            right = any(isinstance(row[j], (Figure, float)) for row in rows)
            sheet.write_string(FIRST_ROW - 1, j, text, self.heading(right=right))
            sheet.set_column(j, j, widths[j])
        lines = max((len(t) // w + 1 for t, w in zip(columns, widths, strict=True)), default=1)
        sheet.set_row(FIRST_ROW - 1, 15.5 * min(lines, 5))
        for i, row in enumerate(rows):
            more: dict[str, object] = (
                {"bold": True, "bg_color": "#f3f6f7"} if i in emphasised else {}
            )
            for j, cell in enumerate(row):
                if isinstance(cell, float):
                    form = self.decimals(block)
                    sheet.write_number(FIRST_ROW + i, j, cell, self.format(num_format=form))
                else:
                    self.value(sheet, FIRST_ROW + i, j, cell, **more)
        if columns:
            sheet.autofilter(FIRST_ROW - 1, 0, FIRST_ROW - 1 + len(rows), len(columns) - 1)
        sheet.freeze_panes(FIRST_ROW, 1)
        self.notes(sheet, FIRST_ROW + len(rows) + 1, block, widths)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(FIRST_ROW - 1)

    def notes(
        self,
        sheet: Any,
        row: int,
        block: TableBlock | Bars | Lines | MapBlock,
        widths: Sequence[float],
    ) -> None:
        """Write the notes under a table, wrapped over its columns, so that it prints no wider."""
        small = self.format(font_size=9, font_color="#56616b", text_wrap=True)
        room, last = 0.0, 0
        while room < LEAST_NOTE or last < len(widths):
            room += widths[last] if last < len(widths) else STANDARD
            last += 1
        for i, (what, text) in enumerate(note_lines(block.note)):
            told = f"{what} : {text}"
            sheet.merge_range(row + i, 0, row + i, last - 1, told, small)
            sheet.set_row(row + i, 12.5 * (int(len(told) / room) + 1))
        sheet.print_area(0, 0, row + len(note_lines(block.note)), max(last, len(widths)) - 1)

    @staticmethod
    def decimals(block: object) -> str:
        count = block.decimals if isinstance(block, Lines) else 0
        body = "#,##0" + ("." + "0" * count if count else "")
        return f'{body};"−"{body}'

    def table(self, block: TableBlock) -> None:
        self.sheet(block, block.columns, block.rows, block.emphasised)

    def bars(self, block: Bars) -> None:
        unit = f"Valeur ({block.unit})" if block.unit else "Valeur"
        self.sheet(
            block,
            ("Libellé", unit),
            list(zip(block.labels, block.texts, strict=True)),
            block.highlighted,
        )

    def lines(self, block: Lines) -> None:
        def cell(name: str, at: int) -> Cell | float:
            figure = block.texts[name][at] if name in block.texts else None
            value = block.series[name][at]
            return figure or ("absent" if value is None else float(value))

        rows: list[list[Cell | float]] = [
            [str(year), *(cell(name, at) for name in block.series)]
            for at, year in enumerate(block.years)
        ]
        self.sheet(block, ("Année", *block.series), rows)

    def map(self, block: MapBlock) -> None:
        unit = f"Valeur ({block.unit})" if block.unit else "Valeur"
        rows: list[list[Cell | float]] = []
        for code, name in block.zones.items():
            place = block.class_of.get(code)
            status = block.status_of.get(code, "ok" if code in block.class_of else "absent")
            rows.append(
                [
                    code,
                    name,
                    block.texts.get(code, "absent"),
                    ON_STATUS.get(status, status),
                    "" if place is None else block.classes[place].label,
                    "oui" if code in block.outline else "non",
                ]
            )
        self.sheet(block, ("Code", "Zone", unit, "Statut", "Classe", "Dans le territoire"), rows)

    def plain(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
        """Write a sheet of texts and numbers with headings on its first row."""
        sheet = self.book.add_worksheet(name)
        for j, text in enumerate(columns):
            sheet.write_string(0, j, text, self.heading())
        for i, row in enumerate(rows, start=1):
            for j, cell in enumerate(row):
                if isinstance(cell, Figure):
                    self.value(sheet, i, j, cell)
                elif isinstance(cell, float):
                    sheet.write_number(i, j, cell, self.format())
                elif cell:
                    sheet.write_string(i, j, str(cell)[:32000], self.format())
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        if columns:
            sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
        for j, text in enumerate(columns):
            sheet.set_column(j, j, _width(text, [row[j] for row in rows]))
        return sheet

    def printed(self) -> None:
        rows = [
            (p.chapter, p.place, p.beside, p.figure, ON_STATUS.get(p.figure.status, ""),
             "oui" if p.figure.local else "", p.figure.key)
            for p in printed_figures(self.document)
        ]  # fmt: skip
        columns = ("Chapitre", "Où", "À propos de", "Imprimé", "Statut", "Local", "Clé")
        self.plain("Chiffres imprimés", columns, rows)

    def dictionary(self) -> None:
        told = self.document
        width = max((len(row) for row in told.dictionary), default=len(told.dictionary_columns))
        columns = (*told.dictionary_columns, *("" for _ in range(width)))[:width]
        rows: list[tuple[str, ...]] = [
            (*row, *("" for _ in range(width - len(row)))) for row in told.dictionary
        ]
        self.plain("Dictionnaire", columns, rows)

    def provenance(self) -> None:
        told: Mapping[str, Any] = self.document.provenance
        rows = [
            (
                one.key,
                one.label,
                one.zone,
                one.year,
                _number(one.value),
                _number(one.low),
                _number(one.high),
                one.unit,
                ON_STATUS.get(one.status, one.status) or "valeur publiée ou calculée",
                one.reason,
                one.definition,
                "\n".join(one.sources),
                " ; ".join(f"{k} = {v}" for k, v in one.parameters.items()),
                one.method,
                " ".join(one.says_not),
            )
            for one in told.values()
        ]
        columns = (
            "Clé", "Indicateur", "Zone", "Année", "Valeur non arrondie", "Borne basse",
            "Borne haute", "Unité", "Statut", "Raison", "Définition", "Sources", "Paramètres",
            "Méthode", "Ne dit pas",
        )  # fmt: skip
        self.plain("Provenance", columns, rows)


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _width(heading: str, cells: Sequence[object]) -> float:
    """Return the width of a column: what its texts ask, within bounds."""

    def length(cell: object) -> int:
        if isinstance(cell, Figure):
            return len(cell.text) + 1
        return len(str(cell)) if cell is not None else 0

    longest = max((length(cell) for cell in cells), default=0)
    word = max((len(part) for part in heading.split()), default=0) + 3
    return float(min(max(longest + 2, word, 9), 48))
