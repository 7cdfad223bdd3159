"""The card of a source: who makes a family of files, under what terms, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

__all__ = [
    "Access",
    "Card",
    "Checked",
    "Edition",
    "Layout",
    "Licence",
    "Resolve",
    "Secrecy",
    "card_from",
]

Access = Literal["download", "manual", "key", "local"]
"""How a file is had: fetched alone, exported by hand, with an account's key, or from the user."""

CogStatus = Literal["known", "rolling", "unknown", "not_applicable"]
Seen = Literal["code", "pattern", "memory"]


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms under which a source is reused, and the line to print beside its figures.

    ``attribution`` may hold ``{vintage}`` and ``{date}``; see :meth:`Card.attribution`.
    """

    id: str
    name: str
    url: str | None
    share_alike: bool
    obligation: str
    attribution: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Secrecy:
    """What the producer hides: the threshold, the rule in words, and where the rule is written."""

    threshold: int | None
    rule: str
    reference: str | None
    to_verify: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """Shape of the raw file, for who writes or mends a reader."""

    encoding: str | None
    separator: str | None
    member: str | None
    sheet: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the addresses were tried online, when, and how they are known otherwise."""

    online: bool
    on: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Resolve:
    """A catalogue entry of data.gouv.fr where today's address is read.

    ``matches`` is a regular expression tried on the address and the title of each resource; the
    most recently modified one that matches is taken.
    """

    dataset: str
    matches: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated file of a family.

    Attributes
    ----------
    card
        Id of the card it belongs to.
    vintage
        Name of the edition, unique in its card.
    period
        What the figures describe: a year, a date, an interval ``a/b``, or ``rolling``.
    cog
        Vintage of the commune codes, where it is a year; ``cog_status`` says why it is not.
    address
        Where the producer publishes it; ``None`` for what is exported or written by hand.
    seen
        How the address is known: read in public code, made on the pattern of a neighbouring
        year, or from memory.
    alternates
        Other addresses of the same file, tried in turn.
    file
        Where it lands, relative to the folder of raw files.
    format
        What the file is, for the check of its content.
    sha256
        Digest when the file is fixed and was hashed at the producer's; ``None`` otherwise.
    rolling
        True when the producer replaces the content under the same address.
    """

    card: str
    vintage: str
    period: str
    cog: int | None
    cog_status: CogStatus
    address: str | None
    seen: Seen | None
    alternates: tuple[str, ...]
    resolve: Resolve | None
    file: str
    format: str
    sha256: str | None
    rolling: bool
    size_mb: float | None
    note: str | None

    @property
    def key(self) -> str:
        """The edition's full name, ``card@vintage``."""
        return f"{self.card}@{self.vintage}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every fixed address, the best first."""
        return ((self.address,) if self.address else ()) + self.alternates

    @property
    def fetchable(self) -> bool:
        """Whether a machine can get it alone."""
        return self.address is not None or self.resolve is not None


@dataclass(frozen=True, slots=True)
class Card:
    """A family of raw files of one producer, with all that must be known before use."""

    id: str
    title: str
    producer: str
    licence: Licence
    citation: str
    page: str | None
    format: str
    layout: Layout
    unit: str
    geography: str
    rhythm: str
    access: Access
    obtain: str | None
    delay: float | None
    core: bool
    secrecy: Secrecy
    limits: tuple[str, ...]
    does_not_say: tuple[str, ...]
    use: str
    feeds: tuple[str, ...]
    forms: tuple[str, ...]
    checked: Checked
    editions: tuple[Edition, ...]

    @property
    def latest(self) -> Edition:
        """The most recent edition: the last one of the card."""
        return self.editions[-1]

    def cite(self, vintage: str) -> str:
        """Return the citation for one edition."""
        return self.citation.replace("{vintage}", vintage)

    def attribution(self, vintage: str, date: str = "date de mise à jour non connue") -> str:
        """Return the line to print beside figures drawn from one edition.

        Parameters
        ----------
        vintage
            Edition used.
        date
            Day of the last update or of the extraction, as it should be read.
        """
        line = self.licence.attribution
        return line.replace("{vintage}", vintage).replace("{date}", date)


def card_from(raw: Mapping[str, Any], licences: Mapping[str, Mapping[str, Any]]) -> Card:
    """Build a card from a mapping that the schema already accepted.

    Parameters
    ----------
    raw
        Content of one card file.
    licences
        The register of licences, by id.
    """
    fmt = str(raw["format"])
    licence = licences[raw["licence"]["id"]]
    layout = raw["layout"]
    return Card(
        id=raw["id"],
        title=raw["title"],
        producer=raw["producer"],
        licence=Licence(
            id=raw["licence"]["id"],
            name=licence["name"],
            url=licence["url"],
            share_alike=licence["share_alike"],
            obligation=licence["obligation"],
            attribution=raw["licence"]["attribution"],
            note=raw["licence"].get("note"),
        ),
        citation=raw["citation"],
        page=raw["page"],
        format=fmt,
        layout=Layout(
            encoding=layout.get("encoding"),
            separator=layout.get("separator"),
            member=layout.get("member"),
            sheet=layout.get("sheet"),
            notes=tuple(layout["notes"]),
        ),
        unit=raw["unit"],
        geography=raw["geography"],
        rhythm=raw["rhythm"],
        access=raw["access"],
        obtain=raw.get("obtain"),
        delay=raw.get("delay"),
        core=raw.get("core", False),
        secrecy=Secrecy(**raw["secrecy"]),
        limits=tuple(raw["limits"]),
        does_not_say=tuple(raw["does_not_say"]),
        use=raw["use"],
        feeds=tuple(raw["feeds"]),
        forms=tuple(raw.get("forms", ())),
        checked=Checked(
            online=raw["checked"]["online"],
            on=raw["checked"].get("on"),
            note=raw["checked"]["note"],
        ),
        editions=tuple(_edition(raw["id"], fmt, edition) for edition in raw["editions"]),
    )


def _edition(card: str, fmt: str, raw: Mapping[str, Any]) -> Edition:
    cog = raw["cog"]
    sha256 = raw["sha256"]
    resolve = raw.get("resolve")
    return Edition(
        card=card,
        vintage=raw["vintage"],
        period=raw["period"],
        cog=cog if isinstance(cog, int) else None,
        cog_status="known" if isinstance(cog, int) else cast("CogStatus", cog),
        address=raw["address"],
        seen=raw.get("seen"),
        alternates=tuple(raw.get("alternates", ())),
        resolve=Resolve(**resolve) if resolve else None,
        file=raw["file"],
        format=raw.get("format", fmt),
        sha256=None if sha256 == "rolling" else sha256,
        rolling=sha256 == "rolling",
        size_mb=raw.get("size_mb"),
        note=raw.get("note"),
    )
