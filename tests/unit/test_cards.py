"""A card is accepted whole or refused with every reason at once."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from assemblier.errors import BadInput, MissingSource
from assemblier.sources.catalogue import Catalogue, licence_register
from assemblier.sources.validation import card_schema

GOOD: dict[str, Any] = {
    "id": "essai-source",
    "title": "Source d’essai",
    "producer": "Producteur",
    "licence": {"id": "etalab-2.0", "attribution": "Source : Producteur, {vintage}, {date}"},
    "citation": "Producteur, source d’essai, {vintage}.",
    "page": "https://exemple.fr/page",
    "format": "csv",
    "layout": {"notes": ["Une ligne d’en-tête."]},
    "unit": "commune",
    "geography": "commune",
    "rhythm": "annuel",
    "access": "download",
    "secrecy": {"threshold": 11, "rule": "Rien sous 11.", "reference": None, "to_verify": True},
    "limits": ["Une limite connue."],
    "does_not_say": ["Ne dit pas le reste."],
    "use": "Sert aux essais de fiche.",
    "feeds": ["O1"],
    "checked": {"online": False, "note": "Adresse non essayée."},
    "editions": [
        {
            "vintage": "2024",
            "period": "2024-01-01",
            "cog": 2024,
            "address": "https://exemple.fr/2024.csv",
            "seen": "code",
            "file": "essai/2024.csv",
            "sha256": None,
        },
        {
            "vintage": "courant",
            "period": "rolling",
            "cog": "rolling",
            "address": None,
            "resolve": {
                "dataset": "https://www.data.gouv.fr/api/1/datasets/x/",
                "matches": "essai.*csv",
            },
            "file": "essai/courant.csv",
            "sha256": "rolling",
        },
    ],
}


def load(folder: Path, *cards: dict[str, Any] | str, names: tuple[str, ...] = ()) -> Catalogue:
    for rank, card in enumerate(cards):
        text = card if isinstance(card, str) else yaml.dump(card, allow_unicode=True)
        name = names[rank] if names else f"{GOOD['id']}.yaml"
        (folder / name).write_text(text, encoding="utf-8")
    return Catalogue.load(folder, packaged=False)


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the good card with one value replaced, or removed when it is ``...``."""
    card = copy.deepcopy(GOOD)
    *steps, last = [int(s) if s.isdigit() else s for s in path.split(".")]
    held: Any = card
    for step in steps:
        held = held[step]
    if value is ...:
        del held[last]
    else:
        held[last] = value
    return card


def test_good_card_is_read_as_written(tmp_path) -> None:
    [card] = load(tmp_path, GOOD).cards
    assert card.cite("2024") == "Producteur, source d’essai, 2024."
    assert card.attribution("2024", "2 mai 2024") == "Source : Producteur, 2024, 2 mai 2024"
    assert card.licence.url == licence_register()["etalab-2.0"]["url"]
    assert card.secrecy.threshold == 11
    fixed, rolling = card.editions
    assert (fixed.key, fixed.cog, fixed.cog_status) == ("essai-source@2024", 2024, "known")
    assert (rolling.cog, rolling.cog_status, rolling.rolling) == (None, "rolling", True)
    assert rolling.fetchable
    assert rolling.addresses == ()


@pytest.mark.parametrize("key", card_schema()["required"])
def test_no_required_key_may_be_missing(tmp_path, key) -> None:
    with pytest.raises(BadInput, match=f"il manque « {key} »"):
        load(tmp_path, changed(key, ...), names=("essai-source.yaml",))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("couleur", "bleu", "clé inconnue « couleur »"),
        ("licence.id", "cc-by", "licence inconnue"),
        ("licence.prix", 3, "clé inconnue « prix »"),
        ("citation", "Producteur, sans édition.", "ne nomme pas l’édition"),
        ("citation", "Producteur, {vintage}, {auteur}.", "champ à remplir inconnu"),
        ("page", "http://exemple.fr", "motif"),
        ("format", "pdf", "Valeurs admises"),
        ("limits", [], "trop court ou vide"),
        ("feeds", ["APL"], "motif"),
        ("feeds", ["A1", "A1"], "répétée"),
        ("checked.online", True, "sans date"),
        ("secrecy.threshold", 0, "valeur refusée"),
        ("secrecy.rule", ..., "il manque « rule »"),
        ("editions", [], "trop court ou vide"),
        ("editions.0.vintage", 2024, "entre guillemets"),
        ("editions.0.cog", "2024", "voir le schéma"),
        ("editions.0.period", "an 2024", "motif"),
        ("editions.0.file", "../ailleurs/x.csv", "motif"),
        ("editions.0.file", "C:/x.csv", "motif"),
        ("editions.0.sha256", "abc", "voir le schéma"),
        ("editions.0.seen", ..., "va avec une adresse"),
        ("editions.0.address", "http://exemple.fr/x", "motif"),
        ("editions.1.resolve.matches", "essai([", "expression régulière"),
        ("editions.1.resolve", ..., "ne dit pas comment l’obtenir"),
        ("editions.1.vintage", "2024", "plusieurs fois"),
        ("editions.1.file", "essai/2024.CSV", "au même endroit"),
        ("access", "manual", "rien ne dit comment obtenir"),
    ],
)
def test_faults_are_refused_with_their_place(tmp_path, path, value, said) -> None:
    with pytest.raises(BadInput) as refused:
        load(tmp_path, changed(path, value))
    assert said in str(refused.value)
    assert "essai-source.yaml" in str(refused.value)


def test_every_problem_of_every_card_is_told_at_once(tmp_path) -> None:
    one = changed("licence", ...)
    one["couleur"] = "bleu"
    two = changed("id", "autre-source")
    two["page"] = "ftp://x"
    with pytest.raises(BadInput) as refused:
        load(tmp_path, one, two, "a: [", names=("essai-source.yaml", "autre-source.yaml", "c.yaml"))
    files = [problem.file for problem in refused.value.problems]
    assert files == ["autre-source.yaml", "c.yaml", "essai-source.yaml", "essai-source.yaml"]


def test_line_of_the_fault_is_given(tmp_path) -> None:
    text = yaml.dump(GOOD, allow_unicode=True, sort_keys=False).replace(
        "format: csv", "format: pdf"
    )
    line = 1 + text.splitlines().index("format: pdf")
    with pytest.raises(BadInput) as refused:
        load(tmp_path, text)
    assert [problem.line for problem in refused.value.problems] == [line]


def test_key_written_twice_is_refused(tmp_path) -> None:
    text = yaml.dump(GOOD, allow_unicode=True) + "title: Un autre titre\n"
    with pytest.raises(BadInput, match="« title » écrite deux fois"):
        load(tmp_path, text)


def test_name_of_the_file_is_the_id(tmp_path) -> None:
    with pytest.raises(BadInput, match="nom du fichier"):
        load(tmp_path, GOOD, names=("mauvais.yaml",))


def test_missing_folder_is_told(tmp_path) -> None:
    with pytest.raises(MissingSource):
        Catalogue.load(tmp_path / "rien")


def test_regional_cards_join_the_packaged_ones(tmp_path) -> None:
    (tmp_path / "essai-source.yaml").write_text(yaml.dump(GOOD), encoding="utf-8")
    assert len(Catalogue.load(tmp_path)) == len(Catalogue.load()) + 1
    doubled = changed("id", "insee-bpe")
    (tmp_path / "essai-source.yaml").unlink()
    (tmp_path / "insee-bpe.yaml").write_text(yaml.dump(doubled), encoding="utf-8")
    with pytest.raises(BadInput, match="identifiant déjà pris"):
        Catalogue.load(tmp_path)
