"""The artificial territory: fiction, the same bytes each time, consistent figures."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zipfile

import numpy as np
import osmium
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from assemblier.demo import write_raw
from assemblier.demo.country import draw_country
from assemblier.demo.geography import DEPARTEMENTS, REGIONS, to_wgs84
from assemblier.demo.names import plain


@pytest.fixture(scope="module")
def steps():
    return []


@pytest.fixture(scope="module")
def written(tmp_path_factory, steps):
    return write_raw(
        tmp_path_factory.mktemp("demo"), on_progress=lambda what, share: steps.append((what, share))
    )


@pytest.fixture(scope="module")
def country():
    return draw_country(2026)


def table(written, name, **options):
    options = {"dtype": str, "keep_default_na": False, **options}
    return pd.read_csv(written.root / name, **options)


def member(written, name, inside, **options):
    with zipfile.ZipFile(written.root / name) as archive:
        data = archive.read(inside)
    return pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, sep=";", **options)


def hashes(territory):
    return {
        str(f.path.relative_to(territory.root)): hashlib.sha256(f.path.read_bytes()).hexdigest()
        for f in territory.files
    }


def test_same_seed_same_bytes_and_another_seed_another_country(written, tmp_path):
    again = write_raw(tmp_path / "again")
    assert hashes(again) == hashes(written)
    other = write_raw(tmp_path / "other", seed=7)
    same = {name for name, value in hashes(other).items() if hashes(written)[name] == value}
    assert same == {"insee/TYPEQU_2025.csv"}


def test_every_file_is_listed_once_and_the_folder_is_light(written):
    paths = [f.path for f in written.files]
    assert len(paths) == len(set(paths)) >= 60
    assert set(paths) == {p for p in written.root.rglob("*") if p.is_file()}
    assert sum(p.stat().st_size for p in paths) < 25e6


def test_progress_goes_from_zero_to_one(written, steps):
    shares = [share for _, share in steps]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len({what for what, _ in steps}) == len(steps)


@pytest.mark.parametrize("seed", [2026, 1, 18, 99])
def test_the_pays_has_the_figures_of_centre_ouest_bretagne(seed):
    country = draw_country(seed)
    doctors, pays = country.doctors, country.pays
    people = country.people.population(2022)[pays].sum()
    assert people == pytest.approx(97_000, abs=60)
    liberal = doctors.liberal(2025) & pays[doctors.atom]
    assert 7 < liberal.sum() / people * 10_000 < 9
    sites = doctors.count_sites(doctors.liberal(2025), len(country.atoms))[pays].sum()
    assert sites / people * 10_000 < 9
    assert (doctors.age(2025)[liberal] > 55).mean() == pytest.approx(0.40)
    assert (doctors.age(2025)[liberal] >= 55).mean() == pytest.approx(0.40)
    assert len(country.pays_codes(2024)) == 97
    assert {c[:2] for c in country.pays_codes(2024)} == set(DEPARTEMENTS)
    towns = country.people.population(2022)[pays & (country.atoms.size == 3)]
    assert len(towns) in {1, 2}
    assert ((towns > 8_000) & (towns < 15_000)).all()
    assert not (pays & (country.atoms.size == 4)).any()
    assert pays[country.atoms.coastal].any()


def test_texts_give_numbers_of_communes_that_differ_from_the_list(written):
    said = {d.communes for d in written.declared}
    assert said == {108, 98}
    assert len(written.communes) == 97
    listed = table(written, "territoires/territoire.csv")
    assert dict(zip(listed["code"], listed["nom"], strict=True)) == written.communes


def test_published_apl_is_the_formula_and_conserves_supply(written):
    truths = written.truths
    book = CalamineWorkbook.from_path(
        written.root / "drees/indicateur_d_apl_aux_medecins_generalistes.xlsx"
    )
    for year in (2022, 2023, 2024):
        weight = np.select(
            [truths.minutes <= 10, truths.minutes <= 15, truths.minutes <= 20],
            [1, 2 / 3, 1 / 3],
            0.0,
        )
        demand, supply = truths.standardised[year], truths.supply[year]
        expected = np.zeros(len(demand))
        for j in np.flatnonzero(supply):
            reached = sum(demand[i] * weight[i, j] for i in range(len(demand)))
            expected += weight[:, j] * supply[j] / reached
        rows = book.get_sheet_by_name(f"APL {year}").to_python()[10:]
        assert [r[0] for r in rows] == list(truths.codes)
        np.testing.assert_allclose([r[2] for r in rows], expected, atol=5.1e-4)
        assert (truths.apl[year] * demand).sum() == pytest.approx(supply.sum(), rel=1e-9)


def test_standardised_population_follows_from_single_ages(written):
    ages = member(
        written,
        "insee/DS_RP_TD_POPULATION_AGESEX_PRINC_2022_CSV_FR.zip",
        "DS_RP_TD_POPULATION_AGESEX_PRINC_2022_data.csv",
    )
    ages = ages[(ages.GEO_OBJECT == "COM") & (ages.SEX == "_T") & (ages.TIME_PERIOD == "2022")]
    single = ages[ages.AGE != "_T"].copy()
    single["age"] = single.AGE.str.extract(r"(\d+)", expand=False).astype(int)
    book = CalamineWorkbook.from_path(
        written.root / "drees/indicateur_d_apl_aux_medecins_generalistes.xlsx"
    )
    printed = book.get_sheet_by_name("Paramètres").to_python()
    weights = [r[3] for r in printed if str(r[0]).startswith(("Moins de 5", "de ", "Plus de 90"))]
    assert len(weights) == 19
    single["part"] = (
        single.OBS_VALUE.astype(float) * np.array(weights)[np.minimum(single.age, 90) // 5]
    )
    total = single.groupby("GEO").part.sum()
    truths = dict(zip(written.truths.codes, written.truths.standardised[2024], strict=True))
    shared = sorted(set(total.index) & set(truths))
    assert len(shared) > 330
    same = [c for c in shared if total[c] == pytest.approx(truths[c], rel=1e-9)]
    # one merger of 2025 lies between the two geographies
    assert len(same) == len(shared) - 1


def test_populations_agree_between_files(written):
    legal = member(written, "insee/ensemble_2021.zip", "donnees_communes.csv").set_index("COM")
    past = table(written, "insee/populations_1968_2024.csv").set_index("CODGEO")["POP_COG2024"]
    past = past[past != ""].astype(float)
    assert (legal.PMUN.astype(float) == past.reindex(legal.index)).all()
    assert (legal.PTOT.astype(int) == legal.PMUN.astype(int) + legal.PCAP.astype(int)).all()
    bands = member(
        written, "insee/base-cc-evol-struct-pop-2022_csv.zip", "base-cc-evol-struct-pop-2022.CSV"
    )
    parts = [c for c in bands if c.startswith("P22_POP") and len(c) > 7]
    assert len(parts) == 7
    np.testing.assert_allclose(
        bands[parts].astype(float).sum(axis=1), bands["P22_POP"].astype(float), rtol=1e-12
    )


def test_conversion_table_joins_consecutive_geographies(written):
    past = table(written, "insee/populations_1968_2024.csv").set_index("CODGEO")
    passage = table(written, "insee/passage_communes.csv")
    assert set(passage.typemodif) == {"f", "d", "c"}
    for (before, after), rows in passage.groupby(["year_from", "year_to"]):
        for year, column in ((before, "code_from"), (after, "code_to")):
            if f"POP_COG{year}" in past:
                held = set(past.index[past[f"POP_COG{year}"] != ""])
                assert set(rows[column]) <= held, (year, column)
    split = passage[passage.typemodif == "d"]
    shares = split.ratio.astype(float).groupby([split.year_from, split.code_from]).sum()
    np.testing.assert_allclose(shares, 1.0)


def test_zonings_partition_the_communes_of_their_year(written):
    for year in (2018, 2019, 2022, 2023, 2024):
        rows = table(written, f"insee/table_appartenance_{year}.csv")
        rows = rows[rows.CODGEO != ""]
        assert rows.CODGEO.is_unique
        assert (rows.drop(columns="LIBGEO") != "").all().all()
        if year == 2019:
            continue
        names = table(written, f"insee/libelles_zonages_{year}.csv")
        for level in ("EPCI", "ARR"):
            counted = names[level == names.NIVGEO].set_index("CODGEO").NB_COM.astype(int)
            assert counted.to_dict() == rows.groupby(level).size().to_dict()
    tvs = table(written, "zonages/communes_tvs_2019.csv")
    assert set(tvs.code_tvs) <= set(tvs.code_commune)


def test_flows_join_communes_and_the_base_sums_the_detail(written):
    known = set(written.truths.codes)
    detail = pd.read_parquet(written.root / "insee/RP2021_mobpro.parquet")
    assert set(detail.COMMUNE) == known
    assert set(detail.DCLT) - known == {"99999"}
    base = member(
        written,
        "insee/base-flux-mobilite-domicile-lieu-travail-2021-csv.zip",
        "base-flux-mobilite-domicile-lieu-travail-2021.csv",
    )
    summed = detail.replace({"DCLT": {"99999": "ZZZZZ"}}).groupby(["COMMUNE", "DCLT"]).IPONDI.sum()
    flux = base.set_index(["CODGEO", "DCLT"]).NBFLUX_C21_ACTOCC15P.astype(float)
    np.testing.assert_allclose(summed.reindex(flux.index), flux, rtol=1e-9)
    assert flux.sum() == pytest.approx(detail.IPONDI.sum())


def test_directory_of_doctors_has_its_56_columns_and_every_gp_present(written, country):
    path = next(f.path for f in written.files if f.card == "ans-rpps")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter="|", quoting=csv.QUOTE_NONE))
    assert {len(r) for r in rows} == {57}
    assert {r[-1] for r in rows} == {""}
    head = rows[0]
    frame = pd.DataFrame(rows[1:], columns=head)
    gp = frame[frame["Code savoir-faire"].isin(["SM26", "SM53", "SM54"])]
    liberal = gp[gp["Code mode exercice"] == "L"]["Identifiant PP"].nunique()
    doctors = country.doctors
    assert liberal == doctors.liberal(2025).sum()
    assert gp["Identifiant PP"].duplicated().any()
    assert (frame["Code commune (coord. structure)"] == "").any()
    assert frame["Identifiant PP"].str.startswith("99").all()


def test_register_of_establishments_keeps_closed_ones_in_both_forms(written):
    stock = next(written.root.glob("finess/etalab-cs1100502*")).read_text("utf-8").splitlines()
    sites = [line.split(";") for line in stock[1:]]
    assert {len(s) for s in sites} == {32}
    assert {"603", "124", "604", "620"} <= {s[18] for s in sites}
    packed = next(written.root.glob("finess/*.json.gz"))
    nested = json.loads(gzip.decompress(packed.read_bytes()))
    states = [e["ege"][0]["etatObjet"] for e in nested["pmej"]]
    assert 0 < states.count("I") < 20
    assert len(states) == len(sites)


def test_communities_overlap_and_leave_white_zones(written):
    rows = table(written, "local/cpts.csv")
    inside = rows[rows.code_commune.isin(list(written.communes))]
    assert inside.code_commune.duplicated().any()
    assert set(written.communes) - set(inside.code_commune)


def test_incomes_are_blank_under_the_thresholds(written):
    rows = table(written, "insee/filosofi_com_2016.csv", sep=";")
    homes = pd.to_numeric(rows.NBMENFISC16)
    assert ((homes >= 1000) >= (rows.TP6016 != "")).all()
    assert 0 < (rows.TP6016 != "").mean() < 0.3
    assert (rows.MED16 == "").any()
    new = member(written, "insee/FILOSOFI_CC_csv.zip", "DS_FILOSOFI_CC_2023_data.csv")
    assert (new[new.CONF_STATUS == "C"].OBS_VALUE == "").all()
    assert (new[new.OBS_STATUS == "O"].OBS_VALUE == "").all()
    assert {"C", "F"} == set(new.CONF_STATUS)


def test_roads_link_every_town_hall_and_the_water_makes_detours(country):
    minutes = country.roads.minutes
    assert np.isfinite(minutes).all()
    np.testing.assert_allclose(minutes, minutes.T)
    xy = country.atoms.xy
    crow = np.sqrt(((xy[:, None] - xy[None]) ** 2).sum(axis=2)) / 1000
    near = (crow > 6) & (crow < 12)
    detour = minutes[near] / crow[near]
    assert detour.max() > 3 * np.median(detour)


def test_roads_are_written_as_openstreetmap_data(written, country):
    nodes, ways = {}, []
    for thing in osmium.FileProcessor(written.root / "osm/ombrelande.osm.pbf"):
        if thing.is_node():
            nodes[thing.id] = (thing.lon, thing.lat)
        elif thing.is_way():
            ways.append(({t.k: t.v for t in thing.tags}, [n.ref for n in thing.nodes]))
    halls = np.array([nodes[i + 1] for i in range(len(country.atoms))])
    np.testing.assert_allclose(halls, to_wgs84(country.atoms.xy), atol=1e-6)
    assert {n for _, refs in ways for n in refs} <= set(nodes)
    assert {"motorway", "trunk", "primary", "secondary", "tertiary", "residential"} <= {
        tags.get("highway") for tags, _ in ways
    }
    assert all(t["oneway"] == "yes" for t, _ in ways if t.get("highway") == "motorway")
    assert sum(tags.get("route") == "ferry" for tags, _ in ways) == 1


def test_past_of_communes_has_no_hole(written):
    rows = table(written, "insee/v_commune_depuis_1943.csv")
    assert set(rows[rows.DATE_FIN == ""].COM) == set(
        table(written, "insee/v_commune_2026.csv").query("TYPECOM == 'COM'").COM
    )
    assert (rows[rows.DATE_FIN != ""].DATE_FIN > rows[rows.DATE_FIN != ""].DATE_DEBUT).all()
    renamed = rows[rows.LIBELLE.str.endswith("-en-Ombrelune")]
    assert renamed.DATE_DEBUT.tolist() == ["2017-06-20"]


def test_nothing_bears_a_real_looking_code():
    assert all(d[0] == "Y" for d in DEPARTEMENTS)
    assert all(r[0] == "Y" for r in REGIONS)


@pytest.mark.real
def test_no_name_nor_code_is_real(real_data, country):
    official = pd.read_csv(real_data / "insee/communes2019.csv", dtype=str)
    past = pd.read_csv(real_data / "insee/historiq2019.csv", dtype=str, sep=";")
    real = {plain(n) for n in [*official.nccenr.dropna(), *official.libelle.dropna()]}
    real |= {plain(n) for n in past.NCCOFF.dropna()} | {plain(n) for n in past.NCCANC.dropna()}
    ours = set()
    for year in (1968, 2016, 2018, 2024, 2026):
        ours |= {plain(name) for name, _ in country.history.labels(year).values()}
    assert len(ours) > 300
    assert not ours & real
    codes = set(official.com) | set(official.dep.dropna()) | set(official.reg.dropna())
    mine = set(country.history.codes(1968)) | set(DEPARTEMENTS) | set(REGIONS)
    assert not mine & codes
    zones = pd.read_csv(real_data / "insee/libelles_zonages_2024.csv", dtype=str)
    for zoning in ("EPCI", "CV", "ARR", "BV2022", "ZE", "UU"):
        assert not set(country.zones.names[zoning]) & set(zones.CODGEO)
