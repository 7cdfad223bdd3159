"""One file over HTTP: streamed, resumed, retried, polite; whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from assemblier import __version__
from assemblier.errors import Cancelled
from assemblier.sources.partial import (
    Note,
    begin,
    discard,
    disk_full,
    read_note,
    resume_headers,
    take_over,
)
from assemblier.whole_files import FULL

__all__ = ["ClientOptions", "Courier", "Received", "TransferFailure"]

CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
GONE = frozenset({404, 410})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How the client behaves; times in seconds.

    Attributes
    ----------
    connect_timeout, read_timeout
        Longest wait for a connection, and for the next bytes of an answer.
    attempts
        Failures in a row, without progress, after which a file is given up.
    backoff, backoff_max
        First pause after a failure, doubled each time, and its limit.
    retry_after_max
        Longest pause a server may ask for (``Retry-After``); beyond, the file is given up.
    host_delay
        Least time between two requests to one host.
    slowest
        Least rate, bytes per second over `read_timeout`, under which an answer is given up.
    progress_bytes
        Bytes gained since the last failure for it not to count as one more in a row.
    contact
        Address of the person or team, added to the User-Agent.
    """

    connect_timeout: float = 15.0
    read_timeout: float = 60.0
    attempts: int = 5
    backoff: float = 1.0
    backoff_max: float = 60.0
    retry_after_max: float = 120.0
    host_delay: float = 0.5
    slowest: float = 200.0
    progress_bytes: int = 1 << 20
    contact: str | None = None

    @property
    def user_agent(self) -> str:
        """Name under which servers know the program."""
        contact = f"; {self.contact}" if self.contact else ""
        return f"Assemblier/{__version__} (territorial health diagnosis, open source{contact})"


@dataclass(frozen=True, slots=True)
class Received:
    """A whole file, waiting under its partial name; ``unchanged`` when there was no need."""

    final_address: str
    etag: str | None
    last_modified: str | None
    content_type: str | None
    unchanged: bool = False


class TransferFailure(Exception):
    """A file cannot be had from this address; ``gone`` when another may have it."""

    def __init__(self, sentence: str, *, gone: bool = False) -> None:
        super().__init__(sentence)
        self.gone = gone


class _Again(Exception):
    """One attempt failed but another may not; ``after`` is the pause asked for."""

    def __init__(self, sentence: str, after: float | None = None) -> None:
        super().__init__(sentence)
        self.after = after


class Courier:
    """A client that knows its manners: one per fetch, closed at its end."""

    def __init__(self, options: ClientOptions, cancelled: Callable[[], bool] | None = None) -> None:
        self._options = options
        self._cancelled = cancelled or (lambda: False)
        self._last: dict[str, float] = {}
        self._run = uuid.uuid4().hex
        self._client = httpx.Client(
            follow_redirects=True,
            headers={"User-Agent": options.user_agent, "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(
                options.read_timeout, connect=options.connect_timeout, pool=options.connect_timeout
            ),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def read_json(self, address: str, delay: float = 0.0) -> Any:
        """Return a small JSON answer, with the same manners as for a file."""

        def attempt() -> Any:
            with self._client.stream(
                "GET", address, headers={"Accept": "application/json"}
            ) as response:
                _refuse(response, address)
                try:
                    return json.loads(response.read())
                except ValueError:
                    raise TransferFailure(
                        "le catalogue a répondu autre chose que du JSON"
                    ) from None

        return self._persist(attempt, address, delay, lambda: 0)

    def receive(
        self,
        address: str,
        part: Path,
        *,
        delay: float = 0.0,
        known: tuple[str | None, str | None] = (None, None),
        advance: Callable[[int, int | None], None] | None = None,
    ) -> Received:
        """Bring a file under its partial name, resuming what is already there.

        Parameters
        ----------
        address
            Where it is published.
        part
            Partial file, in its final folder; a note beside it allows a later resume.
        delay
            Least time between two requests to this host, seconds.
        known
            ETag and Last-Modified of the copy at hand: the server may answer that it is the same.
        advance
            Told the bytes received and the total, if announced.

        Raises
        ------
        TransferFailure
            With a French sentence; a partial file may stay, never a final one.
        Cancelled
            When the person stopped.
        """

        def attempt() -> Received:
            return self._attempt(address, part, known, advance)

        return self._persist(
            attempt, address, delay, lambda: part.stat().st_size if part.exists() else 0
        )

    def check(self) -> None:
        """Stop here if the person asked for it."""
        if self._cancelled():
            raise Cancelled("Téléchargement arrêté ; il reprendra où il en était.")

    def _persist(
        self, attempt: Callable[[], T], address: str, delay: float, size: Callable[[], int]
    ) -> T:
        options, failures, best = self._options, 0, size()
        while True:
            self._pace(address, max(delay, options.host_delay))
            try:
                return self._guarded(attempt)
            except _Again as again:
                if size() >= best + options.progress_bytes:
                    failures, best = 0, size()
                failures += 1
                if failures >= options.attempts:
                    raise TransferFailure(f"{again} ({failures} essais)") from None
                pause = min(options.backoff * 2 ** (failures - 1), options.backoff_max)
                if again.after is not None:
                    if again.after > options.retry_after_max:
                        raise TransferFailure(
                            f"{again} ; le serveur demande d’attendre {again.after:.0f} secondes"
                        ) from None
                    pause = again.after
                self._wait(pause)

    def _guarded(self, attempt: Callable[[], T]) -> T:
        try:
            return attempt()
        except httpx.ConnectTimeout:
            raise _Again("le serveur ne répond pas") from None
        except httpx.TimeoutException:
            seconds = self._options.read_timeout
            raise _Again(f"le serveur s’est tu plus de {seconds:g} secondes") from None
        except httpx.ConnectError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise TransferFailure(
                    "le certificat du serveur n’est pas reconnu ; si un pare-feu filtre les "
                    "connexions, indiquer son certificat par la variable SSL_CERT_FILE"
                ) from None
            raise _Again("connexion impossible (réseau, pare-feu ou serveur arrêté)") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects) as error:
            raise TransferFailure(f"adresse inutilisable ({error})", gone=True) from None
        except httpx.RequestError:
            raise _Again("la connexion a été coupée en route") from None

    def _attempt(
        self,
        address: str,
        part: Path,
        known: tuple[str | None, str | None],
        advance: Callable[[int, int | None], None] | None,
    ) -> Received:
        note = read_note(part)
        start, headers = resume_headers(part, note, address, self._run)
        if not start:
            etag, modified = known
            if etag:
                headers["If-None-Match"] = etag
            elif modified:
                headers["If-Modified-Since"] = modified
        with self._client.stream("GET", address, headers=headers) as response:
            told = response.headers
            result = Received(
                final_address=str(response.url),
                etag=told.get("etag"),
                last_modified=told.get("last-modified"),
                content_type=told.get("content-type"),
                unchanged=response.status_code == httpx.codes.NOT_MODIFIED,
            )
            if result.unchanged:
                return result
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                span = CONTENT_RANGE.fullmatch(told.get("content-range", ""))
                if span and span[3] == str(start):
                    return result  # it was already whole
                discard(part)
                raise _Again("reprise refusée par le serveur", 0.0)
            _refuse(response, address)
            if response.status_code == httpx.codes.PARTIAL_CONTENT:
                total = self._same_file(response, note, start, part)
                mine = Note(address, result.etag, result.last_modified, total, self._run)
                _on_disk(part, lambda: take_over(part, mine))
            else:
                start = 0
                length = told.get("content-length")
                plain = told.get("content-encoding", "identity") == "identity"
                total = int(length) if length and length.isdigit() and plain else None
                fresh = Note(address, result.etag, result.last_modified, total, self._run)
                _on_disk(part, lambda: begin(part, fresh))
            have = self._pour(response, part, start, total, advance)
        owner = read_note(part)
        if owner is None or owner.run != self._run:
            raise TransferFailure("un autre téléchargement du même fichier est en cours")
        if part.stat().st_size != have:
            discard(part)
            raise _Again("deux téléchargements se sont mêlés", 0.0)
        if total is not None and have != total:
            raise _Again(f"le fichier est arrivé coupé ({have} octets sur {total})")
        return result

    def _same_file(
        self, response: httpx.Response, note: Note | None, start: int, part: Path
    ) -> int | None:
        span = CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        total = int(span[3]) if span and span[3].isdigit() else None
        etag = response.headers.get("etag")
        same = (
            span is not None
            and note is not None
            and span[1] == str(start)
            and note.total in {None, total}
            and (not etag or not note.etag or etag == note.etag)
        )
        if not same:
            discard(part)
            raise _Again("le fichier a changé pendant le téléchargement", 0.0)
        return total

    def _pour(
        self,
        response: httpx.Response,
        part: Path,
        start: int,
        total: int | None,
        advance: Callable[[int, int | None], None] | None,
    ) -> int:
        encoded = response.headers.get("content-encoding", "identity") != "identity"
        stream = response.iter_bytes if encoded else response.iter_raw

        watch = self._watch(start)

        def pour() -> int:
            have = start
            free = shutil.disk_usage(part.parent).free
            if total is not None and total - start > free:
                raise TransferFailure(disk_full(part, total - start, free))
            with part.open("ab" if start else "wb") as handle:
                # No block size: httpx would hold bytes back, and lose them in a cut.
                for block in stream():
                    self.check()
                    handle.write(block)
                    have += len(block)
                    watch(have)
                    if advance is not None:
                        advance(have, total)
                handle.flush()
                os.fsync(handle.fileno())
            return have

        return _on_disk(part, pour)

    def _watch(self, have: int) -> Callable[[int], None]:
        """Return what to call with each count of bytes, to leave a server that only drips."""
        since, at, options = time.monotonic(), have, self._options

        def watch(now_have: int) -> None:
            nonlocal since, at
            elapsed = time.monotonic() - since
            if elapsed >= options.read_timeout:
                if now_have - at < options.slowest * elapsed:
                    raise _Again("le serveur n’envoie presque plus rien")
                since, at = time.monotonic(), now_have

        return watch

    def _pace(self, address: str, delay: float) -> None:
        host = httpx.URL(address).host
        since = time.monotonic() - self._last.get(host, -delay)
        self._wait(delay - since)
        self._last[host] = time.monotonic()

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.check()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
            self.check()


def _refuse(response: httpx.Response, address: str) -> None:
    """Turn an answer that is not a file into the sentence that says why."""
    status = response.status_code
    if httpx.URL(address).scheme == "https" and response.url.scheme != "https":
        raise TransferFailure("le serveur renvoie vers une adresse non chiffrée (http)", gone=True)
    if status in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
        return
    if status in RETRIED:
        what = "trop de demandes (429)" if status == 429 else f"le serveur est en panne ({status})"
        raise _Again(what, _retry_after(response.headers.get("retry-after")))
    if status in GONE:
        raise TransferFailure(f"il n’y a plus rien à cette adresse ({status})", gone=True)
    if status in {401, 403}:
        raise TransferFailure(f"le serveur refuse l’accès ({status})", gone=True)
    raise TransferFailure(f"réponse inattendue du serveur ({status})", gone=True)


def _retry_after(said: str | None) -> float | None:
    """Read ``Retry-After``: seconds or a date (RFC 9110, section 10.2.3)."""
    if not said:
        return None
    if said.strip().isdigit():
        return float(said)
    try:
        when = parsedate_to_datetime(said)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _on_disk(part: Path, work: Callable[[], T]) -> T:
    """Do some writing; word a full disk or a forbidden folder plainly."""
    try:
        return work()
    except OSError as error:
        if error.errno in FULL:
            discard(part)
            raise TransferFailure(disk_full(part)) from None
        raise TransferFailure(
            f"écriture impossible dans {part.parent} ({error.strerror})"
        ) from None
