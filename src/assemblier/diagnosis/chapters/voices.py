"""Chapters 10 and 11: what people say, and what is already under way, from local files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assemblier.blocks import (
    Block,
    Bullets,
    Callout,
    Cell,
    Heading,
    Inline,
    MapBlock,
    Paragraph,
    SourceNote,
    TableBlock,
    Tone,
)
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.chapters.pathways import perimeter_count
from assemblier.diagnosis.lived import (
    SUBJECTS,
    answer_figure,
    answer_span,
    beside,
    disagreements,
    question_label,
    respondents,
    survey_answers,
)
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.story import Story
from assemblier.french import WORDS
from assemblier.indicators.local import (
    Answer,
    corrected_supply,
    covering,
    training,
    unregistered,
)
from assemblier.language import number, plural

__all__ = ["PROJECTS", "VOICES", "local_supply"]

LEAST = "survey.least_answers"
PUBLICS = {"medecins": "Les médecins", "habitants": "Les habitants"}


def build_voices(story: Story) -> Sequence[Block]:
    """Tell the results of surveys, beside what is measured."""
    found = survey_answers(story)
    if not found:
        return ()
    blocks: list[Block] = [
        Callout(
            Tone.LOCAL,
            "Une donnée du territoire",
            (
                "Ces résultats viennent d’enquêtes menées par le territoire. Ils ne sont pas redressés : seuls ceux qui ont "
                f"répondu sont comptés, et un résultat de moins de {WORDS[int(story.rule(LEAST))]} réponses est dit « secret ».",
            ),
        )
    ]
    for public in dict.fromkeys(each.public for each in found):
        rows = [each for each in found if each.public == public]
        blocks.append(Heading(PUBLICS.get(public, public.capitalize())))
        blocks.append(_table(story, public, rows))
    both = beside(story)
    if both:
        blocks.append(Heading("Le mesuré devant le vécu"))
        blocks.append(_measured_and_lived(story, both, found))
    if disagreements(story):
        blocks.append(
            Callout(
                Tone.FINDING,
                "Un désaccord est un constat",
                (
                    "Quand l’enquête contredit l’indicateur, aucun des deux n’est faux : ils ne regardent pas la même chose. "
                    "Le groupe de travail dit lequel éclaire la décision ; chaque désaccord est écrit en toutes lettres au "
                    "chapitre 12.",
                ),
            )
        )
    return blocks


def _measured_and_lived(
    story: Story, rows: Sequence[tuple[Cell, ...]], found: Sequence[Answer]
) -> TableBlock:
    measured = [name for _, name, _ in SUBJECTS if story.has(name)]
    note = story.note(*measured)
    local = tuple(dict.fromkeys(story.figures.citation(each.source) for each in found))
    return TableBlock(
        "mesure-et-vecu",
        "Ce que disent les indicateurs, ce que disent les enquêtes",
        ("Sujet", "Mesuré", "Valeur", "Vécu", "Réponse", "Lecture"),
        tuple(rows),
        (False, False, True, False, True, False),
        replace(note, sources=(*note.sources, *local)),
    )


def _table(story: Story, public: str, rows: Sequence[Answer]) -> TableBlock:
    cells: list[tuple[Cell, ...]] = []
    for each in rows:
        label = question_label(each)
        if each.text:
            label = f"{label} : « {each.text} »"
        cells.append(
            (label, answer_figure(story, each), answer_span(story, each), respondents(story, each))
        )
    return TableBlock(
        f"enquete-{public}",
        f"Résultats de l’enquête auprès des {PUBLICS.get(public, public).lower().removeprefix('les ')}",
        ("Question", "Résultat", "Intervalle ou quartiles", "Réponses"),
        tuple(cells),
        (False, True, True, True),
        SourceNote(
            tuple(dict.fromkeys(story.figures.citation(each.source) for each in rows)),
            notes=(
                "Part : intervalle à 95 % dû au nombre de réponses. Médiane : premier et troisième quartiles.",
            ),
        ),
    )


def _corrected(story: Story) -> list[Inline]:
    """Say what the figures become once corrected, beside those of the sources."""
    text: list[Inline] = []
    if story.has("mg_corrige") and story.has("mg_liberaux"):
        text += [
            " Corrigé localement, l’effectif de libéraux passe de ",
            story.fig("mg_liberaux"),
            f" (registre de {story.year('mg_liberaux')}) à ",
            story.fig("mg_corrige"),
        ]
        if story.has("mg_corrige_densite"):
            text += [", soit ", story.fig("mg_corrige_densite")]
        text.append(".")
    if story.has("apl_corrigee") and story.has("apl_recalculee"):
        text += [
            " L’APL recalculé passe de ",
            story.fig("apl_recalculee"),
            " à ",
            story.fig("apl_corrigee"),
            ", communes voisines comprises.",
        ]
    return text


def _corrected_map(story: Story) -> MapBlock | None:
    """Return the map of what the corrections change, neighbours included; None when nothing does."""
    if not story.has("apl_correction"):
        return None
    return choropleth(
        story,
        "carte-apl-correction",
        "Ce que les corrections du territoire changent à l’APL recalculé",
        "apl_correction",
        bounds=story.rule("diagnosis.maps.bounds")["apl_correction"],
        notes=(
            "Donnée locale. Un médecin qui part manque aussi aux communes voisines ; de 0,00 à moins de 0,01 : rien ne change.",
        ),
    )


def local_supply(story: Story) -> list[Block]:
    """Tell the local corrections of supply and the patients without a doctor, shown as local."""
    blocks: list[Block] = []
    fixed = corrected_supply(story.context, story.territory.communes)
    if fixed is not None:

        def one(what: str, count: int) -> Inline:
            return story.figures.local(
                f"local|correction.{what}|{story.territory.slug}|{fixed.year}",
                number(count),
                label=f"Corrections de l’offre : {what}",
                zone=story.territory.name,
                year=fixed.year,
                value=float(count),
                unit="",
                definition="Corrections de l’offre de médecins généralistes tenues par le territoire.",
                source=fixed.source,
                says_not=("Une annonce de départ ou d’arrivée n’est pas encore un fait.",),
            )

        blocks.append(
            Callout(
                Tone.LOCAL,
                "Ce que le territoire sait de ses médecins",
                (
                    "La liste locale signale ",
                    one("départs", fixed.closed),
                    f" {plural(fixed.closed, 'départ annoncé', 'départs annoncés')}, ",
                    one("temps réduits", fixed.reduced),
                    f" {plural(fixed.reduced, 'exercice à temps réduit', 'exercices à temps réduit')} et ",
                    one("arrivées", fixed.coming),
                    f" {plural(fixed.coming, 'arrivée attendue', 'arrivées attendues')}. "
                    "Les chiffres publiés ci-dessus ne les connaissent pas.",
                    *_corrected(story),
                ),
            )
        )
        drawn = _corrected_map(story)
        if drawn is not None:
            blocks.append(drawn)
    without = unregistered(story.context, story.territory.communes)
    if without is not None:
        figure = story.figures.local(
            f"local|sans_medecin_traitant|{story.territory.slug}|{without.year}",
            number(without.patients),
            label="Patients sans médecin traitant",
            zone=story.territory.name,
            year=without.year,
            value=float(without.patients),
            unit="patients",
            definition=f"Patients sans médecin traitant ({without.scope}), sommés sur les communes données par la caisse.",
            source=without.source,
            says_not=("Un médecin traitant déclaré peut avoir cessé son activité.",),
        )

        def counted(what: str, count: int) -> Inline:
            return story.figures.local(
                f"local|sans_medecin_traitant.{what}|{story.territory.slug}|{without.year}",
                number(count),
                label=f"Patients sans médecin traitant : communes {what}",
                zone=story.territory.name,
                year=without.year,
                value=float(count),
                unit="communes",
                definition="Communes que la caisse a données, ou dont elle tait l’effectif.",
                source=without.source,
            )

        text: list[Inline] = [
            figure,
            f" patients n’ont pas de médecin traitant ({without.scope}, {without.year}), dans les ",
            counted("données", without.zones),
            " communes que la caisse a données.",
        ]
        if without.hidden:
            text += [" ", counted("sous secret", without.hidden)]
            text.append(
                f" {plural(without.hidden, 'commune est', 'communes sont')} sous secret et "
                f"{plural(without.hidden, 'n’est pas comptée', 'ne sont pas comptées')} : le total est un minimum."
            )
        blocks.append(Callout(Tone.LOCAL, "Les patients sans médecin traitant", tuple(text)))
    return blocks


def build_projects(story: Story) -> Sequence[Block]:
    """Tell what local files know of projects: training practices, contracts and communities."""
    blocks: list[Block] = []
    hosts = training(story.context, story.territory.communes)
    if hosts is not None:

        def one(what: str, count: int) -> Inline:
            return story.figures.local(
                f"local|stage.{what}|{story.territory.slug}|{hosts.year}",
                number(count),
                label=f"Maîtres de stage : {what}",
                zone=story.territory.name,
                year=hosts.year,
                value=float(count),
                unit="",
                definition="Cabinets agréés pour accueillir des internes, places et internes accueillis.",
                source=hosts.source,
                says_not=("Une place agréée n’est pas toujours pourvue.",),
            )

        blocks += [
            Heading("L’accueil des internes"),
            Paragraph(
                (
                    f"En {hosts.year}, ",
                    one("cabinets", hosts.practices),
                    f" {plural(hosts.practices, 'cabinet accueille', 'cabinets accueillent')} des internes, avec ",
                    one("places", hosts.places),
                    f" {plural(hosts.places, 'place agréée', 'places agréées')} et ",
                    one("internes", hosts.interns),
                    f" {plural(hosts.interns, 'interne', 'internes')}. Un interne accueilli est parfois un médecin qui s’installe.",
                )
            ),
        ]
    contracts = covering(story.context, story.territory.communes)
    if contracts:
        blocks.append(Heading("Les cadres déjà signés"))
        blocks.append(
            Bullets(
                tuple(
                    (
                        f"{each.name} : ",
                        perimeter_count(story, each, "dans le territoire", each.inside),
                        f" {plural(each.inside, 'commune', 'communes')} du territoire sur les ",
                        perimeter_count(story, each, "en tout", each.communes),
                        " de son périmètre.",
                    )
                    for each in contracts
                )
            )
        )
    if blocks:
        blocks.append(
            Callout(
                Tone.LOCAL,
                "Une liste à compléter",
                (
                    "Ces cadres viennent de listes locales. Les projets, leurs porteurs, leurs financements et leurs effets "
                    "attendent le programme du groupe de travail.",
                ),
            )
        )
    return blocks


VOICES = Chapter(
    "paroles",
    10,
    "Les paroles des professionnels, des élus et des habitants",
    "Que disent ceux qui soignent, décident et se soignent ?",
    (
        Need(
            "une enquête auprès des médecins ou des habitants (délais, nouveaux patients, renoncements)",
            "le groupe de travail : un fichier « enquete_medecins.csv » ou « enquete_habitants.csv »",
            "Aucune enquête : ni les délais, ni les refus, ni les renoncements ne sont connus.",
        ),
        Need(
            "des entretiens",
            "le groupe de travail : guide d’entretien, consentement, pseudonymes",
            "Aucun entretien : personne n’a encore parlé dans ce diagnostic.",
        ),
    ),
    build_voices,
)
PROJECTS = Chapter(
    "projets",
    11,
    "Les projets existants",
    "Qu’a-t-on déjà lancé, et avec quel effet ?",
    (
        Need(
            "la liste des projets, de leurs porteurs et de leurs financeurs",
            "les EPCI, l’ARS, les CPTS et le groupe de travail",
            "Aucune liste de projets : ce qui est déjà lancé ici n’est pas connu.",
        ),
        Need(
            "les périmètres des CPTS et des contrats locaux de santé, les maîtres de stage",
            "l’ARS, la CPAM et la faculté de médecine (fichiers locaux)",
            "Ni les cadres signés ni l’accueil des internes ne sont dans le lac.",
        ),
    ),
    build_projects,
)
