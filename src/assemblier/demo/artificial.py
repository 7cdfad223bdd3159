"""Write the artificial territory: one call, the same bytes for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assemblier.demo.country import Country, draw_country
from assemblier.demo.files import Folder, RawFile
from assemblier.demo.names import PAYS_NAME
from assemblier.demo.roads import SPEEDS_KMH
from assemblier.demo.write_care import write_care
from assemblier.demo.write_cog import write_cog
from assemblier.demo.write_doctors import write_doctors
from assemblier.demo.write_finess import write_finess
from assemblier.demo.write_flows import write_flows
from assemblier.demo.write_insurance import write_insurance
from assemblier.demo.write_local import write_local
from assemblier.demo.write_maps import write_contours
from assemblier.demo.write_people import write_people
from assemblier.demo.write_roads import write_roads
from assemblier.demo.write_zoning import write_zoning

__all__ = ["SEED", "Declared", "Truths", "WrittenTerritory", "write_raw"]

SEED = 2026
"""Seed of the territory that documents and tests speak of."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A number of communes said by a text about the pays."""

    communes: int
    said_by: str


@dataclass(frozen=True, slots=True)
class Truths:
    """What is true behind the files, for tests.

    Attributes
    ----------
    codes
        Communes of COG 2024, in code order; all arrays follow it.
    in_pays
        Which of them the pays holds.
    population
        Municipal population of 2022.
    liberal_doctors, liberal_doctors_over_55
        Self-employed GPs at their main site, 1 January 2025.
    minutes
        True driving times between town halls at the speeds ``speeds_kmh``.
    speeds_kmh
        Free speed by OSM class.
    supply
        Acts counted by commune in the published APL, by year (2022, 2023, 2024).
    supply_65
        The same for GPs up to 65.
    apl, standardised
        Published APL before rounding, standardised population, by year.
    """

    codes: tuple[str, ...]
    in_pays: NDArray[np.bool_]
    population: NDArray[np.float64]
    liberal_doctors: NDArray[np.float64]
    liberal_doctors_over_55: NDArray[np.float64]
    minutes: NDArray[np.float64]
    speeds_kmh: dict[str, float]
    supply: dict[int, NDArray[np.float64]]
    supply_65: dict[int, NDArray[np.float64]]
    apl: dict[int, NDArray[np.float64]]
    standardised: dict[int, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class WrittenTerritory:
    """What :func:`write_raw` wrote.

    Attributes
    ----------
    root
        The folder.
    files
        Every raw file, in the order written.
    name
        Name of the pays.
    communes
        Its communes, COG 2024, with their names.
    declared
        Numbers of communes that texts give, which differ.
    truths
        What is true behind the files.
    """

    root: Path
    files: tuple[RawFile, ...]
    name: str
    communes: dict[str, str]
    declared: tuple[Declared, ...]
    truths: Truths


_TOPICS: tuple[tuple[str, Callable[[Country, Folder], None]], ...] = (
    ("communes et zonages", write_cog),
    ("habitants", write_people),
    ("offre de soins et équipements", write_care),
    ("médecins", write_doctors),
    ("assurance maladie", write_insurance),
    ("établissements", write_finess),
    ("zonages", write_zoning),
    ("flux", write_flows),
    ("contours", write_contours),
    ("routes", write_roads),
    ("connaissance locale", write_local),
)


def write_raw(
    folder: Path,
    *,
    seed: int = SEED,
    on_progress: Callable[[str, float], None] | None = None,
) -> WrittenTerritory:
    """Draw the artificial country and write it as raw files in the producers' shapes.

    Parameters
    ----------
    folder
        Where to write; made if absent. Files of the same names are replaced.
    seed
        The same number gives the same bytes.
    on_progress
        Called with a French label of the step and the share done, 0 to 1.

    Returns
    -------
    WrittenTerritory
        The files, the communes of the pays, the truths behind them.
    """
    tell = on_progress or (lambda _what, _share: None)
    tell("tirage du pays", 0.0)
    country = draw_country(seed)
    held = Folder(folder)
    for rank, (what, write) in enumerate(_TOPICS):
        tell(what, (rank + 1) / (len(_TOPICS) + 1))
        write(country, held)
    tell("terminé", 1.0)
    labels = country.history.labels(2024)
    return WrittenTerritory(
        root=folder,
        files=tuple(held.written),
        name=PAYS_NAME,
        communes={code: labels[code][0] for code in country.pays_codes(2024)},
        declared=(
            Declared(108, "texte de présentation du Pays"),
            Declared(98, "encadré du document"),
        ),
        truths=_truths(country),
    )


def _truths(country: Country) -> Truths:
    codes = tuple(country.history.labels(2024))
    mine = set(country.pays_codes(2024))
    doctors, n = country.doctors, len(country.atoms)
    liberal = doctors.liberal(2025)
    years = (2022, 2023, 2024)

    def by_commune(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return country.history.sums(2024, values)

    return Truths(
        codes=codes,
        in_pays=np.array([c in mine for c in codes]),
        population=by_commune(country.people.population(2022)),
        liberal_doctors=by_commune(doctors.count(liberal, n)),
        liberal_doctors_over_55=by_commune(doctors.count(liberal & (doctors.age(2025) > 55), n)),
        minutes=country.apl[2024].minutes,
        speeds_kmh=dict(SPEEDS_KMH),
        supply={y: country.apl[y].supply for y in years},
        supply_65={y: country.apl[y].supply_65 for y in years},
        apl={y: country.apl[y].apl for y in years},
        standardised={y: country.apl[y].standardised for y in years},
    )
