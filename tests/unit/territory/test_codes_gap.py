"""What two lists of communes tell when no passage table does."""

from __future__ import annotations

import pandas as pd
import pytest

from assemblier.tables import SUM
from assemblier.territory.conversion import convert
from assemblier.territory.geometry import commune_points
from assemblier.territory.passage import Passage
from assemblier.territory.vintage_gap import likely_heirs, merger_steps, moves_back, vintage_gap

BEFORE = pd.DataFrame(
    [
        ("12076", "Conques-en-Rouergue", "12"),
        ("15141", "Neussargues en Pinatelle", "15"),
        ("22027", "Le Cambout", "22"),
        ("22241", "Plumieux", "22"),
    ],
    columns=["code", "nom", "departement"],
)
AFTER = pd.DataFrame(
    [
        ("12218", "Conques-en-Rouergue", "12"),
        ("15141", "Neussargues en Pinatelle", "15"),
        ("15031", "Celles", "15"),
        ("22241", "Plumieux-le-Cambout", "22"),
        ("75101", "Paris 1er Arrondissement", "75"),
        ("98801", "Belep", "988"),
        ("22999", "Inconnue", "22"),
    ],
    columns=["code", "nom", "departement"],
)


@pytest.fixture
def passage() -> Passage:
    return Passage.of(
        pd.DataFrame(
            [(2016, 2024, "15031", "15141", "f", 1.0), (2016, 2024, "15141", "15141", "f", 1.0)],
            columns=["year_from", "year_to", "code_from", "code_to", "kind", "ratio"],
        )
    )


def test_each_new_code_has_an_origin(passage):
    gap = vintage_gap(BEFORE, AFTER, 2024, 2026, passage)
    assert {found.code: (found.origin, found.parent) for found in gap.new} == {
        "12218": ("changement de code", "12076"),
        "15031": ("rétablissement", "15141"),
        "75101": ("arrondissement", None),
        "98801": ("collectivité d’outre-mer", None),
        "22999": ("inexpliqué", None),
    }
    assert [found.code for found in gap.gone] == ["22027"]
    assert "aucune table ne dit pourquoi" in str(gap.gone[0])


def test_without_a_passage_a_restored_commune_is_not_explained():
    gap = vintage_gap(BEFORE, AFTER, 2024, 2026)
    assert {f.code for f in gap.new if f.origin == "inexpliqué"} == {"15031", "22999"}


def test_the_steps_that_lists_tell_extend_the_passage(passage):
    gap = vintage_gap(BEFORE, AFTER, 2024, 2026, passage)
    assert gap.steps()["code_from"].tolist() == ["12076"]
    steps = gap.steps(pd.Series({"15141": 300.0, "15031": 100.0}))
    longer = passage.extended(steps)
    table = pd.DataFrame({"code": ["15141", "12076", "22027"], "n": [8.0, 1.0, 2.0]})
    made = convert(table, {"n": SUM}, longer.crosswalk(2024, 2026)).table.set_index("code")["n"]
    assert made.to_dict() == {"15141": 6, "15031": 2, "12218": 1, "22027": 2}


def test_a_neighbour_whose_population_jumped_is_a_hint():
    points = pd.DataFrame(
        {
            "code": ["22027", "22241", "22046", "22999"],
            "lon": [-2.6, -2.58, -2.55, -4.0],
            "lat": [48.06, 48.1, 48.08, 48.6],
        }
    )
    before = pd.Series({"22027": 411.0, "22241": 1025.0, "22046": 6000.0, "22999": 400.0})
    after = pd.Series({"22241": 1440.0, "22046": 6350.0, "22999": 900.0})
    found = likely_heirs(["22027"], before, after, points, radius_km=12).iloc[0]
    assert (found["heir"], found["lost"], found["gained"]) == ("22241", 411, 415)
    assert found["balance"] == pytest.approx(415 / 411)
    assert 4 < found["distance_km"] < 5
    nobody = likely_heirs(["22027"], before, after - 1000, points, radius_km=12).iloc[0]
    assert nobody["heir"] is None or pd.isna(nobody["heir"])
    steps = merger_steps(pd.DataFrame({"code": ["22027"], "heir": ["22241"]}), 2024, 2026)
    assert list(zip(steps["code_from"], steps["code_to"], strict=True)) == [
        ("22027", "22241"),
        ("22241", "22241"),
    ]


@pytest.mark.real
def test_2024_to_2026(real_geography):
    raw = pd.read_csv(
        real_geography.folder / "insee" / "communes_2026.csv",
        dtype={"code": str, "departement": str},
        na_values=["\\N"],
        low_memory=False,
    )
    gap = vintage_gap(
        real_geography.communes(2024),
        raw[["code", "nom", "departement"]],
        2024,
        2026,
        real_geography.passage,
    )
    count = pd.Series([found.origin for found in gap.new]).value_counts().to_dict()
    assert count == {
        "collectivité d’outre-mer": 94,
        "arrondissement": 45,
        "changement de code": 4,
        "rétablissement": 4,
    }
    assert len(gap.gone) == 64
    # the shares of 2024 are published equal, for want of populations; those of 2026 tell them
    told = real_geography.passage.reweighted(
        {2024: raw.set_index("code")["pop_municipale_epci"]}
    ).steps
    essarts = told[(told["year_to"] == 2024) & (told["code_from"] == "85084")]
    shares = essarts.set_index("code_to")["ratio"]
    assert shares["85165"] == pytest.approx(1264 / (6835 + 1264 + 1338))
    places = pd.read_csv(real_geography.folder / "temps" / "communes_vers_paris_osrm.csv")
    points = commune_points(
        pd.DataFrame(
            {
                "code": places["id"].str[3:],
                "centroid_lon": places["lon"],
                "centroid_lat": places["lat"],
            }
        ),
        reach=2.0,
        slack_km=3.0,
    )
    hints = likely_heirs(
        [found.code for found in gap.gone],
        real_geography.population(2024),
        raw.set_index("code")["pop_municipale_epci"],
        points,
        radius_km=12,
    ).set_index("code")
    # names of 2026 that tell of both: Pierrefitte joined Saint-Denis, Plumieux took in two…
    assert hints.loc["93059", "heir"] == "93066"
    assert hints.loc["22043", "heir"] == hints.loc["22027", "heir"] == "22241"
    assert hints.loc["85021", "heir"] == "85076"  # Cugand-la-Bernardière
    assert hints["heir"].notna().sum() >= 60


def test_a_code_that_is_used_again_comes_back_to_where_it_had_gone() -> None:
    steps = pd.DataFrame(
        [
            (2015, 2016, "15031", "15141", "f", 1.0),
            (2015, 2016, "15141", "15141", "f", 1.0),
            (2015, 2016, "49126", "49069", "f", 1.0),
            (2015, 2016, "49069", "49069", "f", 1.0),
        ],
        columns=["year_from", "year_to", "code_from", "code_to", "kind", "ratio"],
    )
    made = moves_back(
        ["15031", "15141", "49126", "29001", "99999"],
        ["15141", "49069", "29001"],
        Passage.of(steps),
        2016,
    )
    assert made.to_numpy().tolist() == [
        ["15031", "15141", 1.0],
        ["49126", "49069", 1.0],
        ["15141", "15141", 1.0],
    ]
