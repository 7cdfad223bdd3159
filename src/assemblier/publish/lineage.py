"""Where figures come from, as pages tell it: what several figures share is said once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from assemblier.blocks import Document, Provenance
from assemblier.language import plural
from assemblier.publish.layout import printed_figures, ranges

__all__ = ["Entry", "Lineage", "PrintedProvenance", "lineages", "printed_provenance"]

METHOD_WORDS = 5
"""How many first words two methods share when they differ by the zones they are applied to."""
NUMBERS = re.compile(r"\d+(?:[\u202f\u00a0]\d{3})*(?:,\d+)?")
LONGEST_TOLD = 60
"""Over how many letters the zones of one entry are counted instead of named."""
SAME_WORDS = 3
"""How many first words two labels that are their own definition share to be told as one."""
TABLE_READ = re.compile(r", table « [^»]*»(?:(?! ; licence).)*")
ROWS_READ = re.compile(r"[,;.]?\s*\(?lignes?\s+\d[^,;]*$")


@dataclass(frozen=True, slots=True)
class Lineage:
    """What the provenances of several figures share: one entry of the annex."""

    number: int
    label: str
    unit: str
    years: tuple[str, ...]
    definition: str
    sources: tuple[str, ...]
    parameters: Mapping[str, str]
    method: str
    says_not: tuple[str, ...]
    keys: tuple[str, ...]


def lineages(document: Document) -> tuple[Lineage, ...]:
    """Gather the provenances that say the same, in the order of first print.

    Twelve hundred figures of one table come from one file by one method: it is printed once.
    """
    order: list[str] = []
    seen: set[str] = set()
    for printed in printed_figures(document):
        key = printed.figure.key
        if key in document.provenance and key not in seen:
            seen.add(key)
            order.append(key)
    order += [key for key in document.provenance if key not in seen]
    groups: dict[tuple[object, ...], list[Provenance]] = {}
    for key in order:
        told = document.provenance[key]
        same = (
            told.label,
            told.unit,
            told.definition,
            told.sources,
            tuple(told.parameters.items()),
            told.method,
            told.says_not,
        )
        groups.setdefault(same, []).append(told)
    return tuple(
        Lineage(
            number=position,
            label=group[0].label,
            unit=group[0].unit,
            years=tuple(sorted({told.year for told in group if told.year})),
            definition=group[0].definition,
            sources=group[0].sources,
            parameters=group[0].parameters,
            method=group[0].method,
            says_not=group[0].says_not,
            keys=tuple(told.key for told in group),
        )
        for position, group in enumerate(groups.values(), start=1)
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the annex of a printed document: the years and the zonings of an indicator.

    ``files``, ``methods``, ``parameters`` and ``says_not`` are positions, from 1, in the lists
    that the entries share.
    """

    number: int
    label: str
    unit: str
    years: tuple[str, ...]
    definition: str
    files: tuple[int, ...]
    methods: tuple[int, ...]
    parameters: tuple[int, ...]
    says_not: tuple[int, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrintedProvenance:
    """The provenance as it is printed on paper: what several entries say is said once."""

    entries: tuple[Entry, ...]
    methods: tuple[str, ...]
    parameters: tuple[str, ...]
    says_not: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def shared(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Return the shared lists: how an entry cites one, its title, its texts."""
        named = (
            ("méthode", "Méthodes", self.methods),
            ("paramètre", "Paramètres", self.parameters),
            ("précaution", "Ce que ces chiffres ne disent pas", self.says_not),
            ("fichier", "Fichiers cités", self.files),
        )
        return tuple(each for each in named if each[2])

    def cited(self, entry: Entry) -> str:
        """Return what an entry cites of the shared lists, in words."""
        parts = []
        for name, positions in (
            ("méthode", entry.methods),
            ("paramètre", entry.parameters),
            ("précaution", entry.says_not),
            ("fichier", entry.files),
        ):
            if positions:
                parts.append(f"{plural(len(positions), name)} {ranges(positions)}")
        text = " ; ".join(parts)
        return f"{text[:1].upper()}{text[1:]}." if text else ""


def printed_provenance(document: Document) -> PrintedProvenance:
    """Return the provenance of a document, gathered for paper.

    Rows read, tables and columns differ from figure to figure: paper names the file, the page
    and the workbook name them. Values whose label is all their definition, told of several zones
    by one method, are one entry: « Part des habitants hors zonage (canton, arrondissement…) ».
    """
    lists: dict[str, dict[str, int]] = {
        "methods": {}, "parameters": {}, "says_not": {}, "files": {},
    }  # fmt: skip

    def at(name: str, texts: Iterable[str]) -> tuple[int, ...]:
        held = lists[name]
        found = {held.setdefault(text, len(held) + 1) for text in texts if text}
        return tuple(sorted(found))

    every = lineages(document)
    defined = {each.label for each in every if not _same_words(each.definition, each.label)}
    groups: dict[tuple[object, ...], list[Lineage]] = {}
    for lineage in every:
        groups.setdefault(_alike(lineage, defined), []).append(lineage)
    methods = _methods(every)
    made = []
    for position, group in enumerate(groups.values(), start=1):
        sources = dict.fromkeys(_file_only(s) for each in group for s in each.sources)
        told = {k: v for each in group for k, v in each.parameters.items()}
        label = _one_label([each.label for each in group], _stem(group[0].label, defined))
        definitions = dict.fromkeys(
            each.definition for each in group if not _same_words(each.definition, each.label)
        )
        made.append(
            Entry(
                number=position,
                label=label,
                unit=group[0].unit,
                years=tuple(sorted({year for each in group for year in each.years})),
                definition=" ".join(definitions),
                files=at("files", sources),
                methods=at("methods", (methods[each.method] for each in group)),
                parameters=at("parameters", (f"{k} = {v}" for k, v in told.items())),
                says_not=at("says_not", (t for each in group for t in each.says_not)),
                keys=tuple(key for each in group for key in each.keys),
            )
        )
    return PrintedProvenance(
        tuple(made),
        tuple(lists["methods"]),
        tuple(lists["parameters"]),
        tuple(lists["says_not"]),
        tuple(lists["files"]),
    )


def _alike(lineage: Lineage, defined: Collection[str]) -> tuple[object, ...]:
    """Return what two lineages share when paper tells them as one: an indicator and its unit."""
    stem = _stem(lineage.label, defined)
    if stem in defined or not _same_words(lineage.definition, lineage.label):
        return (stem, lineage.unit)
    return (" ".join(stem.split()[:SAME_WORDS]), lineage.unit, lineage.method.partition(" : ")[0])


def _stem(label: str, defined: Collection[str]) -> str:
    """Return a label without what it is told of: « … : Callac », « …, médiane des voisines »."""
    head = label
    while ", " in head:
        head = head.rpartition(", ")[0]
        if head in defined:
            return head
    short = label.partition(" : ")[0]
    return label if short == label and label in defined else short.partition(" (")[0]


def _methods(every: Sequence[Lineage]) -> dict[str, str]:
    """Return each method as paper prints it: those that differ by numbers or zoning, as one."""
    kept: dict[str, list[str]] = {}
    for each in every:
        shape = NUMBERS.sub("…", each.method)
        if _same_words(each.definition, each.label):
            shape = " ".join(shape.partition(" : ")[0].split()[:METHOD_WORDS])
        kept.setdefault(shape, []).append(each.method)
    printed: dict[str, str] = {}
    for shape, methods in kept.items():
        for method in methods:
            one = len(set(methods)) == 1
            printed.setdefault(method, method if one else f"{shape.rstrip(' .…')} …")
    return printed


def _same_words(one: str, other: str) -> bool:
    return one.strip(" .").casefold() == other.strip(" .").casefold()


def _one_label(labels: Sequence[str], stem: str) -> str:
    """Return one label for several: what they share, then what differs, or how many there are."""
    distinct = list(dict.fromkeys(labels))
    if len(distinct) == 1:
        return distinct[0]
    if stem in distinct and all(label.startswith(stem) for label in distinct):
        return stem
    words = [label.split() for label in distinct]
    common = 0
    while all(len(w) > common for w in words) and len({w[common] for w in words}) == 1:
        common += 1
    head = " ".join(words[0][:common]).rstrip(" (:,")
    tails = [" ".join(w[common:]).strip("() ") for w in words]
    told = ", ".join(dict.fromkeys(t for t in tails if t))
    # the table that prints the figures names them all
    return f"{head} ({told if len(told) <= LONGEST_TOLD else f'{len(distinct)} valeurs'})"


def _file_only(source: str) -> str:
    """Return a source without the table, the columns and the rows that were read in it."""
    return TABLE_READ.sub("", ROWS_READ.sub("", source))
