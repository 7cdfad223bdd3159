"""Surveys and corrections filled by hand: every fault at once; answers counted where they belong."""

from __future__ import annotations

from pathlib import Path

from assemblier.lake.build import build
from assemblier.sources.readers.raw import RawFile
from assemblier.sources.readers.registry import recognise
from assemblier.tables import TABLES
from assemblier.tables.declaration import checked

SURVEY = """cabinet,code_commune,date,nouveaux_patients,delai_jours,successeur
CAB-1,29024,03/11/2025,oui,12,non
CAB-1,29024,03/11/2025,non,15,non
CAB-2,29024,04/11/2025,peut-être,quinze,oui
CAB-3,22266,05/13/2025,non,-4,sans objet
CAB-4,22266,2025-11-05,NON,4000,
,22266,05/11/2025,non,7,sans objet
"""
FAULTS = [
    "ligne 3, colonne « cabinet » : répondant déjà écrit à la ligne 2 (lu : « CAB-1 »)",
    "ligne 4, colonne « nouveaux_patients » : réponse inconnue (lu : « peut-être »)",
    "ligne 5, colonne « date » : date illisible (lu : « 05/13/2025 »)",
    "ligne 5, colonne « delai_jours » : nombre invraisemblable (lu : « -4 »)",
    "ligne 6, colonne « delai_jours » : nombre invraisemblable (lu : « 4000 »)",
    "ligne 7, colonne « cabinet » : répondant sans identifiant",
]
CORRECTIONS = """Personne ou lieu;Code commune;Profession;De;À;Capacité;Note;Auteur;Date
Dr A;29024;médecin généraliste;;30/06/2026;0;retraite;animatrice;12/01/2026
Dr C;22266;médecine douce;01/01/2026;;0,4;;animatrice;12/01/2026
Dr D;22266;médecin généraliste;01/01/2026;31/12/2025;3,5;;animatrice;12/01/2026
Dr E;22266;médecin généraliste;01/13/2026;;;;animatrice;12/01/2026
"""
WRONG = [
    "ligne 3, colonne « Profession » : profession inconnue (lu : « médecine douce »)",
    "ligne 4, colonne « À » : la fin précède le début (lu : « 31/12/2025 »)",
    "ligne 4, colonne « Capacité » : valeur trop grande",
    "ligne 5, colonne « De » : date illisible (lu : « 01/13/2026 »)",
    "ligne 5, colonne « Capacité » : valeur manquante",
]


def outcome(folder: Path, name: str, text: str) -> tuple[str, list[str]]:
    raw = folder / "raw"
    raw.mkdir(exist_ok=True)
    (raw / name).write_text(text, encoding="utf-8")
    made = build(raw, folder / "lake")
    (file,) = [each for each in made.manifest.files if each.file == name]
    return file.outcome, list(file.problems)


def test_every_fault_of_a_survey_is_told_at_once(tmp_path: Path) -> None:
    kind, problems = outcome(tmp_path, "enquete_medecins.csv", SURVEY)
    assert kind == "refused"
    assert len(problems) == len(FAULTS), problems
    for problem, fault in zip(problems, FAULTS, strict=True):
        assert problem.startswith(f"enquete_medecins.csv, {fault}"), problem
        assert "Valeurs admises" in problem or "Gardez" in problem


def test_every_fault_of_corrections_is_told_at_once(tmp_path: Path) -> None:
    kind, problems = outcome(tmp_path, "corrections_offre.csv", CORRECTIONS)
    assert kind == "refused"
    assert len(problems) == len(WRONG), problems
    for problem, fault in zip(problems, WRONG, strict=True):
        assert problem.startswith(f"corrections_offre.csv, {fault}"), problem


def test_a_good_survey_is_read_and_answers_in_words_are_told(tmp_path: Path) -> None:
    lines = SURVEY.splitlines()
    good = "\n".join([lines[0], lines[1], "CAB-2,22266,,non,trois semaines,ne sait pas", ""])
    path = tmp_path / "enquete_medecins.csv"
    path.write_text(good, encoding="utf-8")
    raw = RawFile(path, "0" * 64)
    reader, found = recognise(raw)
    (extract,) = reader.read(raw, found)
    assert not extract.problems
    frame, problems = checked(extract.frame, TABLES["enquete"])
    assert not problems
    assert len(frame) == 4 + 3
    assert any("trois semaines" in note for note in extract.notes)
