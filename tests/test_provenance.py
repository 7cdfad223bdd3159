"""Every number printed in a diagnosis unfolds: its key is known, its text is its value, its sources exist."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

from assemblier.blocks import Document, Figure
from assemblier.demo.names import PAYS_NAME
from assemblier.diagnosis.assemble import Diagnosis, diagnose
from assemblier.indicators.context import Context
from assemblier.indicators.registry import INDICATORS
from assemblier.sources.catalogue import Catalogue
from assemblier.territory.territory import TerritorySpec, resolve
from assemblier.values import Status


@pytest.fixture(scope="module")
def made(artificial_context: Context) -> Diagnosis:
    geography = artificial_context.geography
    codes = tuple(code for code in geography.names if code.startswith("Y1"))[:40]
    territory = resolve(TerritorySpec(PAYS_NAME, listed=codes, cog=geography.cog), geography)
    return diagnose(
        artificial_context, territory, catalogue=Catalogue.load(), today=dt.date(2026, 1, 2)
    )


def figures(thing: object) -> Iterator[Figure]:
    """Yield every figure anywhere in a block."""
    if isinstance(thing, Figure):
        yield thing
    elif isinstance(thing, dict):
        for each in thing.values():
            yield from figures(each)
    elif isinstance(thing, list | tuple):
        for each in thing:
            yield from figures(each)
    elif is_dataclass(thing):
        for each in fields(thing):
            yield from figures(getattr(thing, each.name))


def printed(document: Document) -> list[Figure]:
    return [figure for section in document.sections for figure in figures(section.blocks)]


def test_there_are_figures_to_unfold(made: Diagnosis) -> None:
    assert len(printed(made.document)) > 200


def test_every_figure_has_its_provenance(made: Diagnosis) -> None:
    known = made.document.provenance
    lost = sorted({f.key for f in printed(made.document) if f.key and f.key not in known})
    assert not lost, lost[:10]


def test_a_provenance_is_whole(made: Diagnosis) -> None:
    for figure in printed(made.document):
        if not figure.key:
            continue
        told = made.document.provenance[figure.key]
        assert told.label
        assert told.definition
        # what people of the territory say themselves carries its own date, when it has one
        assert told.year or told.status != Status.OK or figure.key.startswith("local|")
        assert told.status in set(Status)
        if told.status in {Status.OK, Status.ESTIMATED}:
            # a zone of a map of classes has a name, no number
            assert told.value is not None or "|carte" in figure.key, figure.key
            assert told.sources, figure.key
        elif told.value is None:
            assert told.reason, figure.key


def test_what_is_printed_is_the_value(made: Diagnosis) -> None:
    """The numbers of a figure's text are its value, or both ends of its interval, rounded."""
    decimals = {indicator.id: indicator.decimals for indicator in INDICATORS}
    compared = 0
    for figure in printed(made.document):
        told = made.document.provenance.get(figure.key)
        if told is None or told.value is None or figure.status not in {"ok", "estimated"}:
            continue
        name, _, rest = figure.key.partition("|")
        found = re.findall(r"[−-]?\d[\d\u202f\u00a0]*(?:,\d+)?", figure.text)
        # an interval prints its two ends, any other figure begins with its value
        held = (told.low, told.high) if rest.endswith("|intervalle") else (told.value,)
        if not found:
            continue
        assert len(found) >= len(held), figure
        for text, value in zip(found, held, strict=False):
            read = float(re.sub(r"[\u202f\u00a0]", "", text).replace(",", ".").replace("−", "-"))
            digits = len(text.partition(",")[2])
            assert digits <= max(decimals.get(name, 0), 2)
            assert abs(read) == pytest.approx(abs(value), abs=0.5000001 * 10**-digits), figure
        compared += 1
    assert compared > 100


def test_a_figure_without_value_prints_no_number(made: Diagnosis) -> None:
    for figure in printed(made.document):
        if figure.status in {"secret", "absent", "not_applicable"}:
            assert not re.search(r"\d", figure.text), figure


def test_sources_printed_name_licence_and_hash(made: Diagnosis) -> None:
    for told in made.document.provenance.values():
        for line in told.sources:
            if told.key.startswith("local|"):
                assert line.startswith("Données locales"), line
                continue
            assert re.search(r"[0-9a-f]{8,}", line), line
            assert len(line) > 40


def test_what_was_asked_is_printed(made: Diagnosis) -> None:
    said = " ".join([*made.document.asked, *made.document.asked.values()])
    assert made.results.asked.lake in said
    assert made.results.asked.version in said
