"""The artificial territory, its lake and its diagnosis, built once for the session."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pytest

from assemblier.demo.artificial import write_raw
from assemblier.diagnosis.assemble import Diagnosis, diagnose
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.sources.catalogue import Catalogue
from assemblier.territory.territory import Declared, Territory, TerritorySpec, resolve
from assemblier.usecases.lakes import build_lake
from assemblier.usecases.territories import read_communes

DAY = dt.date(2026, 3, 1)
OWN = {"offre": "Le Dr X part en juin.\n\nLe cabinet de la gare cherche un successeur."}


@dataclass(frozen=True)
class Made:
    lake: Path
    context: Context
    territory: Territory
    diagnosis: Diagnosis


def build(context: Context, territory: Territory, texts: dict[str, str] | None = None) -> Diagnosis:
    return diagnose(context, territory, catalogue=Catalogue.load(), texts=texts, today=DAY)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("artificial")
    told = write_raw(folder / "raw")
    build_lake(folder=folder / "raw", lake=folder / "lake")
    listed = read_communes(folder / "raw" / "territoires" / "territoire.csv")
    context = Context.of(Lake.open(folder / "lake"))
    spec = TerritorySpec(
        name=told.name,
        listed=tuple(listed.lines),
        cog=2024,
        declared=tuple(Declared(each.communes, each.said_by) for each in told.declared),
    )
    territory = resolve(spec, context.geography)
    return Made(folder / "lake", context, territory, build(context, territory, OWN))
