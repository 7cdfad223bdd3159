"""The reference page of sources, written from the cards."""

from __future__ import annotations

from assemblier.sources.card import Card, Edition
from assemblier.sources.catalogue import Catalogue

__all__ = ["sources_reference"]

ACCESS = {
    "download": "téléchargement",
    "manual": "à la main",
    "key": "compte et clé",
    "local": "données de l’utilisateur",
}
SEEN = {
    "code": "relevée dans du code public",
    "pattern": "faite sur le modèle d’une année voisine",
    "memory": "de mémoire",
}
COG = {"rolling": "du moment", "unknown": "non indiqué", "not_applicable": "sans objet"}


def sources_reference(catalogue: Catalogue) -> str:
    """Return the reference page of all sources, in Markdown and in French.

    The text depends on the cards alone, so that a test can tell whether the page is fresh.
    """
    lines = [
        "# Sources",
        "",
        "<!-- Page écrite à partir des fiches : ne pas la modifier à la main. -->",
        "",
        f"{len(catalogue)} fiches, {len(catalogue.editions)} éditions.",
        "Une édition se nomme `fiche@édition` ; la dernière colonne dit les indicateurs servis.",
        "",
        "| fiche | titre | producteur | licence | accès | indicateurs |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| [`{card.id}`](#{card.id}) | {_cell(card.title)} | {_cell(card.producer)} "
        f"| {card.licence.id} | {ACCESS[card.access]} | {', '.join(card.feeds) or '–'} |"
        for card in catalogue
    ]
    for card in catalogue:
        lines += ["", *_section(card)]
    return "\n".join(lines) + "\n"


def _section(card: Card) -> list[str]:
    secrecy = card.secrecy
    threshold = f"seuil {secrecy.threshold}. " if secrecy.threshold is not None else ""
    verify = " (à vérifier)" if secrecy.to_verify else ""
    licence = (
        f"[{card.licence.name}]({card.licence.url})" if card.licence.url else card.licence.name
    )
    checked = f"essayée le {card.checked.on}" if card.checked.online else "non essayée en ligne"
    lines = [
        f"## {card.id}",
        "",
        f"**{card.title}** — {card.producer}. {card.use}",
        "",
        f"- Citation : {card.citation}",
        f"- Mention à imprimer : « {card.licence.attribution} »",
        f"- Licence : {licence}. {card.licence.obligation}"
        + (f" {card.licence.note}" if card.licence.note else ""),
        f"- Unité : {card.unit} ; maille : {card.geography} ; rythme : {card.rhythm}",
        f"- Secret : {threshold}{secrecy.rule}{verify}",
        f"- Contrôle ({checked}) : {card.checked.note}",
    ]
    if card.page:
        lines.append(f"- Page : <{card.page}>")
    if card.obtain:
        lines.append(f"- Obtenir : {card.obtain}")
    lines += [f"- Forme : {note}" for note in card.layout.notes]
    lines += [f"- Limite : {limit}" for limit in card.limits]
    lines += [f"- Silence : {silence}" for silence in card.does_not_say]
    lines += [
        "",
        "| édition | période | communes de | fichier | adresse |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(edition) for edition in card.editions]
    return lines


def _row(edition: Edition) -> str:
    period = "du moment" if edition.period == "rolling" else edition.period
    cog = str(edition.cog) if edition.cog is not None else COG[edition.cog_status]
    if edition.address and edition.seen:
        address = f"<{edition.address}> ({SEEN[edition.seen]})"
    elif edition.resolve:
        address = f"<{edition.resolve.dataset}> (adresse du jour lue dans ce catalogue)"
    else:
        address = "–"
    return f"| `{edition.vintage}` | {period} | {cog} | `{edition.file}` | {address} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
