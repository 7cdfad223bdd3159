"""Ready matrices in the shapes that producers write, and engines behind one interface."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assemblier.errors import BadInput
from assemblier.measures.crowfly import CrowFlyModel, Places
from assemblier.measures.matrices import (
    from_osrm_table,
    from_point_pairs,
    from_square,
    matched_points,
    nearest_by_commune,
)
from assemblier.measures.times import TravelTimes
from assemblier.measures.travel import (
    CrowFlyEngine,
    MatrixEngine,
    TravelEngine,
    asymmetry,
    triangles,
)

SECONDS = np.array([[0.0, 120.0, np.nan], [130.0, 0.0, 65.0], [300.0, 60.0, 0.0]])
IDS = np.array(["38001", "38002", "38003"])


def square(**options):
    return from_square(SECONDS, origins=IDS, destinations=IDS, engine="OSRM", **options)


def test_a_square_of_seconds_leaves_out_what_has_no_route():
    times = square()
    assert times.pairs == 8
    assert times.indptr.tolist() == [0, 2, 5, 8]
    assert times.seconds.tolist() == [0, 120, 130, 0, 65, 300, 60, 0]
    assert square(limit=120).seconds.tolist() == [0, 120, 0, 65, 60, 0]
    assert times.engine == "OSRM"


def test_a_square_that_does_not_fit_its_names_is_refused_whole():
    with pytest.raises(BadInput) as refused:
        from_square(
            SECONDS, origins=IDS[:2], destinations=["a", "b", "a"], engine="x", file="m.csv"
        )
    assert len(refused.value.problems) == 2
    with pytest.raises(BadInput):
        from_square(-SECONDS, origins=IDS, destinations=IDS, engine="x")


def test_the_answer_of_osrm():
    answer = {"code": "Ok", "durations": [[0, 61.4], [None, 0]]}
    times = from_osrm_table(answer, origins=["a", "b"], destinations=["a", "b"], engine="OSRM")
    assert times.seconds.tolist() == [0, 62, 0]  # upwards: a whole bound keeps out what is beyond
    assert times.minutes[1] == pytest.approx(61.4 / 60)
    with pytest.raises(BadInput, match="Too many"):
        from_osrm_table(
            {"code": "TooBig", "message": "Too many table coordinates"},
            origins=[],
            destinations=[],
            engine="OSRM",
        )


def lambert(**columns):
    return pd.DataFrame(
        {
            "X1": [411184.2467, 394001.3583],
            "Y1": [6399914.3, 6469801.4],
            "X2": [401150.95, 389144.06],
            "Y2": [6451433.4, 6466745.5],
            **columns,
        }
    )


def test_pairs_known_by_coordinates_with_a_value_for_no_route():
    metric = lambert(HC=[9999.0, 6.0]).iloc[::-1].reset_index(drop=True)
    metric[["X1", "Y1"]] += 0.0004  # the other file rounds otherwise
    both = matched_points(lambert(minutes=[57.04, 4.95]), metric, tolerance=1.0)
    assert both["HC"].tolist() == [9999, 6]
    assert both["minutes"].tolist() == [57.04, 4.95]
    times = from_point_pairs(both, minutes="HC", tolerance=1.0, engine="Metric", no_route=9999)
    assert times.seconds.tolist() == [360]
    assert times.origins.tolist() == ["394001_6469801"]
    with pytest.raises(BadInput, match="pas dans la première"):
        matched_points(lambert(minutes=[1, 2]).iloc[:1], metric, tolerance=1.0)
    with pytest.raises(BadInput, match="deux fois"):
        matched_points(pd.concat([metric, metric]), metric, tolerance=1.0)


def test_nearest_equipment_of_200_metre_cells_by_commune():
    cells = pd.DataFrame(
        {
            "depcom": ["75056", "75056", "32013", "32013", "32107"],
            "typeeq_id": ["D265", "D265", "D265", "D307", "D265"],
            "pop": [30.0, 10.0, 4.0, 4.0, 8.0],
            "duree": [2.0, 6.0, np.nan, 5.0, np.nan],
        }
    )
    before = cells.copy()
    found = nearest_by_commune(cells).set_index(["commune", "equipment"])
    assert found.loc[("75056", "D265"), "minutes"] == (30 * 2 + 10 * 6) / 40
    assert found.loc[("32013", "D307"), "minutes"] == 5
    assert np.isnan(found.loc[("32107", "D265"), "minutes"])
    assert found.loc[("32107", "D265"), "share_covered"] == 0
    assert found.loc[("75056", "D265"), "share_covered"] == 1
    pd.testing.assert_frame_equal(cells, before)
    with pytest.raises(BadInput) as refused:
        nearest_by_commune(cells.assign(pop=[1, -1, np.nan, 1, 1]))
    assert len(refused.value.problems) == 2
    with pytest.raises(BadInput, match="duree"):
        nearest_by_commune(cells.drop(columns="duree"))


def places(*names):
    return Places(np.array(names), np.linspace(5, 5.1, len(names)), np.full(len(names), 45.0))


def test_engines_answer_alike():
    matrix: TravelEngine = MatrixEngine(square())
    model: TravelEngine = CrowFlyEngine(CrowFlyModel(1, 1, engine="vol d’oiseau"))
    timed = matrix.between(places("38003", "38001"), places("38002"), limit=100)
    assert timed.times.seconds.tolist() == [60]
    assert timed.times.origins.tolist() == ["38003", "38001"]
    assert timed.times.indptr.tolist() == [0, 1, 1]
    assert timed.times.engine == matrix.name == "OSRM"
    here = places("a", "b")
    timed = model.between(here, here, limit=3600)
    assert timed.times.seconds[0] == 0
    assert timed.times.engine == model.name == "vol d’oiseau"


def test_a_matrix_says_what_it_does_not_hold():
    short = square(limit=120)
    with pytest.raises(BadInput) as refused:
        MatrixEngine(short).between(places("38001", "38999"), places("38002"), limit=600)
    assert len(refused.value.problems) == 2
    whole = from_square(np.zeros((1, 1)), origins=["a"], destinations=["a"], engine="x")
    # a full matrix knows every pair, however far
    assert MatrixEngine(whole).between(places("a"), places("a"), limit=600).times.pairs == 1


def test_triangles_and_symmetry_by_hand():
    found = triangles(square(), tolerance_seconds=0)
    # 1→2→3 is 120 + 65 and 1→3 is missing, within the bound; 3→2→1 is 60 + 130 < 300
    assert found.broken == 2
    assert found.worst_seconds == 300 + 1 - 185
    assert triangles(square(), tolerance_seconds=200).broken == 0
    both = asymmetry(square())
    assert (both.both_ways, both.one_way, both.mean_seconds, both.worst_seconds) == (2, 1, 7.5, 10)
    with pytest.raises(BadInput):
        asymmetry(
            TravelTimes.from_table(
                pd.DataFrame({"origin": ["a"], "destination": ["b"], "minutes": [1.0]})
            )
        )


@pytest.mark.real
def test_isere_is_whole_nearly_symmetric_and_obeys_triangles(real_data):
    table = pd.read_csv(real_data / "temps" / "isere_voiture_osrm_2021.csv", index_col=0)
    names = table.index.astype(str).to_numpy(dtype=str)
    times = from_square(
        table.to_numpy(),
        origins=names,
        destinations=table.columns.to_numpy(dtype=str),
        engine="OSRM 2021",
    )
    assert times.pairs == 512 * 512
    both = asymmetry(times)
    assert both.one_way == 0
    assert 30 < both.mean_seconds < 50
    near = np.argsort(table.to_numpy()[0])[:150]
    small = from_square(
        table.to_numpy()[np.ix_(near, near)],
        origins=names[near],
        destinations=names[near],
        engine="OSRM 2021",
    )
    checked = triangles(small, tolerance_seconds=60)
    assert checked.checked == 150**3
    assert checked.broken / checked.checked < 0.001
