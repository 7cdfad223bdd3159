"""Bring raw files home: each whole, checked and dated, or not at all; all failures told at once."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from assemblier.errors import BadInput, Cancelled, MissingSource, Problem
from assemblier.language import number
from assemblier.sources.card import Card, Edition, Resolve
from assemblier.sources.catalogue import Catalogue
from assemblier.sources.content import content_fault
from assemblier.sources.partial import discard, disk_full
from assemblier.sources.receipts import PARTIAL, Receipt, digest, read_receipt, write_receipt
from assemblier.sources.transfer import ClientOptions, Courier, Received, TransferFailure
from assemblier.whole_files import FULL

__all__ = ["Advance", "FetchReport", "Outcome", "fetch", "mirrored"]

Status = Literal["fetched", "unchanged", "kept", "by_hand", "failed"]
TOLD_EVERY = 0.1
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a fetch is: the edition under way, its rank, the bytes received and announced."""

    edition: str
    file: str
    rank: int
    count: int
    received: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one edition, with the French sentence that says it.

    ``status`` is ``fetched``, ``unchanged`` (the server or the receipt says it is the same),
    ``kept`` (put there or altered by hand, and left alone), ``by_hand`` (no address: the
    sentence says how to obtain it) or ``failed``.
    """

    edition: str
    file: str
    status: Status
    sentence: str
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What became of every edition that was asked for."""

    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Editions that are not at hand after all: failed, or to be obtained by hand."""
        return tuple(o for o in self.outcomes if o.status in {"failed", "by_hand"})

    @property
    def ok(self) -> bool:
        """Whether every edition is at hand."""
        return not self.failures

    @property
    def sentences(self) -> tuple[str, ...]:
        """One French sentence per edition, in the order asked."""
        return tuple(o.sentence for o in self.outcomes)

    def raise_for_failures(self) -> None:
        """Raise :class:`MissingSource` with every failure, if there is one."""
        if self.failures:
            raise MissingSource("\n".join(o.sentence for o in self.failures))


def fetch(
    editions: Iterable[Edition],
    into: Path,
    *,
    catalogue: Catalogue,
    mirror: str | Path | None = None,
    refresh: bool = False,
    progress: Callable[[Advance], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    options: ClientOptions | None = None,
) -> FetchReport:
    """Fetch editions into a folder of raw files.

    A file takes its place in one step, once it is whole and its content and digest are checked;
    until then what was there stays. A stop or a cut leaves a ``.partiel`` file, from which the
    next call resumes when the server allows it.

    Parameters
    ----------
    editions
        What to fetch; see :meth:`Catalogue.select` and :meth:`Catalogue.core`.
    into
        Folder of raw files, made if absent; a file lands at ``into / edition.file``.
    catalogue
        Where the cards of the editions are.
    mirror
        A folder laid out like `into`, or a base address that replaces scheme and host.
    refresh
        Fetch again even what is at hand, and replace what was put there by hand.
    progress
        Told how far the work is, at most ten times a second.
    cancelled
        Asked often; true stops the work.
    options
        Behaviour of the client.

    Returns
    -------
    FetchReport
        One outcome per edition, failures included: one failure does not stop the others.

    Raises
    ------
    BadInput
        When `mirror` is neither a folder nor an address, or `into` is not a folder.
    Cancelled
        When the person stopped; files already in place stay.
    """
    source = _mirror(mirror)
    if into.exists() and not into.is_dir():
        raise BadInput(Problem("ce n’est pas un dossier", file=str(into)))
    asked = tuple({edition.key: edition for edition in editions}.values())
    outcomes: list[Outcome] = []
    with Courier(options or ClientOptions(), cancelled) as courier:
        for rank, edition in enumerate(asked, start=1):
            job = _Job(
                edition=edition,
                card=catalogue.card(edition.card),
                path=into / edition.file,
                mirror=source,
                refresh=refresh,
                courier=courier,
                advance=_teller(progress, edition, rank, len(asked)),
            )
            try:
                outcomes.append(job.run())
            except Cancelled:
                done = sum(outcome.status == "fetched" for outcome in outcomes)
                raise Cancelled(
                    f"Téléchargement arrêté à « {edition.key} » : {done} fichier(s) en place sur "
                    f"{len(asked)} ; le fichier en cours reprendra où il en était."
                ) from None
    return FetchReport(tuple(outcomes))


def mirrored(address: str, base: str) -> str:
    """Return `address` with the scheme and host of `base`, and the path of `base` in front."""
    root, asked = urlsplit(base), urlsplit(address)
    return urlunsplit(
        (root.scheme, root.netloc, root.path.rstrip("/") + asked.path, asked.query, "")
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """One edition on its way."""

    edition: Edition
    card: Card
    path: Path
    mirror: str | Path | None
    refresh: bool
    courier: Courier
    advance: Callable[[int, int | None], None]

    def run(self) -> Outcome:
        self.courier.check()
        known: tuple[str | None, str | None] = (None, None)
        receipt = read_receipt(self.path) if self.path.exists() else None
        if self.path.exists() and not self.refresh:
            if receipt is None:
                return self._kept("déposé à la main, laissé tel quel")
            if receipt.sha256 != digest(self.path):
                return self._kept("modifié depuis son téléchargement, laissé tel quel")
            current = self.edition.sha256 in {None, receipt.sha256}
            if current and not self.edition.rolling:
                return self._unchanged(receipt)
            if current and not isinstance(self.mirror, Path):
                known = (receipt.etag, receipt.last_modified)
        try:
            return self._bring(known, receipt)
        except TransferFailure as failure:
            return self._failed(str(failure))
        except OSError as error:
            if error.errno in FULL:
                return self._failed(disk_full(self.path))
            return self._failed(f"écriture impossible dans {self.path.parent} ({error.strerror})")

    def _bring(self, known: tuple[str | None, str | None], receipt: Receipt | None) -> Outcome:
        part = self.path.with_name(self.path.name + PARTIAL)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.mirror, Path):
            address, received = None, self._copy(self.mirror, part)
        else:
            addresses = self._addresses()
            if not addresses:
                return self._by_hand()
            address, received = self._first(addresses, part, known)
        if received.unchanged and receipt is not None:
            return self._unchanged(receipt)
        fault = content_fault(part, self.edition.format)
        sha256 = digest(part)
        if fault is None and self.edition.sha256 not in {None, sha256}:
            fault = (
                "l’empreinte n’est pas celle de la fiche : fichier abîmé en route, ou remplacé "
                "par le producteur depuis"
            )
        if fault is not None:
            discard(part)
            return self._failed(fault)
        fresh = Receipt(
            file=self.edition.file,
            card=self.card.id,
            edition=self.edition.vintage,
            title=self.card.title,
            producer=self.card.producer,
            licence=self.card.licence.id,
            address=self.edition.address or address,
            final_address=received.final_address,
            mirror=str(self.mirror) if self.mirror is not None else None,
            fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
            sha256=sha256,
            size=part.stat().st_size,
            etag=received.etag,
            last_modified=received.last_modified,
            content_type=received.content_type,
        )
        write_receipt(self.path, fresh, part)
        discard(part)
        return Outcome(
            self.edition.key,
            self.edition.file,
            "fetched",
            f"{self.edition.key} : {self.edition.file} reçu ({number(fresh.size / 1e6, 1)} Mo).",
            fresh,
        )

    def _addresses(self) -> tuple[str, ...]:
        """Return every address to try, through the mirror if there is one."""
        addresses: list[str] = list(self.edition.addresses)
        faults: list[str] = []
        base = self.mirror if isinstance(self.mirror, str) else None
        if self.edition.resolve is not None:
            try:
                addresses.insert(0, self._resolved(self.edition.resolve, base))
            except TransferFailure as failure:
                faults.append(str(failure))
        if base is not None:
            addresses = [mirrored(address, base) for address in addresses]
            addresses.append(f"{base.rstrip('/')}/{self.edition.file}")
        if faults and not addresses:
            raise TransferFailure(f"adresse du jour introuvable : {faults[0]}")
        return tuple(addresses)

    def _resolved(self, resolve: Resolve, base: str | None) -> str:
        """Ask the catalogue of data.gouv.fr for today's address."""
        asked = mirrored(resolve.dataset, base) if base else resolve.dataset
        answer = self.courier.read_json(asked)
        resources: Sequence[Mapping[str, Any]] = (
            answer.get("resources", []) if isinstance(answer, dict) else []
        )
        pattern = re.compile(resolve.matches)
        found = [
            resource
            for resource in resources
            if pattern.search(str(resource.get("url", "")))
            or pattern.search(str(resource.get("title", "")))
        ]
        if not found:
            raise TransferFailure("le jeu de données n’a plus de fichier du nom attendu")
        newest = max(found, key=lambda r: str(r.get("last_modified") or r.get("created_at") or ""))
        return str(newest["url"])

    def _first(
        self, addresses: Sequence[str], part: Path, known: tuple[str | None, str | None]
    ) -> tuple[str, Received]:
        """Try each address until one gives the file; the first failure is the one told."""
        told: TransferFailure | None = None
        for address in addresses:
            try:
                received = self.courier.receive(
                    address,
                    part,
                    delay=(self.card.delay or 0.0) if self.mirror is None else 0.0,
                    known=known,
                    advance=self.advance,
                )
            except TransferFailure as failure:
                told = told or failure
                if not failure.gone:
                    break
            else:
                return address, received
        raise told or TransferFailure("aucune adresse")

    def _copy(self, folder: Path, part: Path) -> Received:
        """Copy from a mirror folder, in blocks."""
        origin = folder / self.edition.file
        if not origin.is_file():
            raise TransferFailure(f"absent du miroir {folder}")
        total, have = origin.stat().st_size, 0
        free = shutil.disk_usage(part.parent).free
        if total > free:
            raise TransferFailure(disk_full(part, total, free))
        with origin.open("rb") as source, part.open("wb") as target:
            while block := source.read(CHUNK):
                self.courier.check()
                target.write(block)
                have += len(block)
                self.advance(have, total)
        before = read_receipt(origin)
        if before is None:
            return Received(origin.as_posix(), None, None, None)
        return Received(
            before.final_address or origin.as_posix(),
            before.etag,
            before.last_modified,
            before.content_type,
        )

    def _unchanged(self, receipt: Receipt) -> Outcome:
        said = f"{self.edition.key} : {self.edition.file} déjà là, inchangé."
        return Outcome(self.edition.key, self.edition.file, "unchanged", said, receipt)

    def _kept(self, why: str) -> Outcome:
        said = (
            f"{self.edition.key} : {self.edition.file} {why} ; demander un nouveau "
            "téléchargement pour le remplacer."
        )
        return Outcome(self.edition.key, self.edition.file, "kept", said)

    def _by_hand(self) -> Outcome:
        said = f"{self.edition.key} : à obtenir à la main. {self.card.obtain}"
        if self.card.page:
            said += f" Page : {self.card.page}"
        said += f" Le déposer sous {self.path}."
        return Outcome(self.edition.key, self.edition.file, "by_hand", said)

    def _failed(self, why: str) -> Outcome:
        said = f"{self.edition.key} : {why}."
        if self.path.exists():
            said += " Le fichier déjà présent est gardé."
        page = f" ({self.card.page})" if self.card.page else ""
        said += (
            f" Réessayer plus tard, ou le télécharger à la main{page} et le déposer sous "
            f"{self.path}."
        )
        return Outcome(self.edition.key, self.edition.file, "failed", said)


def _mirror(mirror: str | Path | None) -> str | Path | None:
    if mirror is None or (isinstance(mirror, str) and re.match(r"https?://", mirror)):
        return mirror
    folder = Path(mirror)
    if not folder.is_dir():
        raise BadInput(
            Problem(
                "miroir introuvable",
                value=str(mirror),
                allowed="un dossier, ou une adresse http(s)://…",
            )
        )
    return folder


def _teller(
    progress: Callable[[Advance], None] | None, edition: Edition, rank: int, count: int
) -> Callable[[int, int | None], None]:
    last = -TOLD_EVERY

    def tell(received: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        if progress is None or (now - last < TOLD_EVERY and received != total):
            return
        last = now
        progress(Advance(edition.key, edition.file, rank, count, received, total))

    return tell
