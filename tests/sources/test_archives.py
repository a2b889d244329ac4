"""Archives say what the folder says that was packed; what is wrong with one is told, and the rest of it is read."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import execute, running
from tests.support.runs import check

NODE = b"apiVersion: v1\nkind: Node\nmetadata: {name: %s}\nspec: {podCIDRs: [10.%d.0.0/24]}\n"
FILES = {
    "a.yaml": NODE % (b"a", 1),
    "sub/b.yaml": NODE % (b"b", 1),
    "sub/c.json": b'{"apiVersion":"v1","kind":"Node","metadata":{"name":"c"},"spec":{"podCIDRs":["10.1.0.0/25"]}}',
    "sub/d.yaml.gz": gzip.compress(NODE % (b"d", 2)),
    "readme.txt": b"apiVersion: v1\nkind: Node\nmetadata: {name: e}\nspec: {podCIDRs: [10.1.0.0/24]}\n",
    "values.yaml": b"replicas: 3\n",
}
SELECT = ("--select", "input,overlapping-pod-cidrs")
ALL = (
    "%s/a.yaml:4:19: error: overlapping-pod-cidrs: Node a spec.podCIDRs[0]: "
    "10.1.0.0/24 of Node a overlaps 10.1.0.0/24 of Node b and 10.1.0.0/25 of Node c\n"
)
WITHOUT_A = (
    "%s/sub/b.yaml:4:19: error: overlapping-pod-cidrs: Node b spec.podCIDRs[0]: "
    "10.1.0.0/24 of Node b overlaps 10.1.0.0/25 of Node c\n"
)
NOTHING = "-: skip: overlapping-pod-cidrs: no Node in the input\n-: error: %s: no Kubernetes object in it\n"


def tar(files: dict[str, bytes | tarfile.TarInfo], mode: str = "w") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


PACKED: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "x.tar": tar,
    "x.tar.gz": lambda files: tar(files, "w:gz"),
    "x.tgz": lambda files: gzip.compress(tar(files)),
    "x.zip": zipped,
    "stored.zip": lambda files: zipped(files, zipfile.ZIP_STORED),
    "named-as-they-like": tar,
}
formats = pytest.mark.parametrize("name", PACKED)


def unpacked(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def found(folder: Path, name: str, content: bytes) -> tuple[int, str]:
    (folder / name).write_bytes(content)
    run = check(folder, name, *SELECT)
    assert run.error == ""
    return run.code, run.out


@formats
def test_an_archive_says_what_the_folder_says_and_nothing_is_unpacked(name, tmp_path) -> None:
    unpacked(tmp_path / "folder", FILES)
    assert check(tmp_path, "folder", *SELECT) == (1, ALL % "folder", "")
    shutil.rmtree(tmp_path / "folder")
    assert found(tmp_path, name, PACKED[name](FILES)) == (1, ALL % name)
    assert list(tmp_path.rglob("*")) == [tmp_path / name]


@formats
def test_an_archive_on_standard_input(name, tmp_path) -> None:
    assert check(tmp_path, "-", *SELECT, stdin=PACKED[name](FILES)) == (1, ALL % "-", "")


def test_an_archive_from_a_pipe(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with running("tee", "pipe", cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as writer:
        writer.stdin.write(tar(FILES))
        writer.stdin.close()
        assert check(tmp_path, "pipe", *SELECT) == (1, ALL % "pipe", "")
        assert writer.wait() == 0


CHART = {
    "web/Chart.yaml": b"apiVersion: v2\nname: web\n",
    "web/templates/service.yaml": b"kind: Service\nmetadata: {name: {{ .Release.Name }}}\n",
}
KUSTOMIZATION = {
    "overlay/kustomization.yaml": b"patches: [{path: node.yaml}]\n",
    "overlay/node.yaml": NODE % (b"a", 9),
}
DUMP = {
    "dump/nodes.json": b'{"kind":"NodeList","apiVersion":"v1","items":[{"metadata":{"name":"node1"}}]}',
    "dump/shop/replication-controllers.json": b'{"kind":"ReplicationControllerList","apiVersion":"v1","items":[]}',
    "dump/shop/pods.json": b'{"kind":"PodList","apiVersion":"v1","items":[]}',
    "dump/shop/services.json": (
        b'{"kind":"ServiceList","apiVersion":"v1","items":'
        b'[{"metadata":{"name":"web","namespace":"shop"},"spec":{"selector":{"app":"web"}}}]}'
    ),
}
LAYOUTS: dict[str, tuple[dict[str, bytes], str]] = {
    "chart": (
        {**FILES, **CHART},
        ALL + "%s/web/Chart.yaml: note: unrendered-charts: File %s/web/Chart.yaml: "
        "nobody rendered the chart's templates (1), so they were not read\n"
        "-: skip: services-without-pods: no Service in the input\n"
        "-: skip: stale-endpoint-addresses: no Service in the input\n",
    ),
    "kustomization": (
        {**FILES, **KUSTOMIZATION},
        ALL + "-: skip: services-without-pods: no Service in the input\n"
        "-: skip: stale-endpoint-addresses: no Service in the input\n",
    ),
    "dump": (
        DUMP,
        "%s/dump/shop/services.json:1:115: warning: services-without-pods: Service shop/web spec.selector: "
        "app=web selects no pod in namespace shop\n",
    ),
}


@pytest.mark.parametrize("packed", [None, *PACKED])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_charts_patches_and_dumps_are_known_in_archives_as_in_folders(layout, packed, tmp_path) -> None:
    files, expected = LAYOUTS[layout]
    name = packed or "folder"
    if packed is None:
        unpacked(tmp_path / name, files)
    else:
        (tmp_path / name).write_bytes(PACKED[packed](files))
    rules = ("--select", "overlapping-pod-cidrs,input,services-without-pods,stale-endpoint-addresses")
    assert check(tmp_path, name, *rules).out == expected.replace("%s", name)


TOO_EARLY = "the archive ends too early"
DATA_TOO_EARLY = "the compressed data end too early"


@pytest.mark.parametrize(
    ("name", "size", "file", "reason"),
    [
        ("x.tar", 1300, "x.tar", TOO_EARLY),  # inside a header
        ("x.tar", 1024 + 512 + 20, "x.tar/sub/b.yaml", TOO_EARLY),  # inside a member
        ("x.tgz", -4, "x.tgz", DATA_TOO_EARLY),
        ("x.tgz", 60, "x.tgz", DATA_TOO_EARLY),
        ("x.zip", -60, "x.zip", TOO_EARLY),
        ("x.zip", 400, "x.zip", TOO_EARLY),
    ],
)
def test_a_truncated_archive_is_told(name, size, file, reason, tmp_path) -> None:
    code, out = found(tmp_path, name, PACKED[name](FILES)[:size])
    assert (code, [line for line in out.splitlines() if line.startswith("-: error")]) == (
        2,
        [f"-: error: {name}: {reason}: the file is truncated"],
    )
    assert f"-: skip: overlapping-pod-cidrs: {file} cannot be read to its end" in out


def test_what_stands_before_the_end_of_a_truncated_archive_is_read(tmp_path) -> None:
    content = tar(FILES)
    end = content.index(b"sub/c.json") + 100
    assert found(tmp_path, "x.tar", content[:end]) == (
        2,
        "x.tar/a.yaml:4:19: error: overlapping-pod-cidrs: Node a spec.podCIDRs[0]: "
        "10.1.0.0/24 of Node a overlaps 10.1.0.0/24 of Node b\n"
        "-: skip: overlapping-pod-cidrs: x.tar cannot be read to its end (Node *)\n"
        "-: error: x.tar: the archive ends too early: the file is truncated\n",
    )


def central(content: bytes, at: int, form: str, value: int, local: int | None = None) -> bytes:
    """A zip archive whose list of members says something else of the first one."""
    changed = bytearray(content)
    struct.pack_into(form, changed, content.index(b"PK\x01\x02") + at, value)
    if local is not None:
        struct.pack_into(form, changed, local, value)
    return bytes(changed)


ZIP = zipped(FILES)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (central(ZIP, 8, "<H", 1, local=6), "it is encrypted; unpack it first"),
        (central(ZIP, 24, "<I", 10), "the archive is corrupt"),  # says that it is smaller than it is
        (central(ZIP, 16, "<I", 1), "the archive is corrupt"),  # another checksum
        (central(ZIP, 10, "<H", 99, local=8), "compressed in a way that cannot be read here"),
    ],
    ids=["encrypted", "size", "checksum", "method"],
)
def test_a_member_that_cannot_be_read_leaves_the_others(content, reason, tmp_path) -> None:
    assert found(tmp_path, "x.zip", content) == (
        2,
        WITHOUT_A % "x.zip" + "-: skip: overlapping-pod-cidrs: x.zip/a.yaml cannot be read to its end (Node *)\n"
        f"-: error: x.zip/a.yaml: {reason}\n",
    )


def test_a_zip_that_says_it_is_larger_than_it_is_is_read(tmp_path) -> None:
    assert found(tmp_path, "x.zip", central(ZIP, 24, "<I", 2 << 30)) == (1, ALL % "x.zip")


def entry(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, target
    return found


def test_links_and_devices_in_a_tar_are_not_followed(tmp_path) -> None:
    special = {
        "link.yaml": entry("link.yaml", tarfile.SYMTYPE, "/etc/passwd"),
        "itself.yaml": entry("itself.yaml", tarfile.SYMTYPE, "itself.yaml"),
        "hard.yaml": entry("hard.yaml", tarfile.LNKTYPE, "a.yaml"),
        "character.yaml": entry("character.yaml", tarfile.CHRTYPE),
        "block.yaml": entry("block.yaml", tarfile.BLKTYPE),
        "pipe.yaml": entry("pipe.yaml", tarfile.FIFOTYPE),
    }
    assert found(tmp_path, "x.tar", tar({**special, **FILES})) == (1, ALL % "x.tar")


@pytest.mark.parametrize("pack", [tar, zipped])
def test_names_that_lead_out_of_an_archive_are_names_only(pack, tmp_path) -> None:
    names = {"../a.yaml": FILES["a.yaml"], "/etc/b.yaml": FILES["sub/b.yaml"]}
    (tmp_path / "in").mkdir()
    assert found(tmp_path / "in", "x", pack(names)) == (
        1,
        "x/../a.yaml:4:19: error: overlapping-pod-cidrs: Node a spec.podCIDRs[0]: "
        "10.1.0.0/24 of Node a overlaps 10.1.0.0/24 of Node b\n",
    )
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "x"]


@pytest.mark.skipif(shutil.which("tar") is None, reason="tar is not installed")
@pytest.mark.parametrize("form", ["gnu", "pax"])
def test_a_huge_sparse_member_is_left_alone(form, tmp_path) -> None:
    unpacked(tmp_path / "sparse", FILES)
    with (tmp_path / "sparse" / "z.yaml").open("wb") as file:
        file.truncate(160 << 20)
    pack = ["tar", "--sparse", f"--format={form}", "-C", "sparse", "-cf", "x.tar", "."]
    execute(*pack, cwd=tmp_path, check=True)
    run = check(tmp_path, "x.tar", *SELECT)
    assert (run.code, run.out) == (1, ALL % "x.tar")


@pytest.mark.parametrize("files", [{}, {"readme.txt": b"hello", "values.yaml": b"a: 1\n"}], ids=["empty", "values"])
@formats
def test_an_archive_without_an_object_is_no_pass(name, files, tmp_path) -> None:
    content = PACKED[name](files)
    assert found(tmp_path, name, content) == (2, NOTHING % name)
    assert check(tmp_path, "-", *SELECT, stdin=content) == (2, NOTHING % "-", "")
