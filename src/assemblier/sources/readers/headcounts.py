"""Health professionals counted by département or commune: Cnam, DREES and RPPS."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    blank,
    commune_codes,
    decimal,
    department_codes,
    scaled,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

NATIONAL = "999"
SENTINELS = ("NS", "NC", "ND", "NA")
AMELI = {
    "annee": "annee",
    "profession_sante": "profession",
    "departement": "departement",
    "libelle_classe_age": "age",
    "libelle_sexe": "sexe",
    "effectif": "effectif",
}
ALL_AGES = "tout âge"
ALL_SEXES = "tout sexe"


def _recognise_ameli(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*AMELI, "region", exact=True)
        if found:
            years = raw.cells([found.columns["annee"]], after=found.row, names=["annee"])["annee"]
            ages = raw.cells([found.columns["libelle_classe_age"]], after=found.row, names=["age"])
            detailed = len(set(ages["age"].dropna())) > 1
            span = "-".join(sorted({str(years.min()), str(years.max())}))
            return Recognised(
                "ameli-demographie@courant" if detailed else "ameli-demographie@2024-departements",
                f"professionnels libéraux par département, {span} (Cnam)",
                period=span,
                notes=() if detailed else ("sans classes d’âge",),
                detail={"columns": found.columns, "row": found.row},
            )
    return None


def _read_ameli(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in AMELI], after=found.detail["row"], names=list(AMELI.values())
    )
    notes = []
    wider = cells["departement"] == NATIONAL
    notes.append(f"{int(wider.sum())} totaux de régions ou de France (999) écartés")
    groups = cells["profession"].str.startswith("Ensemble", na=False)
    notes.append(f"{int((groups & ~wider).sum())} totaux de professions (« Ensemble… ») écartés")
    kept = cells[~wider & ~groups]
    for name, total in (("age", ALL_AGES), ("sexe", ALL_SEXES)):
        totals = kept[name].str.lower() == total
        if totals.any() and not totals.all():
            notes.append(f"{int(totals.sum())} totaux « {total} » écartés")
            kept = kept[~totals]
    kept = kept.reset_index(drop=True)
    kept["departement"] = department_codes(kept["departement"])
    kept["effectif"] = decimal(blank(kept["effectif"], *SENTINELS))
    yield Extract(
        "professionnel_departement",
        kept.assign(exercice="liberal"),
        headings={new: head for head, new in AMELI.items()},
        notes=tuple(notes),
    )


RPPS_OLD = {
    "mode_exercice": "exercice",
    "zone_inscription": "departement",
    "annee": "annee",
    "specialite": "profession",
    "effectifs": "effectif",
}
RPPS_TOTALS = ("Ensemble des spécialités d'exercice", "Généralistes", "Spécialistes")


def _recognise_old_demography(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*RPPS_OLD, exact=True)
        if found:
            return Recognised(
                "drees-demographie@2013-2014",
                "médecins par département, spécialité et mode d’exercice, 2013 et 2014",
                period="2013, 2014",
                detail={"columns": found.columns, "row": found.row},
            )
    return None


def _read_old_demography(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in RPPS_OLD],
        after=found.detail["row"],
        names=list(RPPS_OLD.values()),
    )
    code = cells["departement"].str.extract(r"^([0-9A-Z]{2,3}) - ", expand=False)
    total = cells["exercice"].str.startswith("Ensemble", na=False) | cells["profession"].isin(
        RPPS_TOTALS
    )
    kept = cells[code.notna() & ~total].reset_index(drop=True)
    kept["departement"] = code[code.notna() & ~total].reset_index(drop=True)
    kept["effectif"] = decimal(blank(kept["effectif"], *SENTINELS))
    yield Extract(
        "professionnel_departement",
        kept.assign(age="tous", sexe="tous"),
        headings={new: head for head, new in RPPS_OLD.items()},
        notes=(
            f"{int(code.isna().sum())} lignes de régions et de France écartées",
            f"{int((total & code.notna()).sum())} totaux de modes et de spécialités écartés",
        ),
    )


DEMOGRAPHY = ("territoire", "departement", "exercice", "tranche_age", "sexe")
PROFESSIONS = {
    "medecin": "medecins",
    "dentiste": "dentistes",
    "sage": "sages-femmes",
    "kinesitherapeute": "kinesitherapeutes",
    "infirmi": "infirmiers",
}
"""Word of the name of the file → end of the edition."""
TOTAL = re.compile(r"^0+\s*-")
"""A total is coded 0, 00 or 000 before its label: ``0-Ensemble``, ``00-Ensemble``."""


def _recognise_demography(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*DEMOGRAPHY, "effectif_")
        if found is None:
            continue
        header = grid.rows[found.row]
        years = sorted(
            int(m[1]) for head in header if (m := re.fullmatch(r"effectif_(\d{4})", head))
        )
        if not years:
            continue
        names = " ".join(raw.names).lower().replace("é", "e").replace("è", "e")
        known = next((value for key, value in PROFESSIONS.items() if key in names), None)
        profession = known or PROFESSIONS["medecin"]
        return Recognised(
            f"drees-demographie@{years[0]}-{years[-1]}-{profession}",
            f"professionnels de santé par département et âge, {years[0]} à {years[-1]} (DREES)",
            period=f"{years[0]}–{years[-1]}",
            notes=() if known else ("profession absente du nom du fichier : médecins supposés",),
            detail={
                "header": header,
                "row": found.row,
                "sheet": grid.name,
                "years": years,
                "profession": profession,
            },
        )
    return None


def _read_demography(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    years: list[int] = found.detail["years"]
    speciality = next((h for h in ("specialites", "specialites_agregees") if h in header), None)
    heads = [*DEMOGRAPHY, *([speciality] if speciality else [])]
    heads += [f"effectif_{year}" for year in years]
    cells = raw.cells(
        [header.index(head) for head in heads],
        after=found.detail["row"],
        sheet=found.detail["sheet"],
        names=heads,
    )
    code = cells["departement"].str.extract(r"^0?([0-9A-Z]{2,3})\s*-", expand=False)
    total = code.isna() | code.isin(["00", "000", NATIONAL])
    kinds = ["exercice", "tranche_age", "sexe", *([speciality] if speciality else [])]
    dropped = [f"{int(total.sum())} lignes de régions et de France écartées"]
    for name in kinds:
        sums = cells[name].str.match(TOTAL.pattern, na=False)
        if sums.any() and not sums.all():
            dropped.append(f"{int((sums & ~total).sum())} totaux de « {name} » écartés")
            total |= sums
    if total.all():
        raise BadInput(
            Problem(
                "aucune ligne de département",
                raw.path.name,
                column="departement",
                value=str(cells["departement"].iloc[0]) if len(cells) else None,
                allowed="075-Paris, 02A-Corse-du-Sud, 971 -Guadeloupe",
            )
        )
    kept = cells[~total].assign(departement=department_codes(code[~total]))
    if speciality is None:
        kept["profession"] = found.detail["profession"]
    else:
        kept = kept.rename(columns={speciality: "profession"})
    kept = kept.rename(columns={"tranche_age": "age"})
    for year in years:
        head = f"effectif_{year}"
        part = kept[["departement", "profession", "exercice", "age", "sexe", "_row", head]]
        part = part.rename(columns={head: "effectif"})
        # ND: fewer than ten professionals; missing, not zero
        part["effectif"] = decimal(blank(part["effectif"], *SENTINELS))
        yield Extract(
            "professionnel_departement",
            part.assign(annee=year).reset_index(drop=True),
            headings={"effectif": head},
            notes=tuple(dropped) if year == years[0] else (),
        )


def _recognise_communes(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(
            "Commune", "LibCommune", "Specialite", "Etablissement", "ps_distincts", exact=True
        )
        if found:
            return Recognised(
                "ans-rpps-agrege@2017-gironde",
                "médecins du RPPS comptés par commune (Gironde, 2017)",
                cog=2017,
                period="2017",
                detail={"columns": found.columns, "row": found.row},
            )
    return None


def _read_communes(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    heads = ["Commune", "Specialite", "Etablissement", "ps_distincts"]
    cells = raw.cells(
        [columns[head] for head in heads],
        after=found.detail["row"],
        names=["code", "profession", "etablissement", "effectif"],
    )
    cells["code"] = commune_codes(cells["code"])
    cells["etablissement"] = cells["etablissement"].map({"oui": True, "non": False})
    yield Extract(
        "professionnel_commune",
        cells.assign(annee=2017),
        headings={
            "code": "Commune",
            "profession": "Specialite",
            "etablissement": "Etablissement",
            "effectif": "ps_distincts",
        },
    )


SHARES = {
    "pct_medecins_55plus": ("part_medecins_55plus", 2025, 100.0),
    "diabete": ("prevalence_diabete", 2021, 1.0),
    "respiratoire": ("prevalence_respiratoire", 2021, 1.0),
}
"""Heading → measure, year, and what turns the value into a percentage."""

MEANS_OF_PARTS = ("cardiovasculaire", "psychiatrique", "cancers")
"""Headings that are no prevalence: each value is the mean of the prevalences of 15, 7 and 16 lines
of detail of the Cnam (values times that number have three decimals, in every département), so a
share of nobody: 1.3 % for all cancers. Read for nothing but to recognise the file."""


def _recognise_shares(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("dept", *SHARES, *MEANS_OF_PARTS, exact=True)
        if found:
            return Recognised(
                "drees-cnam-departements@2025",
                "part des médecins de 55 ans et plus et prévalences par département",
                period="2021–2025",
                notes=("année des prévalences non dite dans le fichier : 2021 supposée",),
                detail={"columns": found.columns, "row": found.row, "header": grid.rows[found.row]},
            )
    return None


def _read_shares(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns["dept"], *(columns[head] for head in SHARES)],
        after=found.detail["row"],
        names=["departement", *SHARES],
    )
    cells["departement"] = department_codes(cells["departement"])
    parts = []
    for head, (measure, year, factor) in SHARES.items():
        part = cells[["departement", head, "_row"]].rename(columns={head: "valeur"})
        part["valeur"] = scaled(decimal(part["valeur"]), factor)
        parts.append(part.assign(annee=year, mesure=measure))
    yield Extract(
        "part_departement",
        pd.concat(parts, ignore_index=True),
        headings={"departement": "dept"},
        notes=(
            "effectifs et évolutions du même fichier écartés : lus chez leur producteur",
            "colonnes cardiovasculaire, psychiatrique et cancers écartées : moyennes de "
            "sous-catégories, et non des parts de la population",
        ),
    )


READERS = (
    Reader("ameli.demographie", ("professionnel_departement",), _recognise_ameli, _read_ameli),
    Reader(
        "drees.demographie_2013",
        ("professionnel_departement",),
        _recognise_old_demography,
        _read_old_demography,
    ),
    Reader(
        "drees.demographie",
        ("professionnel_departement",),
        _recognise_demography,
        _read_demography,
    ),
    Reader("rpps.communes", ("professionnel_commune",), _recognise_communes, _read_communes),
    Reader("drees.departements", ("part_departement",), _recognise_shares, _read_shares),
)
