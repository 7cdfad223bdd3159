"""Figures of the real open data, recomputed from the raw files alone.

Nothing of the package is used: files are read with pandas, codes of communes are carried to 2024
by the passage table, formulas are written again from the definitions of the indicators. Writes
``raw_figures.json``, which ``test_raw_figures_real.py`` holds the package to::

    python tests/golden/raw_figures.py FOLDER_OF_REAL_DATA
"""

from __future__ import annotations

import json
import math
import sys
import zipfile
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).with_suffix(".json")
CITIES = {
    **{f"751{at:02d}": "75056" for at in range(1, 21)},
    **{f"6938{at}": "69123" for at in range(1, 10)},
    **{f"132{at:02d}": "13055" for at in range(1, 17)},
}
"""Arrondissement → city."""
ZONES = {
    "departement": ("15", "22", "29", "36", "49", "56", "61", "75", "2A", "971", "974"),
    "region": ("24", "53", "11", "04", "94"),
    "france": ("FR",),
    "epci": ("243600327", "242900744"),
    "bv2022": ("61001", "22025", "85113"),
    "commune": ("85113", "36001", "75056", "29227", "69123", "2A004", "97411", "49069", "15141"),
    "arrondissement": ("713", "163", "071"),
}
"""Zones looked at, beside Centre Ouest Bretagne: mainland, cities, islands, overseas, merged."""
COLUMNS = {"departement": "DEP", "region": "REG", "epci": "EPCI", "bv2022": "BV2022"}
FACILITIES = {
    "mg": ["D201"],
    "infirmier": ["D232"],
    "kine": ["D233"],
    "dentiste": ["D221"],
    "sage_femme": ["D231"],
    "orthophoniste": ["D235"],
    "pedicure": ["D237"],
    "psychologue": ["D243"],
    "pharmacie": ["D301"],
    "specialiste": [f"D{number}" for number in range(202, 215)],
    "psychiatre": ["D207"],
}
"""Indicator → codes of the equipment base of 2019; each has its density."""
PLACES = {
    "laboratoire": ["D302"],
    "urgences": ["D106"],
    "maternite": ["D107"],
    "hopital_mco": ["D101"],
    "ehpad": ["D401"],
    "centre_sante": ["D108"],
    "msp": ["D113"],
    "ssr": ["D102"],
    "dialyse": ["D111"],
    "had": ["D112"],
    "ssiad": ["D402"],
    "ambulance": ["D303"],
}
HELD_IN = {2006: 2008, 2011: 2013, 2016: 2018, 2017: 2019, 2018: 2020, 2019: 2021}
"""Year of a legal population → vintage of the codes it was published in."""


def number(column: pd.Series) -> pd.Series:
    """Return a column of text as numbers; what is not a number is missing."""
    return pd.to_numeric(column.str.replace(",", "."), errors="coerce")


class Raw:
    """The raw files, and their columns by commune of 2024."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.list = self.table("insee/table_appartenance_2024.csv").dropna(subset=["CODGEO"])
        self.list = self.list.set_index("CODGEO")
        self.list = self.list[~self.list.index.isin(CITIES)]
        self.communes = list(self.list.index)
        self.passage = self.table("insee/passage_communes.csv")
        self.carto = self.table("sante/communes_age_social_mg_2016_2019.csv").set_index("code")
        self.acces = self.table("insee/communes_acces_aav_pop_2010_2026.csv").set_index("code")
        self.fedi = self.table("sante/communes_fedi_75plus.csv").set_index("code").apply(number)
        self.bpe = lru_cache(None)(self._bpe)
        self.people = lru_cache(None)(self._people)
        self.counted = lru_cache(None)(self._counted)

    def table(self, file: str, **how: object) -> pd.DataFrame:
        """Read a CSV as text."""
        return pd.read_csv(
            self.folder / file, dtype=str, keep_default_na=False, na_values=[""], **how
        )

    def carried(self, counts: pd.Series, vintage: int) -> pd.Series:
        """Carry counts from the codes of a vintage to those of 2024; cities get their parts."""
        frame = pd.DataFrame({"code": counts.index, "count": counts.to_numpy(float)}).dropna()
        later = self.passage[self.passage["year_to"].astype(int) > vintage]
        for _, step in later.groupby(later["year_to"].astype(int)):
            moved = frame.merge(step, left_on="code", right_on="code_from", how="left")
            there = moved["code_to"].notna()
            moved.loc[there, "count"] *= moved.loc[there, "ratio"].astype(float)
            moved["code"] = moved["code_to"].where(there, moved["code"])
            frame = moved.groupby("code", as_index=False)["count"].sum()
        result = frame.groupby("code")["count"].sum()
        parts = result[result.index.isin(CITIES)]
        city = parts.groupby(parts.index.map(CITIES)).sum()
        return pd.concat([result[~result.index.isin(city.index)], city])

    def latest(self, counts: pd.Series) -> pd.Series:
        """Give the counts of restored communes to the commune of 2024 that holds their ground."""
        counts = counts.dropna()
        restored = counts[~counts.index.isin(self.list.index) & ~counts.index.isin(CITIES)]
        gone = self.passage[self.passage["code_from"] != self.passage["code_to"]]
        heirs = {}
        for code in restored.index:
            last = gone[gone["code_from"] == code].iloc[-1]
            moved = self.carried(pd.Series({last["code_to"]: 1.0}), int(last["year_to"]))
            (heirs[code],) = moved.index
        return counts.groupby(counts.index.map(lambda code: heirs.get(code, code))).sum()

    def _bpe(self, *types: str) -> pd.Series:
        rows = self.equipment
        counts = rows[rows["TYPEQU"].isin(types)].groupby("DEPCOM")["NB_EQUIP"].sum()
        return self.carried(counts, 2019).reindex(self.communes).fillna(0.0)

    @cached_property
    def equipment(self) -> pd.DataFrame:
        """The equipment base of 2019."""
        with zipfile.ZipFile(self.folder / "insee/bpe19_ensemble_csv.zip") as archive:
            (name,) = [each for each in archive.namelist() if each.endswith("ensemble.csv")] or [
                each for each in archive.namelist() if each.endswith(".csv")
            ]
            with archive.open(name) as file:
                rows = pd.read_csv(
                    file, sep=";", dtype=str, usecols=["DEPCOM", "TYPEQU", "NB_EQUIP"]
                )
        return rows.assign(NB_EQUIP=rows["NB_EQUIP"].astype(float))

    def _people(self, year: int) -> pd.Series:
        if year in {2010, 2015, 2020, 2021, 2022}:
            # a code of 2025 that 2024 lacks is that of a former commune: it counts where that went
            return self.carried(self.latest(number(self.acces[f"pop_{year}"])), 2024).reindex(
                self.communes
            )
        held = self.table("insee/populations_1968_2024.csv").set_index("CODGEO")
        vintage = HELD_IN.get(year, year)
        return self.carried(number(held[f"POP_COG{vintage}"]), vintage).reindex(self.communes)

    @cached_property
    def weight(self) -> pd.Series:
        """Newest legal population in the codes of 2024: that of 2021."""
        held = self.table("insee/populations_1968_2024.csv").set_index("CODGEO")
        return number(held["POP_COG2024"]).reindex(self.communes)

    def _counted(self, column: str) -> pd.Series:
        return self.carried(number(self.carto[column]), 2019).reindex(self.communes)

    @cached_property
    def apl(self) -> pd.DataFrame:
        """Published APL of 2023: ``apl, apl65, standardised, population`` by commune or part of city."""
        sheet = pd.read_excel(
            self.folder / "drees/apl_generalistes_drees_2022_2023.xlsx",
            sheet_name="APL 2023",
            header=None,
            skiprows=10,
            dtype=str,
            engine="openpyxl",
        )
        sheet = sheet[sheet[0].astype(str).str.fullmatch("[0-9AB]{5}")].set_index(0)
        return (
            sheet[[2, 3, 4, 5]]
            .astype(float)
            .set_axis(["apl", "apl65", "standardised", "population"], axis=1)
        )

    def zone(self, grid: str, code: str) -> list[str]:
        """Return the communes of a zone."""
        if grid == "commune":
            return [code]
        if grid == "france":
            return self.communes
        column = COLUMNS.get(grid, "ARR")
        return list(self.list.index[self.list[column] == code])

    def centre_ouest_bretagne(self) -> list[str]:
        """Return the communes of 2024 of a list of 2018."""
        listed = self.table("territoires/centre_ouest_bretagne_2018.csv").iloc[:, 0]
        return sorted(self.carried(pd.Series(1.0, index=listed), 2018).index)


def with_parts(zone: Iterable[str]) -> list[str]:
    """Replace cities by their arrondissements."""
    found = []
    for code in zone:
        found += [part for part, city in CITIES.items() if city == code] or [code]
    return found


def ratio(top: pd.Series, bottom: pd.Series, zone: list[str], scale: float = 1.0) -> float:
    """Return a ratio of sums, over the communes that have both."""
    top, bottom = top.reindex(zone), bottom.reindex(zone)
    known = top.notna() & bottom.notna()
    total = bottom[known].sum()
    return scale * float(top[known].sum()) / float(total) if total else math.nan


def mean(values: pd.Series, weight: pd.Series, zone: list[str]) -> float:
    """Return a weighted mean."""
    return ratio(values * weight, weight.where(values.notna()), zone)


def share(flag: pd.Series, weight: pd.Series, zone: list[str]) -> float:
    """Return the share, in percent, of the weight where the flag (1, 0, missing) holds."""
    return 100.0 * mean(flag.astype(float), weight, zone)


def formulas(raw: Raw) -> dict[str, Callable[[list[str]], float]]:
    """Return ``indicator|year`` → its value over a list of communes."""
    carto, weight, apl = raw.counted, raw.weight, raw.apl
    found: dict[str, Callable[[list[str]], float]] = {}
    for year in (1968, 1999, 2006, 2010, 2016, 2019, 2022):
        found[f"population|{year}"] = lambda zone, year=year: float(
            raw.people(year).reindex(zone).sum(min_count=1)
        )
    for first, last in ((1968, 1999), (2015, 2022)):
        found[f"population_tcam|{first}–{last}"] = lambda zone, first=first, last=last: (
            100 * (ratio(raw.people(last), raw.people(first), zone) ** (1 / (last - first)) - 1)
        )
    for name, types in (FACILITIES | PLACES).items():
        found[f"{name}|2019"] = lambda zone, types=types: float(raw.bpe(*types).reindex(zone).sum())
        if name in FACILITIES:
            found[f"{name}_densite|2019"] = lambda zone, types=types: ratio(
                raw.bpe(*types), raw.people(2019), zone, 1e4
            )
    column = {"mg_lib_col_a_presume_60plus_2019", "mg_lib_col_b_presume_total_2019"}
    older, doctors = sorted(column)
    everyone = "pop_municipale_2016"
    for name, top, bottom, scale in (
        ("mg_60plus|2019", older, doctors, 100.0),
        ("part_65plus|2016", "pop_65plus_2016", everyone, 100.0),
        ("part_moins18|2016", "pop_moins18_2016", everyone, 100.0),
        ("chomeurs_pour_mille|2016", "chomeurs_1564_2016", everyone, 1000.0),
        ("part_hlm|2016", "rp_hlm_2016", "residences_principales_2016", 100.0),
    ):
        found[name] = lambda zone, top=top, bottom=bottom, scale=scale: ratio(
            carto(top), carto(bottom), zone, scale
        )
    found["mg_liberaux|2019"] = lambda zone: float(carto(doctors).reindex(zone).sum())
    found["apl_mg|2023"] = lambda zone: mean(apl["apl"], apl["standardised"], with_parts(zone))
    found["apl_mg_65|2023"] = lambda zone: mean(apl["apl65"], apl["standardised"], with_parts(zone))
    found["population_sous_2_5|2023"] = lambda zone: share(
        apl["apl"] < 2.5, apl["population"], with_parts(zone)
    )
    found["part_75plus|2022"] = lambda zone: mean(raw.fedi["part_75plus_pct"], weight, zone)
    found["fedi|2021"] = lambda zone: mean(raw.fedi["fedi"], weight, zone)
    zoning = raw.table("zonages/zonage_medecins_par_commune.csv").set_index("code_insee")
    level = zoning["zonage_medecins"].where(~zoning["zonage_medecins"].str.startswith("N/A"))
    for name, classes in (("part_zip", ["1_ZIP"]), ("part_zip_zac", ["1_ZIP", "2_ZAC"])):
        flag = level.isin(classes).where(level.notna())
        found[f"{name}|avant juin 2025"] = lambda zone, flag=flag: share(flag, weight, zone)
    rural = zoning["zrr_2021"].str[:2].map({"C ": 1.0, "NC": 0.0})  # partly classed: not told
    found["population_zrr|2021"] = lambda zone: share(rural, weight, zone)
    for name, types in (
        ("population_sans_mg|2019", ["D201"]),
        ("population_sans_pharmacie|2019", ["D301"]),
    ):
        found[name] = lambda zone, types=types: share(raw.bpe(*types) == 0, weight, zone)
    trio = [raw.bpe(kind) > 0 for kind in ("D201", "D232", "D301")]
    found["population_trio|2019"] = lambda zone: share(trio[0] & trio[1] & trio[2], weight, zone)
    together = (raw.bpe("D232") > 0) & (raw.bpe("D233") > 0) & (raw.bpe("D301") > 0)
    heads = raw.bpe("D201")
    found["mg_pluripro|2019"] = lambda zone: share(together, heads, zone)
    found["mg_isoles|2019"] = lambda zone: share(heads < 3, heads, zone)
    found["infirmiers_par_mg|2019"] = lambda zone: ratio(raw.bpe("D232"), heads, zone)
    return found


def by_zone(raw: Raw) -> dict[str, dict[str, float]]:
    """Return ``indicator|year`` → ``grid:zone`` → value, for the zones looked at."""
    zones = {
        f"{grid}:{code}": raw.zone(grid, code) for grid, codes in ZONES.items() for code in codes
    }
    zones["territoire:cob"] = raw.centre_ouest_bretagne()
    return {
        name: {
            zone: float(f"{value:.12g}")
            for zone, communes in zones.items()
            if not math.isnan(value := formula(communes))
        }
        for name, formula in formulas(raw).items()
    }


def of_departements(raw: Raw) -> dict[str, dict[str, float]]:
    """Return what is published by département only."""
    shares = raw.table("sante/departements_medecins55plus_pathologies.csv").set_index("dept")
    heads = raw.table("divers/cnam_effectifs_departement_2024.csv", encoding="utf-8-sig")
    heads = heads[(heads["classe_age"] == "tout_age") & (heads["libelle_sexe"] == "tout sexe")]
    found: dict[str, dict[str, float]] = {}
    for code in ("22", "36", "75"):
        people = raw.weight.reindex(raw.zone("departement", code)).sum()
        for name, kind in (("cardiologues", "Cardiologues"), ("psychiatres", "Psychiatres")):
            own = heads[
                heads["profession_sante"].str.startswith(kind) & (heads["departement"] == code)
            ]
            value = 1e5 * number(own["effectif"]).sum() / people
            found.setdefault(f"liberaux_{name}|2024", {})[f"departement:{code}"] = float(value)
        for name, column, scale in (
            ("prevalence_diabete|2021", "diabete", 1.0),
            ("prevalence_respiratoire|2021", "respiratoire", 1.0),
            ("medecins_55plus|2025", "pct_medecins_55plus", 100.0),
        ):
            value = scale * float(shares.loc[code, column])
            found.setdefault(name, {})[f"departement:{code}"] = value
    return found


def of_health_territories(raw: Raw) -> dict[str, float]:
    """Return the liberal GPs of Centre Ouest Bretagne by year, spread by people inside each TVS."""
    home = raw.table("zonages/communes_tvs_2019.csv")
    home = home[~home["code_commune"].isin(CITIES)].set_index("code_commune")["code_tvs"]
    own = raw.centre_ouest_bretagne()
    # no commune of this ground changed between 2019 and 2024
    assert set(own) <= set(home.index)
    home = home[home.index.isin(raw.communes)]
    people = raw.weight.reindex(home.index).fillna(0.0)
    inside = people[people.index.isin(own)].groupby(home).sum() / people.groupby(home).sum()
    doctors = raw.table("sante/medecins_generalistes_tvs_2004_2019.csv")
    table = doctors.assign(n=number(doctors["nb_medecins"])).pivot_table(
        index="code_tvs", columns="annee", values="n"
    )
    part = inside.dropna()
    spread = table.reindex(part.index).mul(part, axis=0).sum()
    return {str(year): float(spread[str(year)]) for year in (2004, 2012, 2019)}


def of_departures(raw: Raw) -> dict[str, float]:
    """Return expected departures and their 10–90 % range in 5 and 10 years, by exact convolution."""

    def leaving(age: int) -> float:
        steps = ((55, 0.005), (60, 0.01), (65, 0.08), (70, 0.2))
        return next((rate for end, rate in steps if age < end), 0.05)

    def gone(low: int, high: int, years: int) -> float:
        stays = [
            math.prod(1 - leaving(age + later) for later in range(years))
            for age in range(low, high)
        ]
        return 1 - sum(stays) / len(stays)

    younger = {30: 0.15, 35: 0.17, 40: 0.14, 45: 0.15, 50: 0.18, 55: 0.21}
    older = {(60, 65): 0.64, (65, 70): 0.26, (70, 80): 0.1}
    own = raw.centre_ouest_bretagne()
    old = int(raw.counted("mg_lib_col_a_presume_60plus_2019").reindex(own).sum())
    all_of_them = int(raw.counted("mg_lib_col_b_presume_total_2019").reindex(own).sum())
    found: dict[str, float] = {"doctors": float(all_of_them), "over 60": float(old)}
    for years in (5, 10):
        young_rate = sum(part * gone(age, age + 5, years) for age, part in younger.items())
        old_rate = sum(part * gone(*band, years) for band, part in older.items())
        law = np.array([1.0])
        for rate in [old_rate] * old + [young_rate] * (all_of_them - old):
            law = np.convolve(law, [1 - rate, rate])
        reached = law.cumsum()
        found[f"expected {years}"] = float((law * np.arange(len(law))).sum())
        found[f"low {years}"] = float(np.searchsorted(reached, 0.1))
        found[f"high {years}"] = float(np.searchsorted(reached, 0.9))
    return found


def of_deserts(raw: Raw) -> dict[str, float]:
    """Return people of Centre Ouest Bretagne under each reading of a desert, and overlaps."""
    own = raw.centre_ouest_bretagne()
    people = raw.weight.reindex(own)
    zoning = raw.table("zonages/zonage_medecins_par_commune.csv").set_index("code_insee")
    basin = raw.list["BV2022"]
    nation = ratio(raw.bpe("D201"), raw.people(2019), raw.communes, 1e4)
    density = {
        zone: ratio(raw.bpe("D201"), raw.people(2019), raw.zone("bv2022", zone), 1e4)
        for zone in basin.reindex(own).unique()
    }
    readings = {
        "population_sous_2_5": raw.apl["apl"].reindex(own) < 2.5,
        "part_zip": zoning["zonage_medecins"].reindex(own) == "1_ZIP",
        "population_sans_mg": raw.bpe("D201").reindex(own) == 0,
        "mg_densite": basin.reindex(own).map(density) < 0.75 * nation,
    }
    found = {f"people.{name}": float(people[flag].sum()) for name, flag in readings.items()}
    names = list(readings)
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            both = people[readings[one] & readings[other]].sum()
            either = people[readings[one] | readings[other]].sum()
            found[f"overlap.{one}.{other}"] = 100 * float(both / either)
    frame = pd.DataFrame(readings)
    found["every"] = 100 * float(people[frame.all(axis=1)].sum() / people.sum())
    found["some"] = 100 * float(people[frame.any(axis=1)].sum() / people.sum())
    return found


def main(folder: str) -> None:
    """Write the golden values."""
    raw = Raw(Path(folder))
    values = {
        "zones": by_zone(raw) | of_departements(raw),
        "mg_tvs": of_health_territories(raw),
        "departures": of_departures(raw),
        "deserts": of_deserts(raw),
    }
    HERE.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
