"""Figures of the real open data against the raw files, read here with csv, zipfile and openpyxl only."""

from __future__ import annotations

import csv
import io
import math
import random
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from assemblier.indicators.compute import Results, compute, unfold
from assemblier.indicators.context import Context
from assemblier.indicators.registry import INDICATORS
from assemblier.sources.catalogue import Catalogue
from assemblier.tables import TABLES
from assemblier.territory.territory import Territory, TerritorySpec, resolve
from assemblier.values import Reason, Status

pytestmark = pytest.mark.real


@lru_cache
def rows_of(path: Path) -> tuple[tuple[str, list[list[str]]], ...]:
    """Return the sheets of a raw file as rows of text; row n is at position n − 1."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        return tuple(
            (
                sheet.title,
                [
                    ["" if c is None else str(c) for c in row]
                    for row in sheet.iter_rows(values_only=True)
                ],
            )
            for sheet in book
        )
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            (name,) = [each for each in archive.namelist() if each.endswith(".csv")]
            content = archive.read(name)
    else:
        content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    separator = ";" if text[:2000].count(";") > text[:2000].count(",") else ","
    return (("", list(csv.reader(io.StringIO(text), delimiter=separator))),)


def table(path: Path) -> Iterator[dict[str, str]]:
    ((_, rows),) = rows_of(path)
    for row in rows[1:]:
        yield dict(zip(rows[0], row, strict=True))


@pytest.fixture(scope="module")
def listed(real_data: Path) -> tuple[str, ...]:
    """The 96 communes of Centre Ouest Bretagne, COG 2018."""
    path = real_data / "territoires" / "centre_ouest_bretagne_2018.csv"
    return tuple(row["code"] for row in table(path))


@pytest.fixture(scope="module")
def breton(listed: tuple[str, ...], real_context: Context) -> Territory:
    spec = TerritorySpec("Centre Ouest Bretagne", listed=listed, cog=2018)
    return resolve(spec, real_context.geography)


FORMULAS: Mapping[str, Callable[[list[pd.DataFrame]], float]] = {}


def total(frame: pd.DataFrame, column: str) -> float:
    return float(frame[column].astype("float64").sum())


def weighted(frame: pd.DataFrame) -> float:
    known = frame[frame["apl"].notna()]
    weight = known["population_standardisee"].astype("float64")
    return float((known["apl"] * weight).sum() / weight.sum())


FORMULAS = {
    "population": lambda read: total(read[0], "population"),
    "mg": lambda read: total(read[0], "nombre"),
    "infirmier": lambda read: total(read[0], "nombre"),
    "pharmacie": lambda read: total(read[0], "nombre"),
    "mg_densite": lambda read: 1e4 * total(read[0], "nombre") / total(read[1], "population"),
    "kine_densite": lambda read: 1e4 * total(read[0], "nombre") / total(read[1], "population"),
    "part_65plus": lambda read: 100 * total(read[0], "population") / total(read[1], "population"),
    "part_moins18": lambda read: 100 * total(read[0], "population") / total(read[1], "population"),
    "mg_liberaux": lambda read: total(read[0], "total"),
    "mg_60plus": lambda read: 100 * total(read[0], "plus60") / total(read[0], "total"),
    "apl_mg": lambda read: weighted(read[0]),
    "apl_mg_65": lambda read: weighted(read[0]),
}
"""Indicator → its figure from the rows it unfolds to, by its definition."""


@pytest.fixture(scope="module")
def results(real_context: Context, breton: Territory) -> Results:
    chosen = [*FORMULAS, "population_sous_2_5", "revenu_median", "population_tcam"]
    grids = ["commune", "epci", "departement", "france"]
    return compute(real_context, [INDICATORS[name] for name in chosen], grids, territory=breton)


def test_the_same_ground(listed: tuple[str, ...], breton: Territory) -> None:
    assert len(listed) == 96
    assert breton.cog == 2024
    assert len(breton.communes) == 95
    assert breton.log, "the merger since 2018 is told"


def test_population_of_2016(
    real_data: Path, listed: tuple[str, ...], results: Results, breton: Territory
) -> None:
    raw = {
        row["code"]: float(row["pop_municipale_2016"] or 0)
        for row in table(real_data / "sante" / "communes_age_social_mg_2016_2019.csv")
    }
    assert sum(raw.get(code, 0.0) for code in {*listed, *breton.communes}) == 94_530
    value = results.value("population", "territoire", breton.slug, "2016")
    assert (value.value, value.status) == (94_530, Status.OK)


def test_doctors_by_commune_in_2018(
    real_data: Path, listed: tuple[str, ...], results: Results, breton: Territory
) -> None:
    found: dict[str, int] = defaultdict(int)
    for row in table(real_data / "insee" / "bpe18_ensemble_csv.zip"):
        if row["TYPEQU"] == "D201" and row["DEPCOM"] in listed:
            found[row["DEPCOM"]] += int(float(row["NB_EQUIP"]))
    without = sum(code not in found for code in listed)
    few = sum(1 <= count <= 4 for count in found.values())
    assert (without, few, sum(count > 4 for count in found.values())) == (65, 28, 3)
    value = results.value("mg", "territoire", breton.slug, "2018")
    assert value.value == sum(found.values())
    # commune by commune, but for the one that another received since
    frame = results.frame
    kept = frame[
        (frame["indicator"] == "mg") & (frame["grid"] == "commune") & (frame["year"] == "2018")
    ]
    ours = kept.set_index("zone")["value"].to_dict()
    gone = set(listed) - set(breton.communes)
    differs = {code for code in breton.communes if ours[code] != found.get(code, 0)}
    assert len(gone) <= 2
    assert len(differs) <= 1
    assert sum(ours[code] for code in breton.communes) == sum(found.values())


def apl_by_hand(real_data: Path, year: int) -> dict[str, tuple[float, float, float]]:
    """Commune → APL, standardised population, plain population."""
    sheets = dict(rows_of(real_data / "drees" / "apl_generalistes_drees_2022_2023.xlsx"))
    found = {}
    for row in sheets[f"APL {year}"]:
        if len(row) > 5 and len(row[0]) == 5 and row[0][:2].isalnum() and row[2]:
            try:
                found[row[0]] = (float(row[2]), float(row[4]), float(row[5]))
            except ValueError:
                continue
    return found


@pytest.mark.parametrize("year", [2022, 2023])
def test_apl_is_weighted(real_data: Path, results: Results, breton: Territory, year: int) -> None:
    raw = apl_by_hand(real_data, year)
    assert len(raw) > 34_800
    inside = [raw[code] for code in breton.communes if code in raw]
    expected = sum(apl * weight for apl, weight, _ in inside) / sum(
        weight for _, weight, _ in inside
    )
    value = results.value("apl_mg", "territoire", breton.slug, str(year))
    assert value.value == pytest.approx(expected, rel=1e-3)
    whole = results.value("apl_mg", "france", "FR", str(year))
    weights = sum(weight for _, weight, _ in raw.values())
    assert whole.value == pytest.approx(
        sum(apl * weight for apl, weight, _ in raw.values()) / weights, rel=1e-4
    )
    finistere = [each for code, each in raw.items() if code.startswith("29")]
    value = results.value("apl_mg", "departement", "29", str(year))
    assert value.value == pytest.approx(
        sum(a * w for a, w, _ in finistere) / sum(w for _, w, _ in finistere), rel=1e-6
    )


def test_people_under_the_threshold(real_data: Path, results: Results) -> None:
    raw = apl_by_hand(real_data, 2022)
    share = (
        100 * sum(p for apl, _, p in raw.values() if apl < 2.5) / sum(p for _, _, p in raw.values())
    )
    value = results.value("population_sous_2_5", "france", "FR", "2022")
    assert value.value == pytest.approx(share, abs=0.01)
    assert value.value == pytest.approx(14.9, abs=0.1)


def test_lille(real_data: Path, results: Results) -> None:
    assert apl_by_hand(real_data, 2023)["59350"][0] == 6.106
    value = results.value("apl_mg", "commune", "59350", "2023")
    assert (value.value, value.status) == (6.106, Status.OK)


def test_no_median_of_medians(results: Results, breton: Territory) -> None:
    value = results.value("revenu_median", "territoire", breton.slug)
    assert (value.value, value.status, value.reason) == (None, Status.ABSENT, Reason.NOT_AGGREGABLE)


def test_paris_is_counted_once(real_data: Path, results: Results) -> None:
    raw = table(real_data / "insee" / "populations_1968_2024.csv")
    paris = [row for row in raw if row["CODGEO"].startswith("75")]
    known = {float(row[name] or 0) for row in paris for name in row if name.startswith("POP")}
    people = results.value("population", "commune", "75056", "2021")
    assert people.value is not None
    assert 2_000_000 < people.value < 2_300_000
    if len(paris) == 1:
        assert people.value in known
    department = results.value("population", "departement", "75", "2021")
    assert department.value == people.value


def test_a_population_changes_as_the_raw_ones(results: Results, breton: Territory) -> None:
    slug = breton.slug
    first = results.value("population", "territoire", slug, "1968").value
    last = results.value("population", "territoire", slug, "1999").value
    assert first
    assert last
    rate = results.value("population_tcam", "territoire", slug, "1968–1999").value
    assert rate == pytest.approx(100 * ((last / first) ** (1 / 31) - 1), rel=1e-9)


def numbers(cells: list[str]) -> list[float]:
    found = []
    for cell in cells:
        try:
            found.append(
                float(cell.strip().replace("\u202f", "").replace(" ", "").replace(",", "."))
            )
        except ValueError:
            continue
    return found


def same(value: float, cells: list[str]) -> bool:
    return any(math.isclose(value, each, rel_tol=1e-9, abs_tol=1e-9) for each in numbers(cells))


def raw_cells(real_data: Path, file: str, row: int, code: str) -> list[str]:
    """Return the cells of a line of a raw file that name a commune."""
    for _, rows in rows_of(real_data / file):
        if row <= len(rows) and any(cell.strip().zfill(5) == code for cell in rows[row - 1]):
            return rows[row - 1]
    pytest.fail(f"{file}, row {row} does not speak of {code}")


@pytest.mark.parametrize("draw", range(10))
def test_a_figure_picked_at_random_unfolds(
    draw: int, real_data: Path, real_context: Context, results: Results, breton: Territory
) -> None:
    """File, row, vintage, licence and parameters of ten figures; each equals the raw file by hand."""
    chosen = random.Random(1_000 + draw)
    frame = results.frame
    membership = real_context.geography.membership
    while True:
        name = chosen.choice(sorted(FORMULAS))
        grid = chosen.choice(["commune", "epci", "territoire"])
        kept = frame[
            (frame["indicator"] == name)
            & (frame["grid"] == grid)
            & (frame["status"] == "ok")
            & (frame["value"] > 0)
        ]
        if grid == "commune":
            # a commune that stayed itself, so that its raw row needs no conversion
            kept = kept[~kept["zone"].str.startswith(("75", "69", "13"))]
        if kept.empty:
            continue
        row = kept.iloc[chosen.randrange(len(kept))]
        break
    if grid == "territoire":
        communes = list(breton.communes)
    else:
        plain = membership[membership["arm"].isna()]
        communes = (
            [row["zone"]] if grid == "commune" else list(plain.index[plain[grid] == row["zone"]])
        )
    components = results.components[name, row["year"], row["vintage"]]
    unfolded = unfold(real_context, components, communes)
    assert unfolded
    cards = {card.id: card for card in Catalogue.load()}
    for read, rows in unfolded:
        # file, vintage, licence
        assert results.asked.sources[read.part.source] == read.part.sha256
        assert (real_data / read.part.file).is_file()
        assert cards[read.part.card].licence.name
        code = TABLES[read.part.table].geography
        assert code is not None
        # row by row
        sample = rows if len(rows) <= 40 else rows.sample(40, random_state=draw)
        for _, each in sample.iterrows():
            cells = raw_cells(real_data, read.part.file, int(each["_row"]), each[code])
            for column in read.columns:
                if pd.notna(each[column]):
                    assert same(float(each[column]), cells), (read.part.file, each.to_dict(), cells)
    by_hand = FORMULAS[name]([rows for _, rows in unfolded])
    assert row["value"] == pytest.approx(by_hand, rel=1e-3 if "apl" in name else 1e-9), (
        name,
        grid,
        row["zone"],
    )
    for parameter in INDICATORS[name].parameters:
        assert parameter in results.asked.parameters
    assert "zones.coverage.absent_below" in results.asked.parameters


def test_other_professions_are_told_in_merged_communes(
    real_data: Path, real_context: Context
) -> None:
    """The file of 2016 prints no weight: merged communes are weighed by their inhabitants of 2019."""
    raw = {
        row["code"]: row for row in table(real_data / "drees" / "apl_2016_autres_professions.csv")
    }
    people = {
        row["CODGEO"]: row["POP_COG2019"]
        for row in table(real_data / "insee" / "populations_1968_2024.csv")
    }
    held = {
        str(real_context.lake.read(part, ["profession"])["profession"].iloc[0]): part
        for part in real_context.parts("apl", source="drees-apl-autres@2016")
    }
    # Lignières-Sonneville took Ambleville in 2022, Culoz took Béon in 2023
    for merged, parts in {"16186": ("16186", "16010"), "01138": ("01138", "01039")}.items():
        weights = [float(people[each]) for each in parts]
        for profession in ("inf", "mk", "sf"):
            frame, _ = real_context.converted(
                held[profession],
                ["apl", "population_standardisee"],
                where={"annee": 2016, "profession": profession, "ages": "tous"},
            )
            values = [float(raw[each][f"apl_{profession}2016"]) for each in parts]
            expected = sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
            assert frame.loc[merged, "apl"] == pytest.approx(expected, rel=1e-9)
            assert frame["population_standardisee"].isna().all()  # nothing is published here
            assert frame["apl"].notna().sum() > 34_790
