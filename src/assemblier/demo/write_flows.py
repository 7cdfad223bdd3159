"""Raw files of flows: to work, to school, to the doctor; times from 200 m cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from assemblier.demo.country import Country
from assemblier.demo.files import Folder, lines
from assemblier.demo.geography import ORIGIN, REGION_OF, REGIONS

__all__ = ["write_flows"]

_ABROAD = "99999"
_SAMPLED = 4.0
"""Mean weight of a person of the census sample in a small commune."""


def write_flows(country: Country, folder: Folder) -> None:
    """Write the flows.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    population = country.people.population(2021)
    pull = np.array([0.5, 1.2, 1.7, 1.9])[country.atoms.size - 1] * population
    _census(country, folder, "pro", leaving=0.42 * population, pull=pull, decay=6.5)
    schools = (country.atoms.size >= 2) * pull + 0.35 * pull
    _census(country, folder, "sco", leaving=0.2 * population, pull=schools, decay=5.0)
    _patients(country, folder)
    _cells(country, folder)


def _census(
    country: Country, folder: Folder, purpose: str, *, leaving: NDArray[np.float64],
    pull: NDArray[np.float64], decay: float,
) -> None:  # fmt: skip
    """Draw a sample of weighted persons, then the base that sums them."""
    rng = country.generator(purpose)
    chief = list(country.history.chief(2024).values())
    codes = list(country.history.labels(2024))
    minutes = country.roads.minutes[np.ix_(chief, chief)]
    out, attract = country.history.sums(2024, leaving), country.history.sums(2024, pull)
    odds = attract[None, :] * np.exp(-(minutes + 3 * np.eye(len(codes))) / decay)
    odds *= 1 + 1.2 * np.eye(len(codes))
    odds /= odds.sum(axis=1, keepdims=True)
    border = country.atoms.xy[chief, 0] > 108e3
    origin, destination, weight = [], [], []
    for i in range(len(codes)):
        size = max(3, round(out[i] / _SAMPLED))
        abroad = 0.04 if border[i] and purpose == "pro" else 0.0
        odd = np.append(odds[i] * (1 - abroad), abroad)
        origin.append(np.full(size, i))
        destination.append(rng.choice(len(odd), size, p=odd))
        drawn = rng.gamma(60, 1 / 60, size)
        weight.append(drawn / drawn.sum() * out[i])
    o, d, w = np.concatenate(origin), np.concatenate(destination), np.concatenate(weight)
    named = np.array([*codes, _ABROAD])
    regions = [REGION_OF[c[:2]] for c in codes] + ["99"]
    total = len(o)
    place, there = ("DCLT", "REGLT") if purpose == "pro" else ("DCETUF", "REGETUD")
    columns: dict[str, object] = {
        "COMMUNE": named[o], "ARM": np.full(total, "ZZZZZ"), place: named[d],
        "AGEREVQ": rng.choice(["15", "20", "25", "30", "40", "50", "60"], total),
        "CS1": rng.choice(["1", "2", "3", "4", "5", "6"], total), "IPONDI": w,
        "SEXE": rng.choice(["1", "2"], total), "REGION": np.array(regions)[o],
        there: np.array(regions)[d],
        "TRANS": rng.choice(["1", "2", "3", "4", "5", "6"], total,
                            p=[0.05, 0.06, 0.03, 0.02, 0.8, 0.04]),
    }  # fmt: skip
    said = "travail" if purpose == "pro" else "études"
    folder.parquet(
        f"insee/RP2021_mob{purpose}.parquet", columns, card=f"insee-mob{purpose}-detail",
        what=f"Mobilités domicile–{said} 2021, détail", vintage=2021, cog=2024,
    )  # fmt: skip
    labels = country.history.labels(2024)
    summed = np.zeros((len(codes), len(codes) + 1))
    np.add.at(summed, (o, d), w)
    head, long = ("DCLT", "travail") if purpose == "pro" else ("DCETUF", "etude")
    flux = "NBFLUX_C21_ACTOCC15P" if purpose == "pro" else "NBFLUX_C21_SCOL02P"
    rows: list[list[object]] = []
    for i, j in np.argwhere(summed > 0).tolist():
        far = j == len(codes)
        rows.append([codes[i], labels[codes[i]][0], "ZZZZZ" if far else codes[j],
                     "Autre pays" if far else labels[codes[j]][0],
                     float(summed[i, j])])  # fmt: skip
    folder.zipped(
        f"insee/base-flux-mobilite-domicile-lieu-{long}-2021-csv.zip",
        {f"base-flux-mobilite-domicile-lieu-{long}-2021.csv":
         f"CODGEO;LIBGEO;{head};L_{head};{flux}\n" + lines(rows, ";")},
        card=f"insee-mob{purpose}-flux", what=f"Flux domicile–{said} 2021", vintage=2021, cog=2024,
    )  # fmt: skip


def _patients(country: Country, folder: Folder) -> None:
    """Write where inhabitants consult a GP; counts under 11 are hidden."""
    apl = country.apl[2023]
    rng = country.generator("patients")
    labels = country.history.labels(2024)
    pull = apl.supply[None, :] * np.exp(-apl.minutes / 6.5) * (1 + 1.5 * np.eye(len(apl.codes)))
    share = pull / pull.sum(axis=1, keepdims=True)
    acts = rng.poisson(apl.standardised[:, None] * 3.6 * share)
    rows: list[list[object]] = []
    for i, j in np.argwhere(acts > 0).tolist():
        count = int(acts[i, j])
        rows.append([apl.codes[i], labels[apl.codes[i]][0], apl.codes[j], labels[apl.codes[j]][0],
                     count if count >= 11 else "NC"])  # fmt: skip
    folder.text(
        "sante/flux_patients_mg_communes_2023_cartosante.csv",
        "\ufeffCartoSanté; ; ; ; \nFlux de patients vers les médecins généralistes, 2023 – "
        "Territoire artificiel; ; ; ; \nCode commune patient;Commune patient;Code commune médecin;"
        "Commune médecin;Actes\n" + lines(rows, ";"), card="cartosante-flux-patients",
        what="Flux de patients vers les médecins généralistes 2023", vintage=2023, cog=2024,
    )  # fmt: skip


def _cells(country: Country, folder: Folder) -> None:
    """Write the time from 200 m cells to the nearest equipment of six types, by région."""
    rng = country.generator("cells")
    n = len(country.atoms)
    population = country.people.population(2022)
    per_atom = np.clip(population / 60, 3, 40).astype(np.int64)
    atom = np.repeat(np.arange(n), per_atom)
    spread = np.sqrt(country.atoms.area_km2[atom] / np.pi) * 480
    local = country.atoms.xy[atom] + rng.normal(0, 1, (len(atom), 2)) * spread[:, None]
    raw = rng.gamma(1.3, 1, len(atom))
    pop = raw / np.bincount(atom, raw, n)[atom] * population[atom]
    change = Transformer.from_crs("EPSG:2154", "EPSG:3035", always_xy=True)
    x, y = change.transform(local[:, 0] + ORIGIN[0], local[:, 1] + ORIGIN[1])
    x, y = np.floor(x / 200) * 200 + 100, np.floor(y / 200) * 200 + 100
    off = np.sqrt(((local - country.atoms.xy[atom]) ** 2).sum(axis=1)) / 1000 / 45 * 60
    codes = np.array(country.history.codes(2025))[atom]
    held = dict(country.facilities.count)
    doctors = country.doctors
    held["D265"] = doctors.count_sites(doctors.liberal(2025), n).astype(np.int64)
    region = np.array([REGION_OF[c[:2]] for c in codes.tolist()])
    for name in REGIONS:
        inside = region == name
        count = int(inside.sum())
        kinds = ("D265", "D307", "D106", "D113", "D281", "B207")
        near = [
            country.roads.minutes[:, held[k] > 0].min(axis=1)[atom][inside] + off[inside]
            for k in kinds
        ]
        columns: dict[str, object] = {
            "X": np.tile(x[inside], len(kinds)), "Y": np.tile(y[inside], len(kinds)),
            "pop": np.tile(pop[inside], len(kinds)), "depcom": np.tile(codes[inside], len(kinds)),
            "dep": np.tile(np.array([c[:2] for c in codes[inside].tolist()]), len(kinds)),
            "domaine": np.repeat([k[0] for k in kinds], count),
            "typeeq_id": np.repeat(list(kinds), count),
            "duree": np.round(np.concatenate(near), 1),
        }  # fmt: skip
        folder.parquet(
            f"insee/donnees_2025_reg{name}.parquet", columns, card="insee-acces-equipements",
            what="Temps d’accès aux équipements depuis les carreaux de 200 m", vintage=2025,
            cog=2025,
        )  # fmt: skip
