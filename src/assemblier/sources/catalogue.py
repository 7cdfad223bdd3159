"""The catalogue of sources: every card, checked together, and how to find one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.sources.card import Card, Edition, card_from
from assemblier.sources.validation import problems_across, problems_of_card, read_mapping

__all__ = ["Catalogue", "licence_register"]


def licence_register() -> dict[str, dict[str, Any]]:
    """Return the licences known, by id, with their name, address and obligation."""
    text = resources.files("assemblier.sources").joinpath("licences.yaml").read_text("utf-8")
    register, problems = read_mapping(text, "licences.yaml")
    if register is None:
        raise BadInput(problems)
    return register


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every source card, in the order of their ids."""

    cards: tuple[Card, ...]

    @classmethod
    def load(cls, *folders: Path, packaged: bool = True) -> Catalogue:
        """Read and check all cards.

        Parameters
        ----------
        folders
            Folders of further cards (``*.yaml``), for instance those of a region.
        packaged
            Whether the cards that come with the program are read too.

        Raises
        ------
        BadInput
            With every problem of every card; no card is left out in silence.
        """
        places: list[Traversable] = []
        if packaged:
            places.append(resources.files("assemblier.sources").joinpath("cards"))
        for folder in folders:
            if not folder.is_dir():
                raise MissingSource(f"Dossier de fiches introuvable : {folder}.")
            places.append(folder)
        licences = licence_register()
        problems: list[Problem] = []
        accepted: list[tuple[str, dict[str, Any]]] = []
        for place in places:
            for item in sorted(place.iterdir(), key=lambda found: found.name):
                if not item.name.endswith(".yaml"):
                    continue
                text = item.read_text("utf-8")
                raw, unread = read_mapping(text, item.name)
                problems.extend(unread)
                if raw is not None:
                    wrong = problems_of_card(raw, text, item.name, licences)
                    problems.extend(wrong)
                    if not wrong:
                        accepted.append((item.name, raw))
        problems.extend(problems_across(accepted))
        if problems:
            raise BadInput(problems)
        cards = sorted((card_from(raw, licences) for _, raw in accepted), key=lambda c: c.id)
        return cls(cards=tuple(cards))

    def __iter__(self) -> Iterator[Card]:
        return iter(self.cards)

    def __len__(self) -> int:
        return len(self.cards)

    @property
    def editions(self) -> tuple[Edition, ...]:
        """Every edition of every card."""
        return tuple(edition for card in self.cards for edition in card.editions)

    def card(self, card_id: str) -> Card:
        """Return one card.

        Raises
        ------
        MissingSource
            When no card has this id; the nearest ids are named.
        """
        for card in self.cards:
            if card.id == card_id:
                return card
        raise MissingSource(
            f"Aucune fiche de source « {card_id} »."
            + _nearest(card_id, (card.id for card in self.cards))
            + " La liste : assemblier sources list."
        )

    def edition(self, key: str) -> Edition:
        """Return one edition from ``card@vintage``; the latest one from ``card`` alone.

        Raises
        ------
        MissingSource
            When the card or the edition is unknown; what exists is named.
        """
        card_id, at, vintage = key.partition("@")
        card = self.card(card_id)
        if not at:
            return card.latest
        for edition in card.editions:
            if edition.vintage == vintage:
                return edition
        known = ", ".join(edition.vintage for edition in card.editions)
        raise MissingSource(
            f"La fiche « {card_id} » n’a pas d’édition « {vintage} ». Éditions connues : {known}."
        )

    def select(self, keys: Iterable[str]) -> tuple[Edition, ...]:
        """Return the editions named, once each, in the order asked.

        ``card`` means its latest edition, ``card@vintage`` one edition, ``card@*`` all of them.

        Raises
        ------
        BadInput
            With every name that is unknown, not only the first.
        """
        chosen: dict[str, Edition] = {}
        problems: list[Problem] = []
        for key in keys:
            card_id, _, vintage = key.partition("@")
            try:
                found = self.card(card_id).editions if vintage == "*" else (self.edition(key),)
            except MissingSource as error:
                problems.append(Problem(str(error).removesuffix(".")))
                continue
            chosen.update((edition.key, edition) for edition in found)
        if problems:
            raise BadInput(problems)
        return tuple(chosen.values())

    def core(self) -> tuple[Edition, ...]:
        """Return the latest fetchable edition of each card that the core indicators need."""
        return tuple(
            max(
                (edition for edition in card.editions if edition.fetchable),
                key=card.editions.index,
            )
            for card in self.cards
            if card.core and any(edition.fetchable for edition in card.editions)
        )

    def search(self, text: str) -> tuple[Card, ...]:
        """Return the cards that hold every word of `text`, whatever its accents and case.

        Cards whose id or title hold them come first.
        """
        words = _plain(text).split()
        if not words:
            return self.cards
        ranked: list[tuple[int, str, Card]] = []
        for card in self.cards:
            name = _plain(f"{card.id} {card.title}")
            rest = _plain(
                " ".join(
                    (
                        *(card.producer, card.unit, card.use, card.geography, card.licence.id),
                        *(*card.feeds, *card.limits, *card.does_not_say),
                        *(edition.file for edition in card.editions),
                    )
                )
            )
            if all(word in name or word in rest for word in words):
                ranked.append((-sum(word in name for word in words), card.id, card))
        return tuple(card for _, _, card in sorted(ranked, key=lambda r: r[:2]))

    def feeding(self, indicator: str) -> tuple[Card, ...]:
        """Return the cards that serve an indicator of the core set, such as ``A1``."""
        return tuple(card for card in self.cards if indicator in card.feeds)

    def serving(self, file: str) -> tuple[Card, ...]:
        """Return the cards that know a file of this relative name, edition or other form.

        The name is a hint for documentation and tests: readers recognise a file by its content.
        """
        name = file.replace("\\", "/")
        return tuple(
            card
            for card in self.cards
            if any(edition.file == name for edition in card.editions)
            or any(fnmatchcase(name, form) for form in card.forms)
        )


def _nearest(asked: str, known: Iterable[str]) -> str:
    close = get_close_matches(asked, list(known), n=3, cutoff=0.5)
    return f" Les plus proches : {', '.join(close)}." if close else ""


def _plain(text: str) -> str:
    """Return `text` without accents, case or typographic apostrophes."""
    apart = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(c for c in apart if not unicodedata.combining(c)).casefold()
