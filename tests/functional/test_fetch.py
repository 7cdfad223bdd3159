"""Fetching from a server that misbehaves in every way a producer's server was seen to."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import itertools
import json
import os
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from assemblier.errors import BadInput, Cancelled, MissingSource
from assemblier.sources.card import Edition, Resolve
from assemblier.sources.catalogue import Catalogue
from assemblier.sources.fetch import FetchReport, fetch, mirrored
from assemblier.sources.receipts import read_receipt, verify
from assemblier.sources.transfer import ClientOptions

pytestmark = pytest.mark.timeout(60)

BODY = b"code;nom\n" + b"".join(b"%05d;commune %d\n" % (n, n) for n in range(200_000))
QUICK = ClientOptions(connect_timeout=10, read_timeout=10, attempts=3, backoff=0.01, host_delay=0.0)
HTML = b"\n<!DOCTYPE html><html><body>Maintenance en cours</body></html>"


def _zip(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


class Producer(ThreadingHTTPServer):
    """A producer's site: what each address does, call after call, and what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls: list[tuple[str, dict[str, str], float]] = []
        self.script: dict[str, list[str]] = {}
        self.bodies: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def asked(self, path: str) -> list[dict[str, str]]:
        return [headers for called, headers, _ in self.calls if called == path]

    def handle_error(self, request: object, client_address: object) -> None:
        """Broken pipes are part of the play."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Producer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""

    def do_GET(self) -> None:
        site = self.server
        site.calls.append(
            (self.path, {k.lower(): v for k, v in self.headers.items()}, time.monotonic())
        )
        script = site.script.get(self.path, ["ok"])
        act = script.pop(0) if len(script) > 1 else script[0]
        verb, _, detail = act.partition(":")
        body = site.bodies.get(self.path, BODY)
        extra = dict(site.headers.get(self.path, {}))
        if verb in {"404", "403", "429", "500", "503"}:
            self.answer(int(verb), b"", {"Retry-After": detail} if detail else {})
        elif verb == "html":
            self.answer(200, HTML, {"Content-Type": "text/html"})
        elif verb == "redirect":
            self.answer(302, b"", {"Location": detail})
        elif verb == "cut":  # announces all, gives some, hangs up
            self.answer(200, body, extra, stop=int(detail))
        elif verb == "drip":  # gives some, then falls silent
            self.answer(200, body, extra, stop=int(detail), silent=True)
        elif verb == "dribble":  # never silent for long, never done
            self.answer(200, body, extra, stop=5000, dribble=True)
        elif verb == "short":  # announces too little: the end is missing and nothing tells
            self.answer(200, body[: int(detail)], extra)
        elif verb == "norange":
            self.answer(200, body, extra)
        elif verb == "gzipped":
            self.answer(200, gzip.compress(body), extra | {"Content-Encoding": "gzip"})
        else:
            self.ranged(body, extra)

    def ranged(self, body: bytes, extra: dict[str, str]) -> None:
        etag = extra.get("ETag")
        if etag and self.headers.get("If-None-Match") == etag:
            return self.answer(304, b"", extra)
        asked = self.headers.get("Range")
        held = self.headers.get("If-Range")
        if asked and held in {None, etag, extra.get("Last-Modified")}:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                return self.answer(416, b"", extra | {"Content-Range": f"bytes */{len(body)}"})
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            return self.answer(206, body[start:], extra | {"Content-Range": span})
        return self.answer(200, body, extra)

    def answer(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str],
        *,
        stop: int | None = None,
        silent: bool = False,
        dribble: bool = False,
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if stop is None else body[:stop])
        if stop is not None:
            self.wfile.flush()
            for n in range(400 if dribble else 0):
                time.sleep(0.05)
                self.wfile.write(body[stop + n : stop + n + 1])
            if silent:
                time.sleep(1.0)
            self.close_connection = True


@pytest.fixture
def site() -> Iterator[Producer]:
    server = Producer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture
def edition(site: Producer) -> Edition:
    """A fixed CSV with a known address."""
    return Edition(
        card="insee-cog",
        vintage="2026",
        period="2026-01-01",
        cog=2026,
        cog_status="known",
        address=f"{site.base}/cog.csv",
        seen="code",
        alternates=(),
        resolve=None,
        file="insee/cog.csv",
        format="csv",
        sha256=None,
        rolling=False,
        size_mb=None,
        note=None,
    )


@pytest.fixture
def get(catalogue: Catalogue, tmp_path: Path):
    def run(*editions: Edition, **options: object) -> FetchReport:
        options.setdefault("options", QUICK)
        return fetch(editions, tmp_path / "brut", catalogue=catalogue, **options)  # type: ignore[arg-type]

    return run


def left(tmp_path: Path) -> set[str]:
    """Return the names of all files in the raw folder."""
    return {p.name for p in (tmp_path / "brut").rglob("*") if p.is_file()}


def test_whole_file_lands_with_its_receipt(site, edition, get, tmp_path) -> None:
    site.headers["/cog.csv"] = {"ETag": '"v1"', "Last-Modified": "Wed, 01 Jul 2026 10:00:00 GMT"}
    report = get(edition)
    assert report.ok
    landed = tmp_path / "brut" / "insee" / "cog.csv"
    assert landed.read_bytes() == BODY
    receipt = read_receipt(landed)
    assert receipt is not None
    assert receipt.sha256 == hashlib.sha256(BODY).hexdigest()
    assert (receipt.size, receipt.etag) == (len(BODY), '"v1"')
    assert (receipt.card, receipt.edition, receipt.licence) == ("insee-cog", "2026", "insee")
    assert receipt.last_modified == "Wed, 01 Jul 2026 10:00:00 GMT"
    assert datetime.fromisoformat(receipt.fetched_at).tzinfo is not None
    assert left(tmp_path) == {"cog.csv", "cog.csv.provenance.json"}
    [headers] = site.asked("/cog.csv")
    assert headers["user-agent"].startswith("Assemblier/")
    assert headers["accept-encoding"] == "identity"


def test_fixed_edition_at_hand_asks_nothing(site, edition, get) -> None:
    get(edition)
    assert get(edition).outcomes[0].status == "unchanged"
    assert len(site.calls) == 1


def test_rolling_edition_is_asked_with_its_etag(site, edition, get, tmp_path) -> None:
    rolling = replace(edition, rolling=True)
    site.headers["/cog.csv"] = {"ETag": '"v1"'}
    get(rolling)
    assert get(rolling).outcomes[0].status == "unchanged"
    assert site.asked("/cog.csv")[1]["if-none-match"] == '"v1"'
    site.headers["/cog.csv"] = {"ETag": '"v2"'}
    site.bodies["/cog.csv"] = b"code;nom\n01001;nouveau\n"
    assert get(rolling).outcomes[0].status == "fetched"
    assert b"nouveau" in (tmp_path / "brut/insee/cog.csv").read_bytes()


def test_dropped_midway_resumes_where_it_was(site, edition, get, tmp_path) -> None:
    site.headers["/cog.csv"] = {"ETag": '"v1"'}
    site.script["/cog.csv"] = ["cut:1000000", "ok"]
    assert get(edition).ok
    first, second = site.asked("/cog.csv")
    assert "range" not in first
    assert int(second["range"].removeprefix("bytes=").removesuffix("-")) > 0
    assert second["if-range"] == '"v1"'
    assert (tmp_path / "brut/insee/cog.csv").read_bytes() == BODY


def test_resume_without_validator_only_within_one_run(site, edition, get, tmp_path) -> None:
    site.script["/cog.csv"] = ["cut:1000000", "cut:1000000", "cut:1000000", "norange"]
    assert not get(edition, options=replace(QUICK, attempts=1)).ok
    assert get(edition).ok
    asked = site.asked("/cog.csv")
    assert "range" not in asked[1], "another run must not trust bytes without a validator"
    assert "range" in asked[2]
    assert "if-range" not in asked[2]
    assert (tmp_path / "brut/insee/cog.csv").read_bytes() == BODY


def test_resume_of_a_changed_file_starts_again(site, edition, get, tmp_path) -> None:
    site.headers["/cog.csv"] = {"ETag": '"v1"'}
    site.script["/cog.csv"] = ["cut:1000000"]
    assert not get(edition, options=replace(QUICK, attempts=1)).ok
    site.script["/cog.csv"] = ["ok"]
    site.headers["/cog.csv"] = {"ETag": '"v2"'}
    site.bodies["/cog.csv"] = BODY.replace(b"commune", b"village")
    assert get(edition).ok
    assert site.asked("/cog.csv")[1]["if-range"] == '"v1"'
    assert (tmp_path / "brut/insee/cog.csv").read_bytes() == site.bodies["/cog.csv"]


def test_server_that_ignores_range(site, edition, get, tmp_path) -> None:
    site.headers["/cog.csv"] = {"ETag": '"v1"'}
    site.script["/cog.csv"] = ["cut:500000", "norange"]
    assert get(edition).ok
    assert (tmp_path / "brut/insee/cog.csv").read_bytes() == BODY


def test_whole_partial_file_is_recognised(site, edition, get, tmp_path) -> None:
    """Stopped after the last byte and before the renaming: 416 with the same total."""
    site.headers["/cog.csv"] = {"ETag": '"v1"'}
    folder = tmp_path / "brut" / "insee"
    folder.mkdir(parents=True)
    (folder / "cog.csv.partiel").write_bytes(BODY)
    note = {
        "address": edition.address,
        "etag": '"v1"',
        "last_modified": None,
        "total": len(BODY),
        "run": "before",
    }
    (folder / "cog.csv.partiel.json").write_text(json.dumps(note))
    assert get(edition).ok
    assert (folder / "cog.csv").read_bytes() == BODY
    assert site.asked("/cog.csv")[0]["range"] == f"bytes={len(BODY)}-"


@pytest.mark.parametrize(("act", "patience"), [("cut:5000", 10), ("drip:5000", 0.2)])
def test_truncation_and_silence_leave_no_half_file(
    site, edition, get, tmp_path, act, patience
) -> None:
    site.script["/cog.csv"] = [act]
    options = replace(QUICK, attempts=2, read_timeout=patience)
    [outcome] = get(edition, options=options).outcomes
    assert outcome.status == "failed"
    assert "cog.csv" not in left(tmp_path)
    assert "insee-cog@2026" in outcome.sentence
    expected = "tu plus de 0.2" if act.startswith("drip") else "coupé"
    assert expected in outcome.sentence


def test_server_that_only_drips_is_left(site, edition, get, tmp_path) -> None:
    site.headers["/cog.csv"] = {"ETag": '"v1"'}
    site.script["/cog.csv"] = ["dribble", "ok"]
    begun = time.monotonic()
    assert get(edition, options=replace(QUICK, slowest=50_000.0, read_timeout=1.0)).ok
    assert time.monotonic() - begun < 15, "twenty seconds of drops were waited for"
    assert (tmp_path / "brut/insee/cog.csv").read_bytes() == BODY


def test_what_was_there_stays(site, edition, get, tmp_path) -> None:
    rolling = replace(edition, rolling=True)
    get(rolling)
    site.bodies["/cog.csv"] = BODY * 2
    for act in ("cut:1000", "404", "500", "html", "redirect:http://127.0.0.1:9/x"):
        site.script["/cog.csv"] = [act]
        [outcome] = get(rolling).outcomes
        assert outcome.status == "failed", act
        assert "gardé" in outcome.sentence
        assert (tmp_path / "brut/insee/cog.csv").read_bytes() == BODY
    assert verify(tmp_path / "brut").ok


@pytest.mark.parametrize("act", ["429:0", "500", "503:0"])
def test_passing_trouble_is_retried(site, edition, get, act) -> None:
    site.script["/cog.csv"] = [act, act, "ok"]
    assert get(edition).ok
    assert len(site.calls) == 3


def test_retry_after_is_obeyed_in_seconds_and_as_a_date(site, edition, get) -> None:
    site.script["/cog.csv"] = ["429:1", "ok"]
    assert get(edition).ok
    assert site.calls[1][2] - site.calls[0][2] >= 1.0
    site.script["/cog.csv"] = [
        "503:" + format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    ]
    [outcome] = get(edition, refresh=True).outcomes
    assert outcome.status == "failed"
    assert "attendre" in outcome.sentence
    assert len(site.calls) == 3, "a pause beyond the limit is not waited for"


def test_missing_address_is_not_retried_and_the_next_one_is_tried(site, edition, get) -> None:
    site.script["/cog.csv"] = ["404"]
    [outcome] = get(edition).outcomes
    assert outcome.status == "failed"
    assert "404" in outcome.sentence
    assert len(site.calls) == 1
    renamed = replace(edition, alternates=(f"{site.base}/ancien.csv",))
    assert get(renamed).ok


def test_redirection_is_followed_and_recorded(site, edition, get, tmp_path) -> None:
    site.script["/cog.csv"] = ["redirect:/ailleurs.csv"]
    assert get(edition).ok
    receipt = read_receipt(tmp_path / "brut/insee/cog.csv")
    assert receipt is not None
    assert receipt.final_address == f"{site.base}/ailleurs.csv"
    assert receipt.address == edition.address


def test_endless_redirection_fails_clearly(site, edition, get) -> None:
    site.script["/cog.csv"] = ["redirect:/cog.csv"]
    [outcome] = get(edition).outcomes
    assert outcome.status == "failed"


def test_wrong_digest_is_refused(site, edition, get, tmp_path) -> None:
    good = replace(edition, sha256=hashlib.sha256(BODY).hexdigest())
    assert get(good).ok
    wrong = replace(edition, file="insee/autre.csv", sha256="0" * 64)
    [outcome] = get(wrong).outcomes
    assert outcome.status == "failed"
    assert "empreinte" in outcome.sentence
    assert "autre.csv" not in left(tmp_path)
    assert not [name for name in left(tmp_path) if "partiel" in name]


@pytest.mark.parametrize("kind", ["csv", "zip", "xlsx", "json", "parquet", "json.gz", "pbf"])
def test_html_page_instead_of_data(site, edition, get, tmp_path, kind) -> None:
    site.script["/cog.csv"] = ["html"]
    [outcome] = get(replace(edition, format=kind)).outcomes
    assert outcome.status == "failed"
    assert "HTML" in outcome.sentence
    assert "à la main" in outcome.sentence
    assert left(tmp_path) == set()


def test_truncated_zip_whose_size_was_not_betrayed(site, edition, get, tmp_path) -> None:
    site.bodies["/cog.csv"] = _zip(**{"a.csv": BODY})
    archive = replace(edition, format="zip", file="insee/cog.zip")
    site.script["/cog.csv"] = ["short:5000"]
    [outcome] = get(archive).outcomes
    assert outcome.status == "failed"
    assert "coupé" in outcome.sentence
    assert "cog.zip" not in left(tmp_path)
    site.script["/cog.csv"] = ["ok"]
    assert get(archive).ok


def test_content_encoding_is_undone(site, edition, get, tmp_path) -> None:
    site.script["/cog.csv"] = ["gzipped"]
    assert get(edition).ok
    assert (tmp_path / "brut/insee/cog.csv").read_bytes() == BODY


def test_all_failures_are_told_at_once(site, edition, get) -> None:
    site.script |= {"/a": ["404"], "/b": ["html"]}
    editions = [
        replace(edition, vintage=v, address=f"{site.base}/{v}", file=f"insee/{v}.csv")
        for v in ("a", "b", "c")
    ]
    by_hand = replace(edition, vintage="m", address=None, seen=None, file="insee/m.csv")
    report = get(*editions, by_hand)
    assert [o.status for o in report.outcomes] == ["failed", "failed", "fetched", "by_hand"]
    with pytest.raises(MissingSource) as told:
        report.raise_for_failures()
    assert str(told.value).count("insee-cog@") == 3
    assert len(report.sentences) == 4


def test_stopped_in_the_middle_then_resumed(site, edition, get, tmp_path) -> None:
    site.headers["/cog.csv"] = {"ETag": '"v1"'}
    seen: list[int] = []
    with pytest.raises(Cancelled, match="reprendra"):
        get(
            edition,
            progress=lambda a: seen.append(a.received),
            cancelled=lambda: bool(seen),
        )
    assert "cog.csv" not in left(tmp_path)
    assert "cog.csv.partiel" in left(tmp_path)
    held = (tmp_path / "brut/insee/cog.csv.partiel").stat().st_size
    assert 0 < held < len(BODY)
    assert [c.health for c in verify(tmp_path / "brut").checkups] == ["partial", "partial"]
    assert get(edition).ok
    assert site.asked("/cog.csv")[1]["range"] == f"bytes={held}-"
    assert left(tmp_path) == {"cog.csv", "cog.csv.provenance.json"}


def test_two_fetches_of_one_file_never_mix(site, edition, get, tmp_path) -> None:
    """Another run takes the partial file over: the first gives up, the second is whole."""
    others: list[FetchReport] = []

    def meanwhile(_: object) -> None:
        if not others:
            others.append(FetchReport(()))  # the inner fetch also tells its progress
            others[0] = get(edition)

    first = get(edition, progress=meanwhile)
    assert others[0].ok
    assert [o.status for o in first.outcomes] == ["failed"]
    assert "un autre téléchargement" in first.sentences[0]
    assert (tmp_path / "brut/insee/cog.csv").read_bytes() == BODY
    assert verify(tmp_path / "brut").ok


def test_stop_interrupts_a_pause(site, edition, get) -> None:
    site.script["/cog.csv"] = ["503:30"]
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        get(edition, cancelled=lambda: time.monotonic() - begun > 0.3)
    assert time.monotonic() - begun < 20, "the half minute asked was waited for"


def test_progress_tells_rank_and_bytes(edition, get) -> None:
    told = []
    get(edition, progress=told.append)
    assert told[-1].received == told[-1].total == len(BODY)
    assert (told[-1].rank, told[-1].count, told[-1].edition) == (1, 1, "insee-cog@2026")


def test_hosts_are_spared(site, edition, get) -> None:
    editions = [replace(edition, vintage=str(n), file=f"insee/{n}.csv") for n in range(3)]
    get(*editions, options=replace(QUICK, host_delay=0.2))
    times = [at for _, _, at in site.calls]
    assert (
        min(b - a for a, b in itertools.pairwise(times)) >= 0.15
    )  # as the server sees them, on a busy machine


def test_today_s_address_is_read_in_the_catalogue(site, edition, get, tmp_path) -> None:
    site.bodies["/api/1/datasets/x/"] = json.dumps(
        {
            "resources": [
                {"url": f"{site.base}/zonages_com_1.csv", "last_modified": "2026-01-02"},
                {"url": f"{site.base}/zonages_com_2.csv", "last_modified": "2026-07-30"},
                {"url": f"{site.base}/zonages_qpv.csv", "last_modified": "2026-08-01"},
            ]
        }
    ).encode()
    found = Resolve(f"{site.base}/api/1/datasets/x/", "zonages[-_]com")
    dated = replace(edition, address=None, seen=None, resolve=found)
    assert get(dated).ok
    receipt = read_receipt(tmp_path / "brut/insee/cog.csv")
    assert receipt is not None
    assert receipt.address == f"{site.base}/zonages_com_2.csv"
    lost = replace(dated, resolve=Resolve(found.dataset, "autre"), file="insee/b.csv")
    assert "nom attendu" in get(lost).outcomes[0].sentence


def test_mirror_address_replaces_the_host(site, edition, get) -> None:
    away = replace(edition, address="https://producteur.invalid/fichiers/cog.csv?x=1")
    assert get(away, mirror=f"{site.base}/miroir").ok
    assert site.calls[0][0] == "/miroir/fichiers/cog.csv?x=1"
    assert mirrored("https://a.fr/b?c=d", "http://h:1/m/") == "http://h:1/m/b?c=d"


def test_mirror_folder_is_checked_like_the_network(site, edition, get, tmp_path) -> None:
    mirror = tmp_path / "miroir"
    get(edition)
    shutil.copytree(tmp_path / "brut", mirror)
    shutil.rmtree(tmp_path / "brut")
    away = replace(edition, address="https://producteur.invalid/cog.csv")
    assert get(away, mirror=mirror).ok
    assert len(site.calls) == 1
    receipt = read_receipt(tmp_path / "brut/insee/cog.csv")
    assert receipt is not None
    assert receipt.mirror == str(mirror)
    (mirror / "insee" / "cog.csv").write_bytes(HTML)
    [outcome] = get(away, mirror=mirror, refresh=True).outcomes
    assert outcome.status == "failed"
    assert (tmp_path / "brut/insee/cog.csv").read_bytes() == BODY
    [absent] = get(replace(away, file="insee/x.csv"), mirror=mirror).outcomes
    assert "absent du miroir" in absent.sentence
    with pytest.raises(BadInput, match="miroir introuvable"):
        get(away, mirror=tmp_path / "nulle-part")


def test_files_put_there_by_hand_are_left_alone(site, edition, get, tmp_path) -> None:
    landed = tmp_path / "brut" / "insee" / "cog.csv"
    landed.parent.mkdir(parents=True)
    landed.write_bytes(b"code;nom\n1;a\n")
    assert get(edition).outcomes[0].status == "kept"
    assert site.calls == []
    assert get(edition, refresh=True).outcomes[0].status == "fetched"
    landed.write_bytes(b"code;nom\n2;b\n")
    assert get(edition).outcomes[0].status == "kept"
    assert [c.health for c in verify(tmp_path / "brut").checkups] == ["changed"]


def test_disk_announced_too_small(edition, get, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(10, 9, 1))
    [outcome] = get(edition).outcomes
    assert outcome.status == "failed"
    assert "disque est plein" in outcome.sentence
    assert "cog.csv" not in left(tmp_path)


def test_disk_full_on_the_way(edition, get, tmp_path, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    [outcome] = get(edition).outcomes
    assert "disque est plein" in outcome.sentence
    assert left(tmp_path) == set(), "the half file gives its room back"


def test_stop_between_the_two_renamings_is_mended(edition, get, tmp_path) -> None:
    get(edition)
    landed = tmp_path / "brut" / "insee" / "cog.csv"
    receipt = landed.with_name("cog.csv.provenance.json")
    receipt.rename(landed.with_name("cog.csv.provenance.json.partiel"))
    assert get(edition).outcomes[0].status == "unchanged"
    assert receipt.exists()


def test_verify_tells_each_fault(edition, get, tmp_path) -> None:
    get(*[replace(edition, vintage=v, file=f"insee/{v}.csv") for v in ("a", "b", "c")])
    folder = tmp_path / "brut"
    assert verify(folder).ok
    with (folder / "insee/a.csv").open("r+b") as handle:
        handle.write(b"X")
    (folder / "insee/b.csv").unlink()
    (folder / "insee/c.csv.provenance.json").write_text("{")
    (folder / "insee/d.csv").write_text("x")
    health = {c.file: c.health for c in verify(folder).checkups}
    assert health == {
        "insee/a.csv": "changed",
        "insee/b.csv": "missing",
        "insee/c.csv": "unreadable",
        "insee/d.csv": "unknown",
    }
    assert len(verify(folder).faults) == 3
    with pytest.raises(MissingSource):
        verify(folder / "rien")


@pytest.mark.real
def test_real_files_pass_the_checks_from_a_mirror_folder(
    catalogue, get, tmp_path, real_data
) -> None:
    at_hand = [e for e in catalogue.editions if (real_data / e.file).exists()]
    assert len(at_hand) > 50
    report = get(*at_hand, mirror=real_data)
    assert report.failures == ()
    assert verify(tmp_path / "brut").ok
    for edition in at_hand:
        assert (tmp_path / "brut" / edition.file).stat().st_size == (
            real_data / edition.file
        ).stat().st_size


class _Usage:
    def __init__(self, total: int, used: int, free: int) -> None:
        self.total, self.used, self.free = total, used, free
