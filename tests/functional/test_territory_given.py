"""How a person names a territory: by a zone, a name of the workspace, or a list with its faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from assemblier.errors import BadInput, MissingSource
from assemblier.indicators.context import Context
from assemblier.language import plain
from assemblier.territory.geography import Geography
from assemblier.territory.selection import Selection, selection_of
from assemblier.territory.territory import TerritorySpec, resolve
from assemblier.usecases.territories import read_communes, territory_of
from assemblier.workspace.store import Workspace
from assemblier.workspace.territories import keep_territory


@pytest.fixture(scope="module")
def geography(artificial_context: Context) -> Geography:
    return artificial_context.geography


def zones(geography: Geography, grid: str) -> dict[str, str]:
    """Return zone → name of a grid."""
    held = geography.membership.loc[geography.membership["arm"].isna(), grid].dropna()
    return {str(zone): geography.zone_name(grid, zone) for zone in held.unique()}


def shared(geography: Geography) -> tuple[str, set[str]]:
    """Return a name that a commune and the larger bassin around it both have."""
    communes = {plain(name): code for code, name in zones(geography, "commune").items()}
    for zone, name in zones(geography, "bv2022").items():
        inside = set(geography.membership.index[geography.membership["bv2022"] == zone])
        if plain(name) in communes and len(inside) > 1:
            return name, inside
    raise AssertionError


def test_a_zone_is_named_by_its_kind_and_code_or_name(geography: Geography) -> None:
    name, inside = shared(geography)
    found = selection_of(f"bassin:{name.upper()}", geography)
    assert found is not None
    assert found[0].kind == "bassin"
    made = resolve(TerritorySpec(name=name, selections=(found[0],)), geography)
    assert set(made.communes) == inside
    assert selection_of(f"bassin:{found[0].what}", geography) == found


def test_an_epci_is_found_without_its_legal_form(geography: Geography) -> None:
    zone, name = next(iter(sorted(zones(geography, "epci").items())))
    assert selection_of(name, geography) == (Selection("epci", zone), name)
    short = name.removeprefix("CC de ")
    assert short != name
    for said in (f"Communauté de communes de {short}", f"communaute d’agglomeration {short}"):
        assert selection_of(said, geography) == (Selection("epci", zone), name)


def test_several_zones_of_one_name_are_listed(geography: Geography) -> None:
    name, _ = shared(geography)
    with pytest.raises(BadInput) as told:
        selection_of(name, geography)
    for kind in ("commune:", "bassin:"):
        assert kind in str(told.value)


def test_a_part_of_a_name_lists_what_it_may_mean(geography: Geography) -> None:
    name, _ = shared(geography)
    with pytest.raises(BadInput, match="exactement") as told:
        selection_of(name[:-2], geography)
    assert name in str(told.value)


def test_a_territory_of_the_workspace_comes_first(geography: Geography, tmp_path: Path) -> None:
    zone, name = next(iter(sorted(zones(geography, "epci").items())))
    address = tmp_path / "a.sqlite"
    whole = territory_of(what=name, geography=geography, workspace=address)
    assert len(whole.communes) > 1
    one = whole.communes[0]
    keep_territory(
        Workspace.open(address, create=True),
        TerritorySpec(name=name, selections=(Selection("commune", one),)),
    )
    mine = territory_of(what=name, geography=geography, workspace=address)
    assert mine.communes == (one,)
    again = territory_of(what=f"epci:{zone}", geography=geography, workspace=address)
    assert again.communes == whole.communes


def test_a_name_of_nothing_says_where_it_was_looked_for(
    geography: Geography, tmp_path: Path
) -> None:
    with pytest.raises(MissingSource, match="ni un territoire") as told:
        territory_of(what="Nulle-Part-les-Bains", geography=geography, workspace=tmp_path / "a")
    assert "territory add" in str(told.value)


def test_every_fault_of_a_list_is_told_at_once(geography: Geography, tmp_path: Path) -> None:
    good = sorted(zones(geography, "commune"))[:2]
    path = tmp_path / "liste.csv"
    rows = ["nom;Code", f"a;{good[0]}", "b;99999", "c;trop long", "d;", "", f"e;{good[1]}"]
    path.write_bytes("\r\n".join(rows).replace("a;", "é;").encode("cp1252"))
    listed = read_communes(path)
    assert list(listed.lines) == [good[0], "99999", good[1]]
    with pytest.raises(BadInput) as told:
        territory_of(what=str(path), geography=geography, workspace=tmp_path / "a")
    assert [(each.line, each.column) for each in told.value.problems] == [
        (3, "Code"),
        (4, "Code"),
        (5, "Code"),
    ]
    assert {each.file for each in told.value.problems} == {"liste.csv"}


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "vide"), (b"nom,zone\r\na,b\r\n", "code"), (b"PK\x03\x04\0\0", "texte")],
)
def test_a_file_without_codes_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "liste.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        read_communes(path)


@pytest.mark.parametrize(
    ("content", "heading"),
    [
        ("Code INSEE;Nom\n22025;a\n22025;b\n01004;c\n", "Code INSEE"),
        ("22025\n22025\n1004\n", "code"),
        ("\ufeffCODGEO\tx\n22025\ta\n22025\t\n1004\tc\n", "CODGEO"),
    ],
)
def test_lists_as_people_have_them(tmp_path: Path, content: str, heading: str) -> None:
    path = tmp_path / "liste.csv"
    path.write_text(content, encoding="utf-8")
    listed = read_communes(path)
    assert list(listed.lines) == ["22025", "01004"]
    assert listed.column == heading
    assert len(listed.repeated) == 1
    assert "22025" in listed.repeated[0]
