"""Conversions of real tables: France conserved, mergers and splits checked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assemblier.tables import NOT_AGGREGABLE, SUM, Aggregation
from assemblier.territory.conversion import convert
from assemblier.territory.events import events_of_history, steps_of_events
from assemblier.territory.lists import convert_codes
from assemblier.territory.movements import Change, movements_of

pytestmark = pytest.mark.real


def counted(populations: pd.Series) -> pd.DataFrame:
    return populations.rename("population").rename_axis("code").reset_index()


def test_the_population_of_france_is_conserved_2008_2013_2018_2024(real_geography):
    table = counted(real_geography.population(2008))
    total = 63_186_168.0  # sum of the column POP_COG2008 of the raw file
    for before, after in [(2008, 2013), (2013, 2018), (2018, 2024)]:
        made = convert(
            table,
            {"population": SUM},
            real_geography.passage.crosswalk(before, after),
            communes=set(real_geography.population(before).index),
        )
        assert made.table["population"].sum() == pytest.approx(total, rel=0, abs=1e-6)
        assert made.unknown == ()
        assert abs(made.conservation["gap"].iloc[0]) < 1e-6
        assert set(made.table["code"]) == set(real_geography.population(after).index)
        table = made.table


@pytest.mark.parametrize("vintage", [1968, 2013])
def test_forward_to_2024_and_back_gives_every_commune_its_own_count(real_geography, vintage):
    populations = real_geography.population(vintage)
    populations = populations[populations > 0]
    passage = real_geography.passage
    there = convert(
        counted(populations),
        {"population": SUM},
        passage.crosswalk(vintage, 2024),
        absent_rows="zero",
    )
    full = real_geography.population(vintage).reindex(
        passage.crosswalk(vintage, 2024).moves["code_from"].unique()
    )
    # overseas communes have no population before 1990 in the file
    back = convert(
        there.table,
        {"population": SUM},
        passage.conversion(2024, vintage, full.fillna(1.0).combine_first(populations)),
    ).table.set_index("code")["population"]
    assert there.table["population"].sum() == pytest.approx(populations.sum(), rel=1e-12)
    assert back.sum() == pytest.approx(populations.sum(), rel=1e-12)
    mainland = populations[~populations.index.str.startswith("97")]
    assert np.allclose(back[mainland.index], mainland, rtol=1e-9)


def only(crosswalk, code):
    (found,) = [m for m in movements_of(crosswalk) if code in m.before or code in m.after]
    return found


# Written by hand from the dated events of the official history up to 2018, and from the names and
# populations on both sides after that.
# vintages, change, before, after (None: in no movement, the ground is what it was)
CASES = [
    # Locmaria-Berrien joins Poullaouen, commune nouvelle of 1 December 2018
    (2018, 2019, Change.MERGED, {"29129", "29227"}, {"29227"}),
    # Saint-Jean-sur-Couesnon takes the name Rives-du-Couesnon, 1 January 2019
    (2018, 2019, Change.MERGED, {"35269", "35282", "35293", "35348"}, {"35282"}),
    # Saint Martin la Pallu takes in Varennes, 1 January 2019
    (2018, 2019, Change.MERGED, {"86277", "86281"}, {"86281"}),
    # Montaignac-sur-Doustre: Le Jardin and Montaignac-Saint-Hippolyte, 1 January 2022
    (2021, 2022, Change.MERGED, {"19092", "19143"}, {"19143"}),
    # Saline gives Sannerville its freedom back, 31 December 2019
    (2019, 2020, Change.SPLIT, {"14712"}, {"14666", "14712"}),
    # Sigy-en-Bray and Saint-Lucien, together since 1973, part on 1 January 2017
    (2016, 2017, Change.SPLIT, {"76676"}, {"76601", "76676"}),
    # Val-de-Meuse gives back Avrecourt and Saulxures, 1 January 2012
    (2011, 2012, Change.SPLIT, {"52332"}, {"52033", "52332", "52465"}),
    # Essarts en Bocage gives back L'Oie and Sainte-Florence, 1 January 2024
    (2023, 2024, Change.SPLIT, {"85084"}, {"85084", "85165", "85212"}),
    # L'Oudon moves its seat, and its code, from Tôtes to Notre-Dame-de-Fresnay, 7 January 2014
    (2014, 2015, Change.RECODED, {"14697"}, {"14472"}),
    # Ajaccio, when Corsica becomes two départements, 1 January 1976
    (1975, 1982, Change.RECODED, {"20004"}, {"2A004"}),
    # Fresne-sur-Loire leaves Loire-Atlantique to join Ingrandes, Maine-et-Loire, 1 January 2016
    (2015, 2016, Change.MERGED, {"44060", "49160"}, {"49160"}),
    # Pont-Farcy leaves Calvados to join Tessy-Bocage, Manche, 1 January 2018
    (2017, 2018, Change.MERGED, {"14513", "50592"}, {"50592"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{min(case[3])}-{case[1]}")
def test_ten_and_more_changes_checked_by_hand(real_geography, case):
    before, after, change, origins, targets = case
    found = only(real_geography.passage.crosswalk(before, after), min(origins))
    assert found.change is change
    assert set(found.before) == origins
    assert set(found.after) == targets


def test_counts_of_hand_checked_changes(real_geography):
    passage = real_geography.passage
    made = convert(
        counted(real_geography.population(2018)), {"population": SUM}, passage.crosswalk(2018, 2019)
    ).table.set_index("code")["population"]
    assert made["29227"] == 239 + 1271
    assert made["35282"] == 719 + 1163 + 572 + 391
    assert made["86281"] == 344 + 5209
    split = convert(
        counted(real_geography.population(2019)), {"population": SUM}, passage.crosswalk(2019, 2020)
    ).table.set_index("code")["population"]
    assert split["14666"] == pytest.approx(5428 * 0.354533654737623)
    assert split["14666"] + split["14712"] == pytest.approx(5428)


def test_what_was_undone_is_undone(real_geography):
    """Sannerville of 2013 is Sannerville of 2024; Les Hauts-Talican only lost Beaumont."""
    made = convert(
        counted(real_geography.population(2013)),
        {"population": SUM},
        real_geography.passage.crosswalk(2013, 2024),
    ).table.set_index("code")["population"]
    before = real_geography.population(2013)
    assert made["14666"] == before["14666"]
    assert made["14712"] == before["14712"]
    assert made["60054"] == before["60054"]
    assert made["60694"] == before["60694"] + before["60455"]
    # Trois Lacs: 27676 in 2018, 27058 in 2021, 27676 again in 2023
    assert made["27676"] == before[["27676", "27647", "27058"]].sum()


def test_centre_ouest_bretagne_forward_and_back_names_the_same_ground(real_geography):
    listed = pd.read_csv(
        real_geography.folder / "territoires" / "centre_ouest_bretagne_2018.csv", dtype=str
    )
    communes, populations = real_geography.communes(2018), real_geography.population(2018)
    there = convert_codes(
        listed["code"],
        real_geography.passage,
        2018,
        2024,
        communes=communes,
        populations=populations,
        names=dict(zip(communes["code"], communes["nom"], strict=True)),
    )
    assert len(there.codes) == 95
    assert there.same_ground
    assert [str(each) for each in there.movements] == [
        (
            "Locmaria-Berrien (29129), Poullaouen (29227) ont été réunies dans Poullaouen "
            "(29227) entre le COG 2018 et le COG 2024"
        )
    ]
    back = convert_codes(there.codes, real_geography.passage, 2024, 2018)
    assert set(back.codes) == set(listed["code"])
    assert back.same_ground


def test_the_passage_table_agrees_with_the_official_history(real_geography):
    """Independent road: the steps rebuilt from the dated events, from 1999 to 2018."""
    history = pd.read_csv(real_geography.folder / "insee" / "historiq2019.csv", dtype=str, sep=";")
    events = events_of_history(history)
    steps = real_geography.passage.steps
    vintages = [year for year in real_geography.passage.vintages if 1999 <= year <= 2018]
    known = real_geography.populations[[2008, 2013, 2018, 2020]].max(axis=1)
    rebuilt = steps_of_events(events, vintages, dict.fromkeys(vintages, known))
    expected = steps[(steps["year_from"] >= 1999) & (steps["year_to"] <= 2018)]
    key = ["year_from", "year_to", "code_from", "code_to"]
    assert set(rebuilt[key].itertuples(index=False, name=None)) == set(
        expected[key].itertuples(index=False, name=None)
    )
    assert len(expected) > 2000
    both = rebuilt.merge(expected, on=key, suffixes=("_rebuilt", ""))
    whole = both["ratio"] == 1
    assert np.array_equal(both.loc[whole, "ratio_rebuilt"], both.loc[whole, "ratio"])


def test_real_medians_are_refused_on_mergers_and_kept_elsewhere(real_geography):
    table = pd.read_csv(
        real_geography.folder / "insee" / "filosofi_com_2016.csv",
        dtype={"CODGEO": str},
        sep=";",
        usecols=["CODGEO", "NBPERSMENFISC16", "MED16"],
    )
    made = convert(
        table,
        {"NBPERSMENFISC16": SUM, "MED16": NOT_AGGREGABLE},
        real_geography.passage.crosswalk(2019, 2024),
        code="CODGEO",
    )
    medians = made.table.set_index("CODGEO")["MED16"]
    before = table.set_index("CODGEO")["MED16"]
    refused = made.statuses[made.statuses["column"] == "MED16"]
    assert set(refused["status"]) == {"absent"}
    assert {"14712", "14666", "19143"} <= set(refused["CODGEO"])
    assert medians[refused["CODGEO"]].isna().all()
    kept = medians.drop(refused["CODGEO"]).dropna()
    assert len(kept) > 30_000
    assert (kept == before[kept.index]).all()
    (account,) = made.conservation.to_dict("records")
    assert abs(account["gap"]) < 1e-6 * account["total_in"]


def test_the_published_apl_keeps_its_mean_over_the_country(real_geography):
    raw = pd.read_excel(
        real_geography.folder / "drees" / "APL2016_MG.xlsx",
        engine="calamine",
        header=None,
        skiprows=9,
    )
    table = raw.iloc[:, [0, 2, 4]].set_axis(["code", "apl", "population"], axis=1).dropna()
    made = convert(
        table,
        {"population": SUM, "apl": Aggregation.mean("population")},
        real_geography.passage.crosswalk(2019, 2024),
    )
    whole = made.table.dropna()
    lost = made.conservation.set_index("column").loc["population", "withheld"]
    assert lost / table["population"].sum() < 1e-4
    mean = np.average(table["apl"].astype(float), weights=table["population"].astype(float))
    assert np.average(whole["apl"], weights=whole["population"]) == pytest.approx(mean, rel=1e-4)
