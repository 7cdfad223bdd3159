"""Raw files about inhabitants: legal and past populations, ages, incomes."""

from __future__ import annotations

import numpy as np

from assemblier.demo.country import Country
from assemblier.demo.files import Folder, lines
from assemblier.demo.geography import DEPARTEMENTS, REGION_OF, REGIONS
from assemblier.demo.people import YEARS

__all__ = ["COUNTED_WITH", "write_people"]

COUNTED_WITH = {
    1968: 1968, 1975: 1975, 1982: 1982, 1990: 1990, 1999: 1999, 2008: 2006, 2013: 2011, 2018: 2016,
    2019: 2017, 2020: 2018, 2021: 2019, 2022: 2019, 2023: 2021, 2024: 2021,
}  # fmt: skip
"""COG year of the column to the year the population describes."""

_BANDS = ((0, 15), (15, 30), (30, 45), (45, 60), (60, 75), (75, 90), (90, 101))
_BAND_NAMES = ("0014", "1529", "3044", "4559", "6074", "7589", "90P")


def write_people(country: Country, folder: Folder) -> None:
    """Write the files about inhabitants.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    _past(country, folder)
    _legal(country, folder)
    _bands(country, folder)
    _single_ages(country, folder)
    _incomes_2016(country, folder)
    _incomes_2023(country, folder)
    _standardised(country, folder)


def _past(country: Country, folder: Folder) -> None:
    values: dict[str, dict[int, float]] = {}
    for cog, year in COUNTED_WITH.items():
        counted = country.history.sums(cog, country.people.population(year))
        for code, value in zip(country.history.labels(cog), counted, strict=True):
            values.setdefault(code, {})[cog] = float(value)
    rows = [
        [code, *(f"{values[code][cog]:.1f}" if cog in values[code] else "" for cog in COUNTED_WITH)]
        for code in sorted(values)
    ]
    head = "CODGEO," + ",".join(f"POP_COG{cog}" for cog in COUNTED_WITH) + "\n"
    folder.text(
        "insee/populations_1968_2024.csv", head + lines(rows), card="populations-1968-2024",
        what="Populations par COG, 1968–2024", vintage="1968-2024", cog=None,
    )  # fmt: skip
    rows = []
    years = list(YEARS)
    series = country.history.sums(2025, country.people.municipal)
    for i, code in enumerate(country.history.labels(2025)):
        for column, year in enumerate(years):
            rows.append(["A", f"2025-COM-{code}", "COM", "PMUN", year, series[i, column]])
    head_ = "FREQ;GEO;GEO_OBJECT;POPREF_MEASURE;TIME_PERIOD;OBS_VALUE\n"
    folder.zipped(
        "insee/DS_POPULATIONS_HISTORIQUES_CSV_FR.zip",
        {"DS_POPULATIONS_HISTORIQUES_data.csv": head_ + lines(rows, ";", quoted=False)},
        card="insee-populations-historiques", what="Populations historiques", vintage=2023,
        cog=2025,
    )  # fmt: skip


def _legal(country: Country, folder: Folder) -> None:
    municipal = country.history.sums(2024, country.people.population(2021))
    arr, canton = country.zone("ARR", 2024), country.zone("CV", 2024)
    rows: list[list[object]] = []
    for i, (code, (label, _)) in enumerate(country.history.labels(2024).items()):
        apart = round(float(municipal[i]) * (0.012 + 0.012 * (i % 7 == 0)))
        region = REGION_OF[code[:2]]
        rows.append([region, REGIONS[region], code[:2], arr[code][2:], canton[code][2:], code[2:],
                     code, label, municipal[i], apart, municipal[i] + apart])  # fmt: skip
    head = "REG;Région;DEP;CODARR;CODCAN;CODCOM;COM;Commune;PMUN;PCAP;PTOT\n"
    meta = "COD_VAR;LIB_VAR\nPMUN;Population municipale\nPCAP;Population comptée à part\n"
    deps = "REG;Région;DEP;Département;NBARR;NBCAN;NBCOM;PMUN;PTOT\n"
    for dep, label in DEPARTEMENTS.items():
        held = [r for r in rows if r[2] == dep]
        deps += lines([[REGION_OF[dep], REGIONS[REGION_OF[dep]], dep, label, 2, 9, len(held),
                        float(sum(float(str(r[8])) for r in held)),
                        float(sum(float(str(r[10])) for r in held))]], ";")  # fmt: skip
    folder.zipped(
        "insee/ensemble_2021.zip",
        {"donnees_communes.csv": head + lines(rows, ";"), "donnees_departements.csv": deps,
         "metadonnees_communes.csv": meta},
        card="insee-populations-legales", what="Populations légales 2021", vintage=2021, cog=2024,
    )  # fmt: skip


def _bands(country: Country, folder: Folder) -> None:
    ages = country.history.sums(2025, country.people.ages(2022))
    past = {y: country.history.sums(2025, country.people.population(y)) for y in (2016, 2011)}
    names = ["P22_POP", "P16_POP", "P11_POP", *(f"P22_POP{b}" for b in _BAND_NAMES)]
    names += [f"P22_{s}{b}" for s in "HF" for b in _BAND_NAMES]
    rows: list[list[object]] = []
    for i, code in enumerate(country.history.labels(2025)):
        each = [[float(ages[i, s, a:b].sum()) for a, b in _BANDS] for s in (0, 1)]
        both = [m + w for m, w in zip(*each, strict=True)]
        rows.append([code, float(ages[i].sum()), past[2016][i], past[2011][i], *both, *each[0],
                     *each[1]])  # fmt: skip
    folder.zipped(
        "insee/base-cc-evol-struct-pop-2022_csv.zip",
        {"base-cc-evol-struct-pop-2022.CSV": ";".join(["CODGEO", *names]) + "\n" + lines(rows, ";"),
         "meta_base-cc-evol-struct-pop-2022.CSV": "COD_VAR;LIB_VAR\nP22_POP;Population en 2022\n"},
        card="insee-rp-evol-struct-pop", what="Population par grandes tranches d’âge, 2022",
        vintage=2022, cog=2025,
    )  # fmt: skip


def _single_ages(country: Country, folder: Folder) -> None:
    head = "GEO;GEO_OBJECT;AGE;SEX;RP_MEASURE;TIME_PERIOD;OBS_VALUE\n"
    parts = [head]
    names = [*(f"Y{a}" for a in range(100)), "Y_GE100", "_T"]
    labels = list(country.history.labels(2025))
    for year, sexes in ((2021, ("_T",)), (2022, ("M", "F", "_T"))):
        ages = country.history.sums(2025, country.people.ages(year))
        held = {"M": ages[:, 0], "F": ages[:, 1], "_T": ages.sum(axis=1)}
        for sex in sexes:
            table = np.column_stack([held[sex], held[sex].sum(axis=1)])
            for code, row in zip(labels, table.tolist(), strict=True):
                start = f'"{code}";"COM";"'
                end = f'";"{sex}";"POP";"{year}";'
                parts.append(
                    "".join(f"{start}{n}{end}{v!r}\n" for n, v in zip(names, row, strict=True))
                )
            for dep in DEPARTEMENTS:
                total = table[[c[:2] == dep for c in labels]].sum(axis=0).tolist()
                parts += [
                    f'"{dep}";"DEP";"{n}";"{sex}";"POP";"{year}";{v!r}\n'
                    for n, v in zip(names, total, strict=True)
                ]
    folder.zipped(
        "insee/DS_RP_TD_POPULATION_AGESEX_PRINC_2022_CSV_FR.zip",
        {"DS_RP_TD_POPULATION_AGESEX_PRINC_2022_data.csv": "".join(parts)},
        card="insee-rp-age-sexe", what="Population par sexe et âge détaillé, 2022", vintage=2022,
        cog=2025,
    )  # fmt: skip


def _means(country: Country, cog: int, year: int) -> tuple[list[float], list[float], list[float]]:
    weight = country.people.population(year)
    total = country.history.sums(cog, weight)
    income = country.history.sums(cog, weight * country.people.median_income) / total
    poverty = country.history.sums(cog, weight * country.people.poverty) / total
    return total.tolist(), income.tolist(), poverty.tolist()


def _incomes_2016(country: Country, folder: Folder) -> None:
    head = (
        "CODGEO;LIBGEO;NBMENFISC16;NBPERSMENFISC16;MED16;PIMP16;TP6016;TP60AGE116;TP60AGE216;"
        "TP60AGE316;TP60AGE416;TP60AGE516;TP60AGE616;TP60TOL116;TP60TOL216;PACT16;PTSA16;PCHO16;"
        "PBEN16;PPEN16;PPAT16;PPSOC16;PPFAM16;PPMINI16;PPLOGT16;PIMPOT16;D116;D916;RD16\n"
    )
    rows: list[list[object]] = []
    total, income, poverty = _means(country, 2019, 2016)
    for i, (code, (label, _)) in enumerate(country.history.labels(2019).items()):
        homes = round(total[i] / 2.2)
        med, tp = income[i] * 0.93, round(poverty[i])
        row: list[object] = [code, label, "", "", *[""] * 25]
        if homes >= 50:
            row[2:5] = [f"{homes:.1f}", f"{total[i] * 0.99:.1f}", repr(med)]
        if homes >= 1000 and total[i] >= 2000:
            row[5:] = [f"{46 + i % 12:.1f}", f"{tp:.1f}", f"{tp + 8:.1f}", f"{tp + 5:.1f}",
                       f"{tp + 3:.1f}", f"{tp:.1f}", f"{tp - 4:.1f}", "", f"{tp - 3:.1f}",
                       f"{tp + 9:.1f}", "66.1", "58.2", "3.1", "5.2", "33.4", "9.8", "5.9", "2.4",
                       "1.9", "1.6", "-14.2", repr(med * 0.55), repr(med * 1.72),
                       repr(1.72 / 0.55)]  # fmt: skip
        rows.append(row)
    folder.text(
        "insee/filosofi_com_2016.csv", head + lines(rows, ";"), card="insee-filosofi-2016",
        what="Revenus et pauvreté 2016", vintage=2016, cog=2019,
    )  # fmt: skip


def _incomes_2023(country: Country, folder: Folder) -> None:
    head = (
        "GEO;GEO_OBJECT;FILOSOFI_MEASURE;UNIT_MEASURE;UNIT_MULT;CONF_STATUS;OBS_STATUS;"
        "TIME_PERIOD;OBS_VALUE\n"
    )
    rows: list[list[object]] = []
    total, income, poverty = _means(country, 2025, 2022)
    for i, code in enumerate(country.history.labels(2025)):
        homes = total[i] / 2.2
        shown: dict[str, tuple[str, float, float]] = {
            "MED_SL": ("EUR_YR", round(income[i] * 1.14, -1), 50),
            "PR_MD60": ("PT", round(poverty[i], 1), 1000),
            "D1_SL": ("EUR_YR", round(income[i] * 0.62, -1), 1000),
            "D9_SL": ("EUR_YR", round(income[i] * 1.9, -1), 1000),
            "IR_D9_D1_SL": ("RATIO", 3.1, 1000),
        }
        for measure, (unit, value, least) in shown.items():
            # a blank by secrecy and a blank under the threshold are not written alike
            secret = homes >= least and measure == "PR_MD60" and i % 11 == 4
            under = homes < least
            rows.append([code, "COM", measure, unit, "0", "C" if secret else "F",
                         "O" if under else "A", "2023",
                         "" if secret or under else value])  # fmt: skip
    folder.zipped(
        "insee/FILOSOFI_CC_csv.zip", {"DS_FILOSOFI_CC_2023_data.csv": head + lines(rows, ";")},
        card="insee-filosofi-2023", what="Revenus et pauvreté 2023", vintage=2023, cog=2025,
    )  # fmt: skip


def _standardised(country: Country, folder: Folder) -> None:
    apl = country.apl[2018]
    rows = [[c, repr(float(v))] for c, v in zip(apl.codes, apl.standardised, strict=True)]
    folder.text(
        "drees/population_standardisee_2018.csv",
        "code,population_standardisee\n" + lines(rows), card="drees-population-standardisee",
        what="Population standardisée pour la médecine générale", vintage=2018, cog=2019,
    )  # fmt: skip
