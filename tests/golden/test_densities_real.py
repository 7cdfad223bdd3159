"""Densities of professionals against sums made by hand from the raw files."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from assemblier.indicators.compute import compute
from assemblier.indicators.context import Context
from assemblier.indicators.registry import INDICATORS

pytestmark = pytest.mark.real


def test_density_of_gps_in_paris_and_france(real_data: Path, real_context: Context) -> None:
    total, paris = 0.0, 0.0
    with zipfile.ZipFile(real_data / "insee" / "bpe19_ensemble_csv.zip") as archive:
        text = io.TextIOWrapper(archive.open(archive.namelist()[0]), encoding="utf-8")
        for row in csv.DictReader(text, delimiter=";"):
            if row["TYPEQU"] == "D201":
                # Mayotte has no population in the source at hand
                total += float(row["NB_EQUIP"]) if not row["DEPCOM"].startswith("976") else 0.0
                paris += float(row["NB_EQUIP"]) if row["DEPCOM"].startswith("75") else 0.0
    people: dict[str, float] = {}
    with (real_data / "insee" / "populations_1968_2024.csv").open(encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            if row["POP_COG2021"]:
                people[row["CODGEO"]] = float(row["POP_COG2021"])
    results = compute(real_context, [INDICATORS["mg_densite"]], ["france", "departement"])
    found = results.value("mg_densite", "departement", "75", "2019").value
    assert found == pytest.approx(10_000 * paris / people["75056"], rel=1e-12)
    national = results.value("mg_densite", "france", "FR", "2019").value
    assert national == pytest.approx(10_000 * total / sum(people.values()), rel=1e-9)
