"""Similar zones and perimeters on the real open data, recomputed from the raw files alone.

Nothing of the package is used. Writes ``raw_places.json``, which ``test_raw_places_real.py`` holds
the package to::

    python tests/golden/raw_places.py FOLDER_OF_REAL_DATA
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from raw_figures import CITIES, Raw, formulas, number

HERE = Path(__file__).with_suffix(".json")
CANDIDATES = {"arrondissement": "ARR", "epci": "EPCI", "bv2022": "BV2022", "departement": "DEP"}
INDICATORS = {
    "population": "2022",
    "population_tcam": "2015–2022",
    "part_75plus": "2022",
    "chomeurs_pour_mille": "2016",
    "mg_densite": "2019",
    "mg_60plus": "2019",
    "apl_mg": "2023",
    "apl_mg_65": "2023",
    "population_sous_2_5": "2023",
    "part_zip": "avant juin 2025",
}


def similar(raw: Raw, own: list[str]) -> dict[str, object] | None:
    """Return the ten zones most like a territory, and how far they are from it."""
    area = number(raw.table("insee/communes_2026.csv").set_index("code")["area_km2_approx"])
    people = raw.weight
    counts = {
        "older": raw.counted("pop_65plus_2016"),
        "younger": raw.counted("pop_moins18_2016"),
        "everyone": raw.counted("pop_municipale_2016"),
    }

    def traits(home: pd.Series) -> pd.DataFrame:
        def summed(values: pd.Series) -> pd.Series:
            return values.reindex(home.index).groupby(home).sum(min_count=1)

        inhabitants = summed(people)
        return pd.DataFrame(
            {
                "inhabitants": inhabitants,
                "log": np.log(inhabitants.where(inhabitants > 0)),
                "density": np.log((inhabitants / summed(area)).where(inhabitants > 0)),
                "older": summed(counts["older"]) / summed(counts["everyone"]),
                "younger": summed(counts["younger"]) / summed(counts["everyone"]),
                "largest": people.reindex(home.index).groupby(home).max() / inhabitants,
            }
        )

    whole = float(people.reindex(own).sum())
    gaps = {
        grid: float(np.abs(np.log(sizes[sizes > 0] / whole)).median())
        for grid, column in CANDIDATES.items()
        if (sizes := people.groupby(raw.list[column]).sum()) is not None
    }
    grid = min(gaps, key=lambda each: gaps[each])
    home = raw.list[CANDIDATES[grid]].dropna()
    mine = traits(pd.Series("own", index=own)).iloc[0].drop("inhabitants")
    pool = traits(home)
    pool = pool[pool["inhabitants"].between(whole / 4, whole * 4)].dropna()
    pool = pool[~pool.index.isin(home.reindex(own))].drop(columns="inhabitants")
    far = np.sqrt((((pool - mine) / pool.std(ddof=0)) ** 2).sum(axis=1)).sort_values()
    near = far[far < math.sqrt(2 * len(mine))].head(10)
    if len(near) < 5:
        return None
    return {"grid": grid, "zones": list(near.index), "distances": [round(x, 9) for x in near]}


def grids(raw: Raw) -> dict[str, pd.Series]:
    """Return the zone of each commune of 2024 in each grid, missing out of any zone."""

    def carried(labels: pd.Series, vintage: int) -> pd.Series:
        """Give each commune of 2024 the zone of most of those it was made of, by people."""
        held = raw.table("insee/populations_1968_2024.csv").set_index("CODGEO")
        people = number(held[f"POP_COG{vintage}"]).reindex(labels.index).fillna(0.5)
        rows = pd.DataFrame({"code": labels.index, "zone": labels.array, "people": people.array})
        later = raw.passage[raw.passage["year_to"].astype(int) > vintage]
        for _, step in later.groupby(later["year_to"].astype(int)):
            moved = rows.merge(step, left_on="code", right_on="code_from", how="left")
            there = moved["code_to"].notna()
            moved.loc[there, "people"] *= moved.loc[there, "ratio"].astype(float)
            moved["code"] = moved["code_to"].where(there, moved["code"])
            rows = moved[["code", "zone", "people"]]
        made = rows.groupby(["code", "zone"], as_index=False)["people"].sum()
        made = made.sort_values("people", ascending=False, kind="stable").drop_duplicates("code")
        return made.set_index("code")["zone"].reindex(raw.communes)

    def table(year: int, column: str) -> pd.Series:
        rows = raw.table(f"insee/table_appartenance_{year}.csv").dropna(subset=["CODGEO"])
        return rows.set_index("CODGEO")[column]

    health = raw.table("zonages/communes_tvs_2019.csv").set_index("code_commune")["code_tvs"]
    own = raw.list
    urban = own["UU2020"]
    return {
        "epci": own["EPCI"].mask(own["EPCI"].str.startswith("ZZ")),
        "canton": own["CANOV"],
        "arrondissement": own["ARR"],
        "bv2022": own["BV2022"],
        "ze2020": own["ZE2020"],
        "uu2020": urban.mask(urban.str.endswith("000")),
        "aav2020": own["AAV2020"].mask(own["AAV2020"] == "000"),
        "bv2012": carried(table(2022, "BV2012"), 2022),
        "ze2010": carried(table(2019, "ZE2010"), 2019),
        "tvs2019": carried(health[~health.index.isin(CITIES)], 2019),
    }


def bench(raw: Raw, own: list[str], zones: dict[str, pd.Series]) -> dict[str, object]:
    """Return what each grid holds and cuts of a territory, and indicators under its perimeters."""
    people = raw.people(2022).fillna(0.0)
    inside = pd.Series(people.index.isin(own), index=people.index)

    def common(one: pd.Series) -> float:
        return float(people[one & inside].sum() / people[one | inside].sum())

    met: dict[str, object] = {}
    perimeters = [inside]
    for grid, home in zones.items():
        held = people[inside].groupby(home[inside]).sum()
        shares = held / people.groupby(home).sum().reindex(held.index)
        core = home.isin(shares.index[shares > 0.5])
        cut, beyond = inside & ~core & home.notna(), core & ~inside
        met[grid] = {
            "zones": len(held),
            "whole": sum(bool(inside[home == zone].all()) for zone in held.index),
            "cut": int(cut.sum()),
            "cut people": float(people[cut].sum()),
            "beyond": int(beyond.sum()),
            "beyond people": float(people[beyond].sum()),
            "fit": common(core),
        }
        if people[inside & home.notna()].sum() >= 0.95 * people[inside].sum():
            perimeters += [core, home.isin(held.index)]
    kept = [each for each in perimeters if each.any() and common(each) >= 0.5]
    known = formulas(raw)
    under = {}
    for name, year in INDICATORS.items():
        values = [known[f"{name}|{year}"](list(each.index[each])) for each in kept]
        under[name] = [min(values), max(values)]
    return {"met": met, "under": under}


def main(folder: str) -> None:
    """Write the golden values."""
    raw = Raw(Path(folder))
    basin = raw.zone("bv2022", "61001")
    places = {
        "pays": raw.centre_ouest_bretagne(),
        "bv2022:61001": basin,
        "departement:69": raw.zone("departement", "69"),
        "commune:75056": ["75056"],
    }
    values = {
        "similar": {name: similar(raw, own) for name, own in places.items()},
        "bench": {"bv2022:61001": bench(raw, basin, grids(raw))},
    }
    HERE.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
