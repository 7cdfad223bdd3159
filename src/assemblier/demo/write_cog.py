"""Raw files of the communes: official code, events, conversion, zonings, legal populations."""

from __future__ import annotations

import itertools

import numpy as np

from assemblier.demo.country import Country
from assemblier.demo.files import Folder, lines
from assemblier.demo.geography import DEPARTEMENTS, REGION_OF, REGIONS, to_wgs84
from assemblier.demo.history import Event
from assemblier.demo.names import plain, with_article

__all__ = ["CONVERSION_YEARS", "write_cog"]

CONVERSION_YEARS = (
    1968, 1975, 1982, 1990, 1999, 2008, 2009, 2010, 2011, 2012, 2013, 2014, 2015, 2016, 2017,
    2018, 2019, 2020, 2021, 2022, 2023, 2024,
)  # fmt: skip

_TABLES = {
    2018: ("CODGEO,LIBGEO,DEP,REG,EPCI,NATURE_EPCI,ARR,CV,ZE2010,UU2010,TUU2015,TDUU2015,AU2010,"
           "TAU2015,CATAEU2010,BV2012"),
    2019: ("CODGEO,LIBGEO,DEP,REG,EPCI,NATURE_EPCI,ARR,CV,ZE2010,UU2010,TUU2016,TDUU2016,AU2010,"
           "TAU2016,CATAEU2010,BV2012"),
    2022: ("CODGEO,LIBGEO,DEP,REG,EPCI,NATURE_EPCI,ARR,CV,ZE2020,UU2020,TUU2017,TDUU2017,AAV2020,"
           "TAAV2017,TDAAV2017,CATEAAV2020,BV2012"),
    2023: ("CODGEO,LIBGEO,DEP,REG,EPCI,NATURE_EPCI,ARR,CV,ZE2020,UU2020,TUU2017,TDUU2017,AAV2020,"
           "TAAV2017,TDAAV2017,CATEAAV2020,BV2022"),
    2024: "CODGEO,LIBGEO,DEP,CTCD,REG,EPCI,EPT,ARR,CANOV,ZE2020,UU2020,AAV2020,BV2022",
}  # fmt: skip

_ZONINGS = {
    "EPCI": "EPCI", "ARR": "ARR", "CV": "CV", "CANOV": "CV", "ZE2010": "ZE", "ZE2020": "ZE",
    "UU2010": "UU", "UU2020": "UU", "AU2010": "AAV", "AAV2020": "AAV", "BV2012": "BV2012",
    "BV2022": "BV2022", "CATEAAV2020": "CATEAAV",
}  # fmt: skip


def write_cog(country: Country, folder: Folder) -> None:
    """Write the files of communes and zonings.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    _communes_2019(country, folder)
    _events(country, folder)
    _since_1943(country, folder)
    _conversion(country, folder)
    for year in _TABLES:
        _membership(country, folder, year)
    for year in (2018, 2022, 2023, 2024):
        _labels(country, folder, year)
    _communes_2026(country, folder)


def commune_rows(country: Country, year: int) -> list[list[object]]:
    """Return the rows of the official code: type, code, région, département… of COG ``year``."""
    arr, canton = country.zone("ARR", year), country.zone("CV", year)
    rows: list[list[object]] = []
    delegated: list[list[object]] = []
    for code, (label, tncc) in country.history.labels(year).items():
        bare = bare_name(label, tncc)
        dep = code[:2]
        rows.append(["COM", code, REGION_OF[dep], dep, arr[code], tncc, plain(bare), bare, label,
                     canton[code], ""])  # fmt: skip
    for event in in_force(country, year):
        for atom in event.atoms:
            label, tncc = country.atoms.name[atom], country.atoms.tncc[atom]
            bare = bare_name(label, tncc)
            delegated.append(["COMD", country.atoms.code[atom], "", "", "", tncc, plain(bare),
                              bare, label, "", event.code])  # fmt: skip
    return rows + sorted(delegated, key=lambda r: str(r[1]))


def bare_name(label: str, tncc: int) -> str:
    """Return a label without its article."""
    return label[len(with_article("", tncc)) :]


def in_force(country: Country, year: int) -> list[Event]:
    """Return the communes nouvelles of COG ``year`` that were not undone."""
    undone = {
        (e.atoms, e.year) for e in country.history.events if e.kind == "split" and e.year <= year
    }
    return [
        e
        for e in country.history.events
        if e.kind == "merge" and e.date >= "2016" and e.year <= year
        and not any(atoms == e.atoms and after > e.year for atoms, after in undone)
    ]  # fmt: skip


def _communes_2019(country: Country, folder: Folder) -> None:
    head = "typecom,com,reg,dep,arr,tncc,ncc,nccenr,libelle,can,comparent\n"
    folder.text(
        "insee/communes2019.csv", head + lines(commune_rows(country, 2019)),
        card="insee-cog", what="Code officiel géographique 2019", vintage=2019, cog=2019,
    )  # fmt: skip
    head = "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n"
    rows = [
        [*row[:4], f"{row[3]}D" if row[3] else "", *row[4:]] for row in commune_rows(country, 2026)
    ]
    folder.text(
        "insee/v_commune_2026.csv", head + lines(rows, quoted=True),
        card="insee-cog", what="Code officiel géographique 2026", vintage=2026, cog=2026,
    )  # fmt: skip


def _events(country: Country, folder: Folder) -> None:
    """Write the events in the old layout (to 2019) and in the present one."""
    old: list[list[object]] = []
    new: list[list[object]] = []
    atoms = country.atoms
    canton, arr = country.zone("CV", 2015), country.zone("ARR", 2015)

    def note(code: str, date: str, mod: int, other: str, after: tuple[str, int], *,
             number: object = "", rank: object = "", before: tuple[str, int] | None = None,
             former_dep: str = "") -> None:  # fmt: skip
        place = code if code in canton else atoms.code[0]
        named = ("", "") if before is None else (before[1], bare_name(*before))
        old.append([
            code[:2], arr[place][2:], canton[place][2:], code[2:],
            f"A{date[8:]}-{date[5:7]}-{date[:4]}", "", date, date, mod, "", "", number, rank,
            other, "", "", former_dep, "", "", after[1], bare_name(*after), *named, code,
        ])  # fmt: skip

    def move(mod: int, date: str, was: str, a: tuple[str, int], *, now: str, b: tuple[str, int],
             kinds: tuple[str, str] = ("COM", "COM")) -> None:  # fmt: skip
        new.append([mod, date, kinds[0], was, a[1], plain(bare_name(*a)), bare_name(*a), a[0],
                    kinds[1], now, b[1], plain(bare_name(*b)), bare_name(*b), b[0]])  # fmt: skip

    for event in country.history.events:
        own = [(atoms.name[i], atoms.tncc[i]) for i in event.atoms]
        codes = [atoms.code[i] for i in event.atoms]
        after = (event.name, event.tncc)
        if event.kind == "merge":
            recent = event.date >= "2016"
            for rank, (code, name) in enumerate(zip(codes, own, strict=True)):
                note(event.code, event.date, 341 if recent else 320, code, after,
                     number=len(codes), rank=rank + 1)  # fmt: skip
                if recent or code != event.code:
                    note(code, event.date, 331 if recent else 310, event.code, name)
                move(32 if recent else 31, event.date, code, name, now=event.code, b=after)
                if recent:
                    move(32, event.date, code, name, now=code, b=name,
                         kinds=("COM", "COMD"))  # fmt: skip
        elif event.kind == "split":
            for code, name in zip(codes, own, strict=True):
                chief = code == codes[0]
                other = codes[1] if chief else codes[0]
                note(code, event.date, 230 if chief else 210, other, name)
                move(21, event.date, codes[0], own[0], now=code, b=name)
        elif event.kind == "recode":
            note(event.code, event.date, 411, "", after, former_dep=codes[0])
            move(41, event.date, codes[0], own[0], now=event.code, b=after)
        else:
            note(codes[0], event.date, 100, "", after, before=own[0])
            move(10, event.date, codes[0], own[0], now=codes[0], b=after)
    head = (
        "DEP;AR;CT;COM;LEG;JO;EFF;DTR;MOD;C_LOFF;C_LANC;NBCOM;RANGCOM;COMECH;POPECH;SUECH;DEPANC;"
        "ARRANC;CTANC;TNCCOFF;NCCOFF;TNCCANC;NCCANC;DEPCOM\n"
    )
    known = sorted((row for row in old if str(row[6]) <= "2019-01-01"), key=lambda r: str(r[-1]))
    folder.text(
        "insee/historiq2019.csv", head + lines(known, ";"),
        card="insee-cog-historique", what="Historique des communes", vintage=2019, cog=2019,
    )  # fmt: skip
    head = (
        "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,TYPECOM_AP,COM_AP,"
        "TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP\n"
    )
    newest = sorted(new, key=lambda r: str(r[1]), reverse=True)
    folder.text(
        "insee/v_mvt_commune_2026.csv", head + lines(newest, quoted=True),
        card="insee-cog-mouvements", what="Mouvements des communes", vintage=2026, cog=2026,
    )  # fmt: skip


def _since_1943(country: Country, folder: Folder) -> None:
    """Write the periods during which each code bore each name."""
    history = country.history
    years = [1943, *sorted({e.year for e in history.events})]
    codes = country.atoms.code
    dated = {
        (e.year, code): e.date
        for e in history.events
        for code in (e.code, *(codes[i] for i in e.atoms))
    }
    periods: list[list[object]] = []
    current: dict[str, tuple[tuple[str, int], str]] = {}
    for year in years:
        labels = history.labels(year)
        for code in sorted(set(current) | set(labels)):
            held = current.get(code)
            if held is not None and labels.get(code) != held[0]:
                (label, tncc), since = current.pop(code)
                bare = bare_name(label, tncc)
                periods.append([code, tncc, plain(bare), bare, label, since, dated[year, code]])
                held = None
            if held is None and code in labels:
                current[code] = (labels[code], dated.get((year, code), "1943-01-01"))
    for code, ((label, tncc), since) in current.items():
        bare = bare_name(label, tncc)
        periods.append([code, tncc, plain(bare), bare, label, since, ""])
    periods.sort(key=lambda r: (str(r[0]), str(r[5])))
    folder.text(
        "insee/v_commune_depuis_1943.csv",
        "COM,TNCC,NCC,NCCENR,LIBELLE,DATE_DEBUT,DATE_FIN\n" + lines(periods, quoted=True),
        card="insee-cog-depuis-1943", what="Communes depuis 1943", vintage=2026, cog=2026,
    )  # fmt: skip


def _conversion(country: Country, folder: Folder) -> None:
    rows: list[list[object]] = []
    population = country.people.population(2006)
    for before, after in itertools.pairwise(CONVERSION_YEARS):
        old, new = country.history.codes(before), country.history.codes(after)
        for event in country.history.events:
            if not before < event.year <= after or event.kind == "rename":
                continue
            year, month, day = event.date.split("-")
            date = event.date if after <= 2019 else f"{day}/{month}/{year}"
            total = population[list(event.atoms)].sum()
            for atom in sorted(event.atoms, key=lambda i: country.atoms.code[i]):
                kind = {"merge": "f", "split": "d", "recode": "c"}[event.kind]
                ratio = population[atom] / total if kind == "d" else 1.0
                rows.append([before, after, old[atom], new[atom], date, kind, repr(float(ratio))])
    folder.text(
        "insee/passage_communes.csv",
        "year_from,year_to,code_from,code_to,annee,typemodif,ratio\n" + lines(rows),
        card="passage-communes", what="Passage entre millésimes des communes",
        vintage="1968-2024", cog=None,
    )  # fmt: skip


def _membership(country: Country, folder: Folder, year: int) -> None:
    columns = _TABLES[year].split(",")
    zones = {z: country.zone(z, year) for z in set(_ZONINGS.values())}
    capital = country.zones.names["EPCI"]
    constant = {"EPT": "ZZZZZZZZZ"}
    rows: list[list[object]] = []
    for code, (label, _) in country.history.labels(year).items():
        dep = code[:2]
        size = int(country.atoms.size[country.history.chief(year)[code]])
        row: dict[str, object] = {
            "CODGEO": code, "LIBGEO": label, "DEP": dep, "REG": REGION_OF[dep], "CTCD": f"{dep}D",
            "NATURE_EPCI": capital[zones["EPCI"][code]][:2], **constant,
        }  # fmt: skip
        for column in columns:
            if column in _ZONINGS:
                row[column] = zones[_ZONINGS[column]][code]
        scale = {1: "0", 2: "1", 3: "3", 4: "5"}[size]
        for column in columns:
            if column.startswith(("TUU", "TAU", "TAAV")):
                row[column] = scale
            elif column.startswith(("TDUU", "TDAAV")):
                row[column] = f"{scale}1"
            elif column == "CATAEU2010":
                row[column] = {"11": "111", "20": "112", "30": "120"}[zones["CATEAAV"][code]]
        rows.append([row[c] for c in columns])
    if year >= 2022:
        rows.append([""] * len(columns))
    folder.text(
        f"insee/table_appartenance_{year}.csv", _TABLES[year] + "\n" + lines(rows),
        card="insee-table-appartenance", what=f"Appartenance des communes, {year}", vintage=year,
        cog=year,
    )  # fmt: skip


def _labels(country: Country, folder: Folder, year: int) -> None:
    levels = [c for c in _TABLES[year].split(",") if c in _ZONINGS and c != "CATEAAV2020"]
    rows: list[list[object]] = []
    for level in sorted(levels):
        zoning = _ZONINGS[level]
        held = country.zone(zoning, year)
        counts: dict[str, int] = {}
        for zone in held.values():
            counts[zone] = counts.get(zone, 0) + 1
        names = country.zones.names[zoning]
        rows += [[level, zone, names[zone], counts[zone]] for zone in sorted(counts)]
    codes = list(country.history.labels(year))
    for dep, label in DEPARTEMENTS.items():
        rows.append(["DEP", dep, label, sum(c[:2] == dep for c in codes)])
    for region, label in REGIONS.items():
        rows.append(["REG", region, label, sum(REGION_OF[c[:2]] == region for c in codes)])
    rows.sort(key=lambda r: (str(r[0]), str(r[1])))
    if year >= 2022:
        rows.append([""] * 4)
    folder.text(
        f"insee/libelles_zonages_{year}.csv", "NIVGEO,CODGEO,LIBGEO,NB_COM\n" + lines(rows),
        card="insee-libelles-zonages", what=f"Noms des zonages, {year}", vintage=year, cog=year,
    )  # fmt: skip


def _communes_2026(country: Country, folder: Folder) -> None:
    """Write the compact table of communes with populations of unstated vintages and points."""
    head = (
        "code,nom,type,departement,region,epci,epci_nom,epci_type,pop_municipale_epci,"
        "pop_totale_epci,population_etalab,pop_municipale_datafrance,centroid_lon,centroid_lat,"
        "rep_lon,rep_lat,mairie_lon,mairie_lat,area_km2_approx\n"
    )
    epci = country.zone("EPCI", 2026)
    chief = country.history.chief(2026)
    pops = {y: country.history.sums(2026, country.people.population(y)) for y in (2014, 2022, 2023)}
    area = country.history.sums(2026, country.atoms.area_km2)
    rng = country.generator("communes 2026")
    rows: list[list[object]] = []
    for i, (code, (label, _)) in enumerate(country.history.labels(2026).items()):
        name = country.zones.names["EPCI"][epci[code]]
        xy = country.atoms.xy[chief[code]]
        near = to_wgs84(np.array([xy + rng.normal(0, 300, 2), xy + rng.normal(0, 300, 2), xy]))
        points: list[object] = [float(v) for v in np.round(near, 5).ravel()]
        if i % 90 == 41:
            points[:2] = ["", ""]
        if i % 120 == 7:
            points[4:] = ["\\N", "\\N"]
        counted = float(np.round(pops[2023][i] * 1.018))
        rows.append([code, label, "commune-actuelle", code[:2], REGION_OF[code[:2]], epci[code],
                     name, name[:2], pops[2022][i], float(np.round(pops[2022][i] * 1.018)), counted,
                     pops[2014][i], *points, round(float(area[i]), 2)])  # fmt: skip
    folder.text(
        "insee/communes_2026.csv", head + lines(rows), card="communes-2026",
        what="Communes 2026 : code, EPCI, populations, points", vintage=2026, cog=2026,
    )  # fmt: skip
