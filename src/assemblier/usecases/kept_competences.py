"""Use cases of the matrix of competences that a territory keeps: start, edit, import, export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.parameters import load_parameters
from assemblier.perimeters.competence_files import (
    matrix_csv,
    matrix_text,
    read_competences,
    read_matrix,
    template,
)
from assemblier.perimeters.competences import Competences
from assemblier.usecases.territories import read_communes
from assemblier.whole_files import write_in_one_step
from assemblier.workspace.competences import (
    KeptCompetences,
    keep_competences,
    kept_competences,
)
from assemblier.workspace.store import Workspace
from assemblier.workspace.territories import kept_territory

__all__ = [
    "competences_history",
    "competences_of",
    "export_competences",
    "keep_competences_file",
    "set_perimeter",
    "set_role",
    "show_competences",
    "start_competences",
    "write_competences",
]


def start_competences(*, territory: str, workspace: Path | str) -> tuple[str, int]:
    """Keep the dated template as the first matrix of a territory; return slug and version.

    Raises
    ------
    BadInput
        When the territory has one already.
    """
    opened, slug = _opened(territory, workspace)
    if kept_competences(opened, slug):
        raise BadInput(
            Problem(
                "ce territoire a déjà une matrice des compétences",
                value=slug,
                advice="Modifiez-la : assemblier competences set, perimeter ou import.",
            )
        )
    matrix = read_matrix(template(), "competences.yaml")
    return slug, keep_competences(opened, slug, matrix_text(matrix), "point de départ")


def keep_competences_file(
    *, territory: str, file: Path, workspace: Path | str, why: str = ""
) -> tuple[str, int]:
    """Keep a matrix read from a file, YAML or CSV; return slug and version."""
    matrix = read_competences(file)
    opened, slug = _opened(territory, workspace)
    return slug, keep_competences(opened, slug, matrix_text(matrix), why or f"fichier {file.name}")


def set_role(
    *, territory: str, lever: str, holder: str, role: str, workspace: Path | str
) -> tuple[str, int]:
    """Change what a holder does for a lever; return slug and version."""
    opened, slug = _opened(territory, workspace)
    roles = load_parameters()["competences.roles"].latest
    if role not in roles:
        raise BadInput(Problem("rôle inconnu", value=role, allowed=", ".join(roles)))
    changed = _last(opened, slug).with_role(lever, holder, role)
    why = f"{lever}, {holder} : {role}"
    return slug, keep_competences(opened, slug, matrix_text(changed), why)


def set_perimeter(
    *,
    territory: str,
    holder: str,
    workspace: Path | str,
    grid: str | None = None,
    zones: Sequence[str] = (),
    communes: Path | None = None,
) -> tuple[str, int]:
    """Give a holder a perimeter: zones of a grid, or communes; return slug and version.

    Raises
    ------
    BadInput
        When both or neither are given.
    """
    if bool(grid and zones) == (communes is not None):
        raise BadInput(
            Problem(
                "périmètre d’un détenteur",
                allowed="une grille et ses zones, ou des communes",
                advice="Donnez --grid et --zone, ou --communes.",
            )
        )
    opened, slug = _opened(territory, workspace)
    changed = _last(opened, slug).with_perimeter(
        holder,
        grid=grid,
        zones=zones,
        communes=None if communes is None else tuple(read_communes(communes).lines),
    )
    return slug, keep_competences(opened, slug, matrix_text(changed), f"périmètre de {holder}")


def export_competences(
    *, territory: str, workspace: Path | str, out: Path, replace: bool = False
) -> Path:
    """Write the matrix of a territory: a CSV sheet, or YAML, as the name of the file says.

    Raises
    ------
    BadInput
        When the file is there with something else in it and ``replace`` is not asked: it may be a
        matrix that somebody filled.
    """
    opened, slug = _opened(territory, workspace)
    matrix = _last(opened, slug)
    if out.suffix.lower() == ".csv":
        # the mark tells a spreadsheet that the text is UTF-8
        return _given(out, matrix_csv(matrix).encode("utf-8-sig"), replace=replace)
    return _given(out, matrix_text(matrix).encode(), replace=replace)


def write_competences(*, out: Path, replace: bool = False) -> Path:
    """Write the template of the matrix of competences, to be filled.

    Raises
    ------
    BadInput
        When the file is there with something else in it and ``replace`` is not asked.
    """
    return _given(out, template().encode(), replace=replace)


def _given(out: Path, content: bytes, *, replace: bool) -> Path:
    if out.exists() and not replace and (out.is_dir() or out.read_bytes() != content):
        raise BadInput(
            Problem(
                "un fichier de ce nom existe déjà et contient autre chose ; il est intact",
                file=str(out),
                advice="Donnez un autre nom. S’il a été rempli, gardez-le d’abord (assemblier "
                "competences import) ; --replace l’écrase.",
            )
        )
    write_in_one_step(out, content)
    return out


def competences_history(*, territory: str, workspace: Path | str) -> list[KeptCompetences]:
    """Return every version of the matrix of a territory, oldest first."""
    return kept_competences(*_opened(territory, workspace))


def show_competences(*, territory: str, workspace: Path | str) -> tuple[int, Competences]:
    """Return the last version of the matrix of a territory, and its number."""
    opened, slug = _opened(territory, workspace)
    matrix = _last(opened, slug)
    return kept_competences(opened, slug)[-1].number, matrix


def competences_of(workspace: Path | str, slug: str) -> Competences | None:
    """Return the matrix kept for a territory; None without one, or without a workspace.

    Raises
    ------
    BadInput
        When what an older program kept is no longer read.
    """
    try:
        opened = Workspace.open(workspace)
    except MissingSource:
        return None
    return _last(opened, slug) if kept_competences(opened, slug) else None


def _opened(territory: str, workspace: Path | str) -> tuple[Workspace, str]:
    opened = Workspace.open(workspace)
    return opened, kept_territory(opened, territory).slug


def _last(workspace: Workspace, slug: str) -> Competences:
    versions = kept_competences(workspace, slug)
    if not versions:
        raise MissingSource(
            f"Aucune matrice des compétences pour {slug}. Commencez-la : "
            f"assemblier competences start {slug}"
        )
    return read_matrix(versions[-1].text, f"matrice gardée de {slug}.yaml")
