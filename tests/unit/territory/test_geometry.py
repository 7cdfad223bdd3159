"""Points, projections, swapped columns, contours, Voronoi cells, light contours, neighbours."""

from __future__ import annotations

import json
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from assemblier.errors import BadInput
from assemblier.territory.codes import arrondissement_crosswalk
from assemblier.territory.contiguity import contiguity_of_contours, contiguity_of_points
from assemblier.territory.contours import (
    APPROACHED,
    OFFICIAL,
    area_km2,
    contours_at,
    mixed_contours,
    voronoi_cells,
)
from assemblier.territory.geometry import (
    commune_points,
    points_at,
    positions,
    projected,
    projection_of,
    unprojected,
)
from assemblier.territory.passage import Crosswalk
from assemblier.territory.simplify import geojson_text, simplified


def walk(*moves) -> Crosswalk:
    return Crosswalk(2018, 2024, pd.DataFrame(moves, columns=["code_from", "code_to", "weight"]))


def test_lambert_93_of_its_own_origin():
    # the projection is centred on 3° E, 46.5° N, false origin 700 km, 6600 km (decree 2000-1276)
    x, y = projected(np.array([3.0]), np.array([46.5]), 2154)
    assert x[0] == pytest.approx(700_000, abs=1e-3)
    assert y[0] == pytest.approx(6_600_000, abs=1e-3)
    lon, lat = unprojected(x, y, 2154)
    assert (lon[0], lat[0]) == pytest.approx((3.0, 46.5), abs=1e-9)


def test_each_land_has_its_projection():
    assert projection_of("22025") == projection_of("2B033") == 2154
    assert projection_of("97411") == 2975
    assert projection_of("97105") == projection_of("97209") == 5490
    assert projection_of("97302") == 2972
    assert projection_of("97608") == 4471


LON = np.array([-3.43, 2.35, 55.45, -61.5, np.nan])
LAT = np.array([48.4, 48.85, -20.9, 16.2, np.nan])


def test_swapped_columns_are_put_back():
    assert positions(LON, LAT).given == "degrees"
    found = positions(LAT, LON)
    assert found.given == "swapped"
    assert np.array_equal(found.lon, LON, equal_nan=True)
    assert np.array_equal(found.lat, LAT, equal_nan=True)


def test_lambert_metres_are_recognised():
    x, y = projected(LON[:2], LAT[:2], 2154)
    found = positions(x, y)
    assert found.given == "lambert93"
    assert found.lon == pytest.approx(LON[:2], abs=1e-7)


def test_points_outside_france_are_doubtful_when_few_and_refused_when_many():
    lon = np.r_[np.full(99, 2.0), 40.0]
    lat = np.r_[np.full(99, 47.0), 10.0]
    assert np.flatnonzero(positions(lon, lat).doubtful).tolist() == [99]
    with pytest.raises(BadInput, match="hors de France"):
        positions(lon[-10:], lat[-10:])


COMMUNES = pd.DataFrame(
    {
        "code": ["A", "B", "C", "D", "E", "F"],
        "mairie_lon": [-3.0, 3.0, np.nan, np.nan, -2.5, -3.0],
        "mairie_lat": [48.0, 48.0, np.nan, np.nan, 48.1, 48.0],
        "rep_lon": [-3.01, -3.2, -3.3, np.nan, np.nan, -3.05],
        "rep_lat": [48.0, 48.0, 48.0, np.nan, np.nan, 48.0],
        "centroid_lon": [-3.02, -3.2, -3.3, np.nan, np.nan, -3.05],
        "centroid_lat": [48.0, 48.0, 48.0, np.nan, np.nan, 48.0],
        "area_km2": [20.0, 20.0, 20.0, np.nan, np.nan, 20.0],
    }
)


def test_a_town_hall_then_a_point_inside():
    found = commune_points(COMMUNES, reach=2.0, slack_km=3.0).set_index("code")
    assert found["source"].to_dict() == {
        "A": "mairie",
        "B": "point intérieur",  # its town hall lost a minus sign: 460 km away
        "C": "point intérieur",
        "D": "absent",
        "E": "mairie",  # nothing to check it by, but it is in France
        "F": "point intérieur",  # its town hall is that of A, which is nearer
    }
    assert found.loc["B", "lon"] == -3.2
    # 6.2° of longitude at 48° N on the sphere
    chord = 6371.0088 * 2 * math.asin(math.cos(math.radians(48)) * math.sin(math.radians(6.2) / 2))
    assert found.loc["B", "distance_km"] == pytest.approx(chord)
    centred = commune_points(
        COMMUNES, reach=2.0, slack_km=3.0, order=("centre", "point intérieur", "mairie")
    )
    assert centred["lon"].iloc[0] == -3.02


def test_a_merged_commune_takes_the_weighted_mean_and_a_part_that_of_its_origin():
    points = pd.DataFrame(
        {
            "code": ["A", "B", "C", "G"],
            "lon": [0.0, 1.0, 5.0, 9.0],
            "lat": [45.0, 46.0, 47.0, 48.0],
            "source": ["mairie"] * 4,
        }
    )
    moves = walk(("A", "A", 1.0), ("B", "A", 1.0), ("C", "C", 0.7), ("C", "D", 0.3))
    found = points_at(points, moves, pd.Series({"A": 100.0, "B": 300.0})).set_index("code")
    assert found.loc["A", ["lon", "lat"]].tolist() == [0.75, 45.75]
    assert "pondérée par la population" in found.loc["A", "source"]
    assert found.loc["D", "lon"] == 5.0
    assert found.loc["D", "source"] == "point de la commune d’origine, C"
    assert found.loc["G", "source"] == "mairie"
    plain = points_at(points, moves).set_index("code")
    assert plain.loc["A", "lon"] == 0.5
    assert plain.loc["A", "source"] == "moyenne simple des communes réunies"


def test_paris_is_placed_by_its_arrondissements():
    points = pd.DataFrame(
        {
            "code": ["75056", "75101", "75115"],
            "lon": [2.0, 2.34, 2.29],
            "lat": [48.0, 48.86, 48.84],
            "source": ["centre", "mairie", "mairie"],
        }
    )
    found = points_at(
        points, arrondissement_crosswalk(2024), pd.Series({"75101": 1.0, "75115": 4.0})
    )
    assert found["code"].tolist() == ["75056"]
    assert found["lon"].iloc[0] == pytest.approx((2.34 + 4 * 2.29) / 5)


def squares(columns: int, rows: int, side: float = 0.1) -> gpd.GeoDataFrame:
    """A chessboard near Bourges: codes 18000 + 10 × row + column."""
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    return gpd.GeoDataFrame(
        {"code": [f"18{10 * row + column:03d}" for row, column in cells]},
        geometry=[
            shapely.box(
                2 + side * column, 47 + side * row, 2 + side * (column + 1), 47 + side * (row + 1)
            )
            for row, column in cells
        ],
        crs=4326,
    )


def centres(contours: gpd.GeoDataFrame) -> pd.DataFrame:
    middle = shapely.centroid(contours.geometry.to_numpy())
    return pd.DataFrame(
        {"code": contours["code"], "lon": shapely.get_x(middle), "lat": shapely.get_y(middle)}
    )


def test_contours_of_merged_communes_are_united():
    board = squares(3, 1)
    made = contours_at(board, walk(("18000", "18000", 1.0), ("18001", "18000", 1.0)))
    assert made["code"].tolist() == ["18000", "18002"]
    assert made["quality"].tolist() == [OFFICIAL, OFFICIAL]
    assert made.geometry[0].equals(shapely.union_all(board.geometry.to_numpy()[:2]))
    assert area_km2(made).sum() == pytest.approx(area_km2(board).sum(), rel=1e-4)


def test_a_divided_commune_is_cut_between_its_points_and_says_so():
    board = squares(2, 1)
    moves = walk(("18000", "18000", 0.5), ("18000", "18009", 0.5))
    assert contours_at(board, moves)["code"].tolist() == ["18001"]
    points = pd.DataFrame({"code": ["18000", "18009"], "lon": [2.02, 2.06], "lat": [47.05, 47.05]})
    made = contours_at(board, moves, points).set_index("code")
    assert made.loc["18000", "quality"] == APPROACHED
    assert made.loc["18001", "quality"] == OFFICIAL
    assert made.geometry["18000"].bounds == pytest.approx((2.0, 47.0, 2.04, 47.1))
    assert made.geometry["18009"].bounds == pytest.approx((2.04, 47.0, 2.1, 47.1))


def test_a_merger_with_a_missing_contour_is_left_out():
    moves = walk(("18000", "18000", 1.0), ("18777", "18000", 1.0))
    assert contours_at(squares(2, 1), moves)["code"].tolist() == ["18001"]


def test_areas_are_those_of_the_ellipsoid():
    board = squares(2, 2)
    expected = [
        abs(Geod(ellps="GRS80").geometry_area_perimeter(shapely.segmentize(shape, 0.001))[0]) / 1e6
        for shape in board.geometry
    ]
    assert area_km2(board) == pytest.approx(expected, rel=1e-4)
    island = gpd.GeoDataFrame(
        {"code": ["97411"]}, geometry=[shapely.box(55.4, -21.0, 55.5, -20.9)], crs=4326
    )
    round_earth = abs(Geod(ellps="GRS80").geometry_area_perimeter(island.geometry[0])[0]) / 1e6
    assert area_km2(island)[0] == pytest.approx(round_earth, rel=1.5e-3)


def test_voronoi_cells_of_a_chessboard_are_its_squares():
    board = squares(5, 5)
    cells = voronoi_cells(centres(board), reach=1.5, cap_km=30)
    assert cells["code"].tolist() == board["code"].tolist()
    assert set(cells["quality"]) == {APPROACHED}
    inner = [at for at, code in enumerate(board["code"]) if code[3] in "123" and code[4] in "123"]
    shared = shapely.intersection(
        cells.geometry.to_numpy()[inner], board.geometry.to_numpy()[inner]
    )
    assert shapely.area(shared) == pytest.approx(np.full(9, 0.01), rel=0.01)


def test_cells_of_a_coast_stay_their_own_size():
    points = centres(squares(5, 5))
    wide = area_km2(voronoi_cells(points, reach=100, cap_km=100))
    kept = area_km2(voronoi_cells(points, reach=1.5, cap_km=30))
    assert kept.max() < 4 * np.median(kept)
    assert wide.max() > 10 * np.median(wide)
    known = voronoi_cells(points.assign(area_km2=2.0), reach=1.5, cap_km=30, spread=1.0)
    assert area_km2(known) == pytest.approx(np.full(25, math.pi * 2.0), rel=0.03)
    land = shapely.box(2.0, 47.0, 2.25, 47.5)
    cut = voronoi_cells(points, reach=1.5, cap_km=30, land=land)
    assert shapely.union_all(cut.geometry.to_numpy()).difference(land).area < 1e-9


def test_no_hole_is_left_inland():
    points = centres(squares(5, 5)).assign(area_km2=90.0)
    points.loc[points["code"] == "18022", "area_km2"] = 2.0  # its cell is cut, its gap is inland
    cells = voronoi_cells(points, reach=1.5, cap_km=30, spread=1.2)
    rings = shapely.get_num_interior_rings(cells.geometry.to_numpy())
    assert rings.tolist() == [0] * 25
    assert area_km2(cells)[12] == pytest.approx(84, rel=0.02)
    corner = points["code"] == "18000"
    points.loc[corner, "area_km2"] = 2.0  # on the rim, the same cut stays
    rim = voronoi_cells(points, reach=1.5, cap_km=30, spread=1.2)
    assert area_km2(rim)[0] < 20


def test_cells_of_few_or_coinciding_points():
    one = voronoi_cells(
        pd.DataFrame({"code": ["A"], "lon": [2.0], "lat": [47.0]}), reach=1, cap_km=1
    )
    assert area_km2(one)[0] == pytest.approx(math.pi, rel=0.01)
    same = pd.DataFrame(
        {"code": list("ABCD"), "lon": [2.0, 2.0, 2.1, np.nan], "lat": [47.0, 47.0, 47.0, 47.0]}
    )
    cells = voronoi_cells(same, reach=1.5, cap_km=10)
    assert cells["code"].tolist() == ["A", "B", "C"]
    assert not cells.geometry.is_empty.any()


def test_a_mixed_set_says_which_are_approached_and_does_not_overlap():
    board = squares(4, 4)
    known, points = board[board["code"] < "18020"], centres(board)
    made = mixed_contours(board["code"], known, points, reach=1.5, cap_km=30)
    quality = made.set_index("code")["quality"]
    assert quality["18013"] == OFFICIAL
    assert quality["18020"] == APPROACHED
    shapes = made.geometry.to_numpy()
    assert shapely.area(shapes).sum() == pytest.approx(
        shapely.area(shapely.union_all(shapes)), rel=1e-4
    )
    alone = mixed_contours(["18011"], None, points, reach=1.5, cap_km=30)
    assert alone["quality"].tolist() == [APPROACHED]
    assert mixed_contours(["18011"], board, points, reach=1, cap_km=1)["quality"].tolist() == [
        OFFICIAL
    ]


def test_neighbours_share_a_border_and_not_a_corner():
    pairs = contiguity_of_contours(squares(3, 3))
    assert len(pairs) == 12
    assert (pairs["code"] < pairs["neighbour"]).all()
    first = pairs[(pairs["code"] == "18000") & (pairs["neighbour"] == "18001")]
    assert first["border_km"].iloc[0] == pytest.approx(11.12, rel=0.005)


def test_neighbours_by_points_are_not_too_far():
    points = centres(squares(3, 3))
    pairs = contiguity_of_points(points, cap_km=100)
    assert 12 <= len(pairs) <= 20
    assert set(zip(pairs["code"], pairs["neighbour"], strict=True)) >= {("18000", "18001")}
    near = contiguity_of_points(points, cap_km=11.5)
    assert len(near) == 12  # sides of squares are 7.6 and 11.1 km, diagonals 13.5 km
    assert near["distance_km"].max() < 11.5
    two = contiguity_of_points(points.iloc[:2], cap_km=100)
    assert len(two) == 1
    assert contiguity_of_points(points.iloc[:1], cap_km=100).empty


def test_communes_of_two_seas_are_no_neighbours():
    points = pd.DataFrame(
        {
            "code": ["97411", "97608", "22025"],
            "lon": [55.4, 45.2, -3.4],
            "lat": [-20.9, -12.8, 48.4],
        }
    )
    assert contiguity_of_points(points, cap_km=1e6).empty


def wavy(columns: int, rows: int) -> gpd.GeoDataFrame:
    """A chessboard with borders of many vertices."""
    board = squares(columns, rows)
    dense = shapely.segmentize(board.geometry.to_numpy(), 0.002)
    bent = shapely.transform(
        dense,
        lambda p: p + 0.002 * np.column_stack([np.sin(300 * p[:, 1]), np.sin(300 * p[:, 0])]),
    )
    return board.set_geometry(gpd.GeoSeries(bent, crs=4326))


def test_simplified_contours_still_share_their_borders():
    board = wavy(3, 3)
    light = simplified(board, 2000)
    shapes = light.geometry.to_numpy()
    assert (
        shapely.get_num_coordinates(shapes).sum()
        < 0.3 * shapely.get_num_coordinates(board.geometry.to_numpy()).sum()
    )
    assert shapely.coverage_is_valid(shapes)
    assert len(contiguity_of_contours(light)) == len(contiguity_of_contours(board)) == 12
    assert area_km2(light).sum() == pytest.approx(area_km2(board).sum(), rel=0.02)


def test_geojson_is_small_and_complete():
    board = wavy(2, 1).assign(nom=["Saint-Mandé ", None])
    text = geojson_text(board, ("code", "nom"), decimals=3)
    read = json.loads(text)
    assert [feature["id"] for feature in read["features"]] == ["18000", "18001"]
    assert read["features"][0]["properties"] == {"code": "18000", "nom": "Saint-Mandé "}
    assert read["features"][1]["properties"]["nom"] is None
    assert len(text) < 0.7 * len(geojson_text(board, ("code", "nom"), decimals=12))


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 1)), min_size=3, max_size=30, unique=True))
def test_each_point_lies_in_its_own_cell_and_cells_do_not_overlap(places):
    lon, lat = np.array(places).T
    points = pd.DataFrame(
        {"code": [f"18{at:03d}" for at in range(len(places))], "lon": 2 + lon, "lat": 47 + lat}
    )
    cells = voronoi_cells(points, reach=1.5, cap_km=30).geometry.to_numpy()
    assert shapely.is_valid(cells).all()
    places = shapely.points(points["lon"].to_numpy(), points["lat"].to_numpy())
    assert (shapely.distance(cells, places) < 0.01).all()
    one, other = shapely.STRtree(cells).query(cells, predicate="intersects")
    pairs = one < other
    shared = shapely.area(shapely.intersection(cells[one[pairs]], cells[other[pairs]]))
    assert shared.sum() < 1e-3 * shapely.area(cells).sum()


@pytest.fixture(scope="module")
def real_points(real_geography):
    raw = pd.read_csv(
        real_geography.folder / "insee" / "communes_2026.csv",
        dtype={"code": str},
        na_values=["\\N"],
        low_memory=False,
    ).rename(columns={"area_km2_approx": "area_km2"})
    return raw, commune_points(raw, reach=2.0, slack_km=3.0)


@pytest.fixture(scope="module")
def real_contours(real_geography):
    return gpd.read_file(real_geography.folder / "contours" / "communes-bretagne_2018.geojson")[
        ["code", "geometry"]
    ]


@pytest.mark.real
def test_real_points(real_points):
    raw, points = real_points
    by_code = points.set_index("code")
    # the file says 1.48842 E, 44.54235 N, in the Lot, for Beylongue, in the Landes
    assert by_code.loc["40040", "source"] == "point intérieur"
    # Attigny of the Vosges has the town hall of Attigny of the Ardennes
    assert by_code.loc["88016", "distance_km"] > 100
    assert by_code.loc["29227", "source"] == "mairie"
    # Guyane: communes of thousands of km² keep town halls far from their middle
    assert by_code.loc["97353", "source"] == "mairie"
    located = points[points["lon"].notna()]
    assert not positions(located["lon"].to_numpy(), located["lat"].to_numpy()).doubtful.any()
    assert 500 < points["distance_km"].notna().sum() < 700
    assert (points["source"] == "absent").sum() < 110
    assert len(raw) == len(points)


@pytest.mark.real
def test_real_contours_of_2018_become_those_of_2024(real_geography, real_contours):
    communes = real_geography.communes(2024)
    made = contours_at(real_contours, real_geography.passage.crosswalk(2018, 2024))
    expected = communes.loc[communes["departement"].isin(["22", "29", "35", "56"]), "code"]
    assert set(made["code"]) == set(expected)
    assert set(made["quality"]) == {OFFICIAL}
    assert area_km2(made).sum() == pytest.approx(area_km2(real_contours).sum(), rel=1e-6)
    # Insee gives 27 208 km² for Bretagne, by the cadastre; contours count some inland water too
    assert area_km2(made).sum() == pytest.approx(27_208, rel=0.015)
    light = simplified(made, 400)
    assert shapely.coverage_is_valid(light.geometry.to_crs(2154).to_numpy())
    assert len(geojson_text(light)) < 700_000


@pytest.mark.real
def test_real_cells_are_fast_and_resemble_contours(real_points, real_geography, real_contours):
    raw, _ = real_points
    points = commune_points(
        raw, reach=2.0, slack_km=3.0, order=("centre", "point intérieur", "mairie")
    )[(raw["type"] == "commune-actuelle").to_numpy()]
    cells = voronoi_cells(points, reach=1.25, cap_km=30, spread=1.2)
    assert len(cells) == points["lon"].notna().sum() > 34_800
    truth = contours_at(real_contours, real_geography.passage.crosswalk(2018, 2024))
    both = truth.merge(cells[["code", "geometry"]].rename(columns={"geometry": "cell"}), on="code")
    true = gpd.GeoSeries(both["geometry"], crs=4326).to_crs(2154).to_numpy()
    cell = gpd.GeoSeries(both["cell"], crs=4326).to_crs(2154).to_numpy()
    shared = shapely.area(shapely.intersection(true, cell)).sum()
    assert shared / shapely.area(true).sum() > 0.7
    assert shapely.area(cell).sum() / shapely.area(true).sum() == pytest.approx(1, abs=0.1)


def test_needles_and_crumbs_of_cut_cells_do_not_stop_the_simplification():
    # what is left of cells cut together: a needle 2 mm wide, a crumb of 1 mm; both go once snapped
    x, y = 500_000.0, 6_400_000.0
    needle = [
        (x, y), (x + 1000, y), (x + 1000, y + 500), (x + 3000, y + 500.001),
        (x + 1000, y + 500.002), (x + 1000, y + 1000), (x, y + 1000),
    ]  # fmt: skip
    crumbs = shapely.MultiPolygon(
        [
            shapely.box(x + 5000, y, x + 5000.001, y + 0.001),
            shapely.box(x + 1000, y - 1000, x + 2000, y),
        ]
    )
    whole = gpd.GeoDataFrame(
        {"code": ["24001", "24002", "24003"]},
        geometry=[shapely.Polygon(needle), shapely.box(x, y - 1000, x + 1000, y), crumbs],
        crs=2154,
    ).to_crs(4326)
    light = simplified(whole, 100.0)
    assert light.is_valid.all()
    assert light.to_crs(2154).area.to_numpy() == pytest.approx(1e6, rel=1e-4)
