"""The matrix of competences: the template reads back, and errors say where they are."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from assemblier.errors import BadInput, MissingSource
from assemblier.perimeters.bench import Ground
from assemblier.perimeters.competence_files import (
    matrix_csv,
    matrix_text,
    read_competences,
    read_matrix,
    template,
)
from assemblier.perimeters.competences import partings


@pytest.fixture
def filled(tmp_path):
    def write(change=lambda text: text):
        path = tmp_path / "competences.yaml"
        path.write_text(change(template(day=dt.date(2024, 5, 1))), encoding="utf-8")
        return path

    return write


def test_the_template_reads_back(filled):
    found = read_competences(filled())
    assert found.date == dt.date(2024, 5, 1)
    assert len(found.levers) > 15
    assert {lever.domain for lever in found.levers} == {"sante", "social", "autre"}
    assert {each.id for each in found.by_role(found.levers[0], "decide")} == {"epci"}
    assert "ARS" in " ".join(holder.name for holder in found.holding("sante"))


def test_every_problem_is_told_at_once_with_its_line(filled):
    def spoil(text):
        return (
            text.replace("  epci: decide\n", "  epci: decid\n", 1)
            .replace("determinant: mobilite", "determinant: mobilites", 1)
            .replace("domaine: social", "domaine: sociale", 1)
            .replace("territoire:", "teritoire:", 1)
        )

    path = filled(spoil)
    lines = path.read_text(encoding="utf-8").splitlines()
    with pytest.raises(BadInput) as caught:
        read_competences(path)
    told = {problem.value: problem.line for problem in caught.value.problems}
    assert set(told) == {"decid", "mobilites", "sociale", "teritoire"}
    for value, line in told.items():
        assert value in lines[line - 1]


def test_a_file_that_is_no_yaml_says_its_line(filled):
    with pytest.raises(BadInput, match="YAML illisible"):
        read_competences(filled(lambda text: text + "\n - [oups"))


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(MissingSource):
        read_competences(tmp_path / "rien.yaml")


def _ground() -> tuple[Ground, pd.DataFrame]:
    codes = np.array(["00001", "00002", "00003", "00004"], dtype=object)
    people = np.array([100.0, 200.0, 300.0, 400.0])
    inside = np.array([True, True, True, False])
    membership = pd.DataFrame({"epci": ["E", "E", "F", "F"]}, index=codes)
    return Ground(codes, inside, people, np.ones(4), np.zeros(4), {}), membership


PERIMETERS = """\
date: 2024-05-01
territoire: essai
detenteurs:
  cls: {nom: CLS, communes: ["00002", 00003]}
  epci: {nom: EPCI, grille: epci, zones: [E]}
leviers:
  - {id: a, libelle: A, determinant: prevention, domaine: sante, detenteurs: {cls: contractualise}}
  - {id: b, libelle: B, determinant: lien_social, domaine: social, detenteurs: {epci: decide}}
"""


def test_holders_have_a_short_name():
    names = {each.id: each.short for each in read_matrix(template(), "m.yaml").holders}
    assert (names["ars"], names["commune"], names["pays"]) == ("ARS", "Communes", "PETR")


def test_where_health_and_social_work_part_by_hand(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(PERIMETERS.replace("00003]", '"00003"]'), encoding="utf-8")
    (found,) = partings(read_competences(path), *_ground())
    assert (found.health, found.social) == ("CLS", "EPCI")
    assert found.both == ("00002",)
    assert found.only_health == ("00003",)
    assert found.only_social == ("00001",)
    assert found.population_share == pytest.approx(400 / 600)


def test_unknown_zones_and_communes_are_refused(tmp_path):
    path = tmp_path / "c.yaml"
    text = PERIMETERS.replace("00003]", '"99999"]').replace("zones: [E]", "zones: [G]")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        partings(read_competences(path), *_ground())
    assert len(caught.value.problems) == 2


def test_yaml_and_sheet_read_back_the_same(tmp_path):
    matrix = read_matrix(template(day=dt.date(2024, 5, 1)), "m.yaml")
    matrix = matrix.with_perimeter("epci", grid="epci", zones=["242900744"])
    matrix = matrix.with_perimeter("cls", communes=["29024", "29081"])
    assert read_matrix(matrix_text(matrix), "m.yaml") == matrix
    assert read_matrix(matrix_csv(matrix), "m.csv") == matrix
    path = tmp_path / "m.csv"
    path.write_bytes(matrix_csv(matrix).encode("cp1252"))
    assert read_competences(path) == matrix


def test_a_sheet_tells_its_problems_with_their_lines():
    text = matrix_csv(read_matrix(template(day=dt.date(2024, 5, 1)), "m.yaml"))
    spoiled = text.replace("mobilite;autre", "mobilites;autre", 1).replace(";decide", ";decid", 1)
    with pytest.raises(BadInput) as caught:
        read_matrix(spoiled, "m.csv")
    lines = spoiled.splitlines()
    told = {problem.value: problem.line for problem in caught.value.problems}
    assert set(told) == {"mobilites", "decid"}
    assert all(value in lines[line - 1] for value, line in told.items())
    with pytest.raises(BadInput, match="colonne absente"):
        read_matrix("id;libelle\n", "m.csv")


def test_one_role_is_edited_and_unknown_names_are_refused():
    matrix = read_matrix(template(day=dt.date(2024, 5, 1)), "m.yaml")
    changed = matrix.with_role("mobilite", "pays", "contractualise")
    assert changed.levers[1].roles["pays"] == "contractualise"
    assert changed.levers[0] == matrix.levers[0]
    assert "pays" not in matrix.levers[1].roles
    with pytest.raises(BadInput) as caught:
        matrix.with_role("rien", "personne", "decide")
    assert len(caught.value.problems) == 2
