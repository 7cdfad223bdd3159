"""Lists of communes older than the reference geography: what becomes of their codes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import pandas as pd
import pytest

from assemblier.errors import BadInput
from assemblier.territory.passage import Crosswalk
from assemblier.usecases.given_communes import alike_rows, read_communes

A, B, C, D = "01001", "01002", "01003", "01004"


class _Merged:
    """A geography where B joined A in 2016, and D was split between A and C in 2018."""

    cog = 2024
    names: ClassVar = {A: "Ah", C: "Ce"}
    membership = pd.DataFrame(index=[A, C])
    passage = SimpleNamespace(vintages=(2014, 2017, 2024))

    def crosswalk(self, cog: int) -> Crosswalk:
        steps = [(B, A, 1.0)] if cog < 2016 else []
        steps += [(D, A, 0.5), (D, C, 0.5)] if cog < 2018 else []
        moves = pd.DataFrame(steps, columns=["code_from", "code_to", "weight"])
        return Crosswalk(cog, self.cog, moves)


def written(tmp_path, text):
    path = tmp_path / "liste.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_code_that_joined_another_is_read_as_it_with_a_note(tmp_path):
    path = written(tmp_path, f"code;medecins\n{B};2\n{A};1\n{C};\n")
    given = read_communes(path, _Merged(), optional=["medecins"], once=())
    assert given.table["code"].tolist() == [A, A, C]
    assert given.table["medecins"].tolist()[:2] == [2.0, 1.0]
    assert len(given.notes) == 1
    assert all(part in given.notes[0] for part in (B, A, "Ah", "liste.csv"))
    today = read_communes(written(tmp_path, f"code\n{A}\n{C}\n"), _Merged(), once=())
    assert not today.notes


def test_a_code_that_was_split_or_never_was_is_refused_with_its_line(tmp_path):
    path = written(tmp_path, f"code\n{A}\n{D}\n\n99999\n{A}\n")
    with pytest.raises(BadInput) as caught:
        read_communes(path, _Merged(), once=())
    told = [(each.line, each.value) for each in caught.value.problems]
    assert told == [(3, D), (5, "99999"), (6, A)]


def test_other_codes_pass_and_a_year_is_given_once(tmp_path):
    rows = f"code,annee,population\n{A},2020,5\n{B},2020,6\n01,2020,7\n"
    given = read_communes(
        written(tmp_path, rows), _Merged(), ["annee", "population"], others={"01"}, once=["annee"]
    )
    assert given.table["code"].tolist() == [A, A, "01"]
    with pytest.raises(BadInput) as caught:
        read_communes(
            written(tmp_path, rows + f"\n{A},2020,8\n"), _Merged(), ["annee", "population"],
            others={"01"}, once=["annee"],
        )  # fmt: skip
    assert [each.line for each in caught.value.problems] == [6]


def test_rows_of_one_commune_must_say_the_same():
    same = pd.DataFrame({"code": [A, A, C], "maximum": [2.0, 2.0, 3.0]})
    assert alike_rows(same, "liste.csv")["code"].tolist() == [A, C]
    with pytest.raises(BadInput, match=A):
        alike_rows(same.assign(maximum=[2.0, 1.0, 3.0]), "liste.csv")
