"""Real geography, read plainly from the producers' files for the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from assemblier.territory.passage import Passage


@dataclass(frozen=True)
class RealGeography:
    folder: Path
    passage: Passage
    populations: pd.DataFrame  # rows: code, columns: COG year

    def population(self, vintage: int) -> pd.Series:
        return self.populations[vintage].dropna()

    def communes(self, vintage: int) -> pd.DataFrame:
        raw = pd.read_csv(
            self.folder / "insee" / f"table_appartenance_{vintage}.csv", dtype=str
        ).dropna(subset=["CODGEO"])
        return raw.rename(
            columns={"CODGEO": "code", "LIBGEO": "nom", "DEP": "departement", "REG": "region"}
        )[["code", "nom", "departement", "region"]].reset_index(drop=True)

    def communes_by_vintage(self) -> dict[int, frozenset[str]]:
        return {year: frozenset(self.population(year).index) for year in self.populations}


@pytest.fixture(scope="session")
def real_geography(real_data: Path) -> RealGeography:
    steps = pd.read_csv(
        real_data / "insee" / "passage_communes.csv",
        dtype={"code_from": str, "code_to": str, "typemodif": str},
    ).rename(columns={"typemodif": "kind"})
    populations = pd.read_csv(
        real_data / "insee" / "populations_1968_2024.csv", dtype={"CODGEO": str}
    ).set_index("CODGEO")
    populations.columns = [int(name[-4:]) for name in populations.columns]
    return RealGeography(real_data, Passage.of(steps), populations)
