"""The maps of a document as a GeoPackage: one layer per map, styled for QGIS."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import geopandas

from assemblier.blocks import Document, MapBlock
from assemblier.language import plain
from assemblier.publish.layout import layout, sentence
from assemblier.publish.maps import LEGEND_OF_STATUS

__all__ = ["layer_style", "render_gpkg"]

LONGEST = 60


def _layer_name(block_id: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", plain(block_id)).strip("_")[:LONGEST] or "carte"
    name, count = base, 1
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    taken.add(name)
    return name


def render_gpkg(document: Document, path: Path) -> tuple[str, ...]:
    """Write one layer per map of a document, with its style.

    Zones without a known contour are kept, without geometry.

    Returns
    -------
    tuple of str
        Names of the layers; empty, and no file, when the document has no map.
    """
    maps = [block for block in layout(document).visuals if isinstance(block, MapBlock)]
    if not maps:
        return ()
    taken: set[str] = set()
    layers: list[tuple[str, MapBlock]] = []
    for block in maps:
        name = _layer_name(block.id, taken)
        _table(document, block).to_file(path, layer=name, driver="GPKG", engine="pyogrio")
        layers.append((name, block))
    _write_styles(path, layers, document.warnings)
    return tuple(name for name, _ in layers)


def _table(document: Document, block: MapBlock) -> geopandas.GeoDataFrame:
    shapes = document.shapes.get(block.grid, {})
    codes = list(block.zones)
    placed = [block.class_of.get(code) for code in codes]
    told = {code: document.provenance.get(f.key) for code, f in block.texts.items()}
    columns: dict[str, list[object]] = {
        "code": list(codes),
        "nom": [block.zones[code] for code in codes],
        "valeur": [_float(block.values.get(code)) for code in codes],
        "imprime": [
            sentence((block.texts[code],)) if code in block.texts else "absent" for code in codes
        ],
        "statut": [_status(block, code) for code in codes],
        "classe": ["" if k is None else block.classes[k].label for k in placed],
        "rang_classe": [-1 if k is None else k + 1 for k in placed],
        "territoire": [int(code in block.outline) for code in codes],
        "cle": [block.texts[code].key if code in block.texts else "" for code in codes],
        "annee": [one.year if (one := told.get(code)) else "" for code in codes],
        "unite": [block.unit] * len(codes),
    }
    frame = geopandas.GeoDataFrame(
        columns, geometry=[shapes.get(code) for code in codes], crs="EPSG:4326"
    )
    frame["valeur"] = frame["valeur"].astype("float64")
    return frame


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _status(block: MapBlock, code: str) -> str:
    return block.status_of.get(code, "ok" if code in block.class_of else "absent")


def _fill(colour: str, edge: str = "255,255,255") -> str:
    return (
        '<layer class="SimpleFill" enabled="1" pass="0" locked="0"><Option type="Map">'
        f'<Option name="color" type="QString" value="{_rgb(colour)},255"/>'
        f'<Option name="outline_color" type="QString" value="{edge},255"/>'
        '<Option name="outline_width" type="QString" value="0.12"/>'
        '<Option name="outline_style" type="QString" value="solid"/>'
        '<Option name="style" type="QString" value="solid"/></Option></layer>'
    )


def _hatch(angle: int, colour: str, name: str) -> str:
    return (
        '<layer class="LinePatternFill" enabled="1" pass="0" locked="0"><Option type="Map">'
        f'<Option name="angle" type="QString" value="{angle}"/>'
        f'<Option name="color" type="QString" value="{_rgb(colour)},255"/>'
        '<Option name="distance" type="QString" value="1.6"/>'
        '<Option name="line_width" type="QString" value="0.3"/></Option>'
        f'<symbol alpha="1" type="line" name="@{name}@0" clip_to_extent="1">'
        '<layer class="SimpleLine" enabled="1" pass="0" locked="0"><Option type="Map">'
        f'<Option name="line_color" type="QString" value="{_rgb(colour)},255"/>'
        '<Option name="line_width" type="QString" value="0.3"/></Option></layer></symbol></layer>'
    )


def _rgb(colour: str) -> str:
    value = colour.lstrip("#")
    return ",".join(str(int(value[i : i + 2], 16)) for i in (0, 2, 4))


SYMBOLS_OF_STATUS = {
    "estimated": ("", 135, "#1d2730"),
    "secret": ("#e9ebed", 0, "#4c565e"),
    "absent": ("#ffffff", 45, "#8d979e"),
    "unreachable": ("#ffffff", 90, "#3b444b"),
    "not_applicable": ("#f1f1ef", None, ""),
}
"""Ground, angle of the hatching, its colour."""


def layer_style(block: MapBlock) -> str:
    """Return the QML of a map: a rule per class, one per status that has no class."""
    rules: list[str] = []
    symbols: list[str] = []

    def add(label: str, where: str, layers: str) -> None:
        number = len(symbols)
        rules.append(
            f'<rule key="{{{number:08d}-0000-4000-8000-000000000000}}" symbol="{number}" '
            f"label={quoteattr(label)} filter={quoteattr(where)}/>"
        )
        symbols.append(
            f'<symbol alpha="1" type="fill" name="{number}" clip_to_extent="1">{layers}</symbol>'
        )

    for position, entry in reversed(list(enumerate(block.classes, start=1))):
        add(
            f"{entry.label} ({entry.count})",
            f'"rang_classe" = {position}',
            _fill(entry.colour),
        )
    present = [_status(block, code) for code in block.zones]
    for status, label in LEGEND_OF_STATUS.items():
        count = present.count(status)
        if not count:
            continue
        ground, angle, colour = SYMBOLS_OF_STATUS[status]
        name = str(len(symbols))
        layers = _fill(ground, "141,151,158") if ground else ""
        if angle is not None:
            layers += _hatch(angle, colour, name)
        where = f"\"statut\" = '{status}'"
        if status != "estimated":
            where += ' AND "rang_classe" = -1'
        add(f"{label} ({count})", where, layers)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.28.0" styleCategories="Symbology|MapTips">'
        '<renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0">'
        f'<rules key="{{ffffffff-0000-4000-8000-000000000000}}">{"".join(rules)}</rules>'
        f"<symbols>{''.join(symbols)}</symbols></renderer-v2>"
        f"<mapTip>{escape('[% nom %] : [% imprime %]')}</mapTip>"
        "<layerGeometryType>2</layerGeometryType></qgis>"
    )


def _write_styles(
    path: Path, layers: list[tuple[str, MapBlock]], warnings: tuple[str, ...]
) -> None:
    """Write the table that QGIS reads its default styles from."""
    with contextlib.closing(sqlite3.connect(path)) as held, held:
        held.execute(
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
            "f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), "
            "f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, "
            "useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
            "update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"
        )
        held.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', '')"
        )
        _write_aliases(held, [name for name, _ in layers])
        for name, block in layers:
            held.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
                "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, "
                "owner) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '')",
                (name, name[:30], layer_style(block), block.title),
            )
            held.execute(
                "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?",
                (name, " ".join((_described(block), *warnings)), name),
            )


ALIASES = {
    "code": ("Code", "Code officiel géographique de la zone."),
    "nom": ("Nom", "Nom de la zone."),
    "valeur": ("Valeur", "Valeur non arrondie, vide quand il n’y en a pas : jamais un zéro."),
    "imprime": ("Valeur imprimée", "Comme dans le document ; « secret » ou « absent » sinon."),
    "statut": ("Statut", "ok, estimated (estimée), secret, absent, unreachable (hors d’atteinte)…"),
    "classe": ("Classe", "Classe de la légende."),
    "rang_classe": ("Rang de la classe", "1 pour la plus basse, −1 sans classe."),
    "territoire": ("Dans le territoire", "1 dans le territoire d’étude, 0 au-dehors."),
    "cle": ("Clé de provenance", "Clé du chiffre dans le classeur et le fichier d’échange."),
    "annee": ("Année", "Millésime de la valeur."),
    "unite": ("Unité", "Unité de la valeur."),
}
"""Field → its name for a reader, what it holds."""


def _write_aliases(held: sqlite3.Connection, names: list[str]) -> None:
    """Write the table that GDAL and QGIS read the names of fields from (GeoPackage, annex F.9)."""
    held.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_data_columns (table_name TEXT NOT NULL, "
        "column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT, "
        "constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), "
        "CONSTRAINT gdc_tn UNIQUE (table_name, name))"
    )
    held.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, "
        "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, "
        "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
    )
    held.execute(
        "INSERT INTO gpkg_extensions VALUES ('gpkg_data_columns', NULL, 'gpkg_schema', "
        "'http://www.geopackage.org/spec121/#extension_schema', 'read-write')"
    )
    held.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description) "
        "VALUES (?, ?, ?, ?, ?)",
        [
            (table, field, title, title, told)
            for table in names
            for field, (title, told) in ALIASES.items()
        ],
    )


def _described(block: MapBlock) -> str:
    parts = [block.title, f"unité : {block.unit}", *block.note.sources]
    if block.approximate:
        parts.append("contours approchés")
    return " ; ".join(parts)
