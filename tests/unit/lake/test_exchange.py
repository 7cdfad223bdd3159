"""A lake handed over arrives whole or is refused, and leaves the lake of the other as it was."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from assemblier.errors import BadInput, MissingSource
from assemblier.lake.build import build
from assemblier.lake.exchange import export_lake, import_lake
from assemblier.lake.lake import Lake
from raw_files import write_more


@pytest.fixture
def handed(raw: Path, lake_folder: Path, tmp_path: Path) -> Path:
    return export_lake(build(raw, lake_folder), tmp_path)


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as opened:
        found = {}
        for member in opened.getmembers():
            stream = opened.extractfile(member)
            assert stream is not None
            found[member.name] = stream.read()
        return found


def packed(path: Path, content: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def test_there_and_back(handed: Path, lake_folder: Path, tmp_path: Path) -> None:
    sent = Lake.open(lake_folder)
    assert handed.name == f"assemblier-{sent.version}.lac.tar"
    got = import_lake(handed, tmp_path / "other")
    assert got.manifest == sent.manifest
    for part in sent.manifest.parts:
        assert got.path(part).read_bytes() == sent.path(part).read_bytes()
    assert Lake.open(tmp_path / "other").version == sent.version


def test_beside_another_version(handed: Path, raw: Path, tmp_path: Path) -> None:
    write_more(raw)
    other = build(raw, tmp_path / "other")
    got = import_lake(handed, tmp_path / "other")
    assert got.version != other.version
    older = Lake.open(tmp_path / "other", other.version)
    assert all(len(older.read(part)) == part.rows for part in older.manifest.parts)


def test_only_one_version_is_handed_over(raw: Path, lake_folder: Path, tmp_path: Path) -> None:
    first = build(raw, lake_folder)
    write_more(raw)
    build(raw, lake_folder)
    names = set(members(export_lake(first, tmp_path)))
    assert len(names) == len(first.manifest.parts) + 2


def refused(archive: Path, folder: Path) -> None:
    before = sorted(folder.rglob("*")) if folder.exists() else []
    with pytest.raises(BadInput, match="pas un lac de données complet"):
        import_lake(archive, folder)
    assert not (folder / "current").exists()
    assert not (folder / "versions").exists()
    assert not list(folder.rglob("*.tmp"))
    assert [path for path in before if not path.exists()] == []


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 0.5, 0.9, 0.999])
def test_cut_short(handed: Path, tmp_path: Path, share: float) -> None:
    content = handed.read_bytes().rstrip(b"\0")  # a tar ends with blocks of nothing
    cut = tmp_path / "cut.lac.tar"
    cut.write_bytes(content[: int(share * len(content))])
    refused(cut, tmp_path / "other")


def test_one_byte_changed(handed: Path, tmp_path: Path) -> None:
    content = bytearray(handed.read_bytes())
    content[512 + 100] ^= 0xFF  # inside the first object
    handed.write_bytes(bytes(content))
    refused(handed, tmp_path / "other")


@pytest.mark.parametrize("what", ["text", "zip", "foreign", "folder"])
def test_something_else(tmp_path: Path, what: str) -> None:
    path = tmp_path / "other.lac.tar"
    if what == "text":
        path.write_text("bonjour", encoding="utf-8")
    elif what == "zip":
        path.write_bytes(b"PK\x05\x06" + bytes(18))
    elif what == "foreign":
        packed(path, {"photo.jpg": b"abc"})
    else:
        path.mkdir()
    refused(path, tmp_path / "lake")


def test_a_member_missing(handed: Path, tmp_path: Path) -> None:
    content = members(handed)
    gone = next(name for name in content if name.startswith("objects/"))
    del content[gone]
    refused(packed(tmp_path / "less.tar", content), tmp_path / "other")
    hashes = json.loads(content["hashes.json"])
    del hashes[gone]
    content["hashes.json"] = json.dumps(hashes).encode()
    refused(packed(tmp_path / "lesser.tar", content), tmp_path / "another")


@pytest.mark.parametrize("version", ["../../outside", "/etc/x", "current", ""])
def test_a_version_that_is_a_path(handed: Path, tmp_path: Path, version: str) -> None:
    content = members(handed)
    manifest = json.loads(content["manifest.json"])
    manifest["version"] = version
    content["manifest.json"] = json.dumps(manifest).encode()
    refused(packed(tmp_path / "evil.tar", content), tmp_path / "deep" / "er" / "lake")
    assert not (tmp_path / "outside.json").exists()


def test_an_object_that_is_a_path(handed: Path, tmp_path: Path) -> None:
    content = members(handed)
    manifest = json.loads(content["manifest.json"])
    old = manifest["parts"][0]["object"]
    manifest["parts"][0]["object"] = "../../evil"
    text = {"manifest.json": json.dumps(manifest).encode()}
    hashes = json.loads(content["hashes.json"])
    name = f"objects/{old[:2]}/{old}.parquet"
    new = "objects/../../../evil.parquet"
    hashes[new] = hashes.pop(name)
    text["hashes.json"] = json.dumps(hashes).encode()
    text[new] = content.pop(name)
    refused(packed(tmp_path / "evil.tar", content | text), tmp_path / "deep" / "lake")
    assert not list(tmp_path.rglob("evil.parquet"))


def test_a_link_is_no_file(handed: Path, tmp_path: Path) -> None:
    content = members(handed)
    name = next(each for each in content if each.startswith("objects/"))
    path = tmp_path / "link.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo(name)
        info.type = tarfile.SYMTYPE
        info.linkname = "/etc/passwd"
        archive.addfile(info)
        for other, data in content.items():
            if other != name:
                info = tarfile.TarInfo(other)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    refused(path, tmp_path / "other")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingSource, match="n’existe pas"):
        import_lake(tmp_path / "rien.lac.tar", tmp_path / "lac")
    assert list(tmp_path.iterdir()) == []
