"""Known facts of Centre Ouest Bretagne, read back from a diagnosis of real open data."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assemblier.diagnosis.assemble import Diagnosis, diagnose
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.sources.catalogue import Catalogue
from assemblier.usecases.lakes import build_lake
from assemblier.usecases.territories import territory_of

FILES = (
    "insee/communes_2026.csv",
    "insee/table_appartenance_2024.csv",
    "insee/libelles_zonages_2024.csv",
    "insee/passage_communes.csv",
    "insee/table_appartenance_2018.csv",
    "insee/populations_1968_2024.csv",
    "insee/bpe18_ensemble_csv.zip",
    "insee/filosofi_com_2016.csv",
    "sante/departements_medecins55plus_pathologies.csv",
    "drees/apl_generalistes_drees_2022_2023.xlsx",
)
LIST = "territoires/centre_ouest_bretagne_2018.csv"


@pytest.fixture(scope="module")
def cob(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Diagnosis:
    folder = tmp_path_factory.mktemp("cob")
    for name in FILES:
        found = real_data / name
        if not found.exists():
            pytest.skip(f"{name} is not at hand")
        (folder / "raw" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(found, folder / "raw" / name)
    build_lake(folder=folder / "raw", lake=folder / "lake")
    context = Context.of(Lake.open(folder / "lake"))
    territory = territory_of(
        what=str(real_data / LIST), geography=context.geography, workspace=folder / "none.sqlite"
    )
    return diagnose(context, territory, catalogue=Catalogue.load())


@pytest.mark.real
def test_diagnosis_of_centre_ouest_bretagne(cob: Diagnosis) -> None:
    story = cob.story
    assert len(story.territory.communes) == 95, "96 communes of 2018, two of them one since"
    assert story.value("population", "2016").value == pytest.approx(94_530, abs=1)
    values = [story.figures.value("mg", "commune", code, "2018").value for code in story.inside]
    known = [value for value in values if value is not None]
    assert len(known) == 95
    assert sum(value == 0 for value in known) in {64, 65}
    assert sum(value > 4 for value in known) == 3
    incomes = [story.figures.value("revenu_median", "commune", c, "2016") for c in story.inside]
    rates = [story.figures.value("taux_pauvrete", "commune", c, "2016") for c in story.inside]
    assert sum(value.value is not None for value in incomes) in {93, 94}
    assert sum(value.value is not None for value in rates) == 8
    assert story.value("revenu_median").value is None, "a median is never averaged"
    assert story.value("prevalence_diabete").value is None
    assert story.departements == ("22", "29", "56")
    assert 2.8 < (story.value("apl_mg").value or 0) < 3.4
