"""Whatever is wrong with a file: one line says what and where, the rest is checked, and nothing read is no pass."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import random
import sys
from base64 import b85encode
from pathlib import Path

import pytest

from netlint.sources.files import cursor
from tests.support.program import running
from tests.support.runs import check

GOOD = (
    "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec: {podCIDRs: [10.1.0.0/24]}\n---\n"
    "apiVersion: v1\nkind: Node\nmetadata: {name: b}\nspec: {podCIDRs: [10.1.0.0/24]}\n"
)
OVERLAP = (
    "good.yaml:4:19: error: overlapping-pod-cidrs: Node a spec.podCIDRs[0]: "
    "10.1.0.0/24 of Node a overlaps 10.1.0.0/24 of Node b\n"
)
HEAD = "apiVersion: v1\nkind: Node\nmetadata: {name: c}\n"
JSON = '{"apiVersion":"v1","kind":"Node","metadata":{"name":"c"}'
LIST = '{"apiVersion":"v1","kind":"List","items":%s}'
SELECT = ("--select", "input,overlapping-pod-cidrs")
NO_NODE = "-: skip: overlapping-pod-cidrs: no Node in the input\n"
NO_OBJECT = NO_NODE + "-: error: bad.yaml: no Kubernetes object in it\n"


def alone(folder: Path, content: str | bytes) -> tuple[int, str, str]:
    (folder / "bad.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    return check(folder, "bad.yaml", *SELECT)


def with_others(folder: Path) -> tuple[int, str, str]:
    (folder / "good.yaml").write_text(GOOD)
    return check(folder, ".", *SELECT)


def expansion(levels: int) -> str:
    """Lists of lists of lists, by aliases: ten times as many with each level."""
    lines = ["x0: &x0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"x{level}: &x{level} [{', '.join(['*x' + str(level - 1)] * 10)}]" for level in range(1, levels)]
    return "\n".join(lines) + "\n"


UNREADABLE = {
    "broken YAML": ("apiVersion: v1\nkind: Node\nmetadata: {name: c\n", "4:1", "did not find expected ',' or '}'"),
    "a tab": (
        "apiVersion: v1\nkind: Node\nmetadata:\n\tname: c\n",
        "4:1",
        "a tab in the indentation; YAML wants spaces",
    ),
    "deep YAML": (HEAD + "spec: " + "[" * 100_000 + "\n", "4:206", "nested more than 200 levels deep"),
    "deep blocks": (
        HEAD + "spec:\n" + "".join(" " * level + "a:\n" for level in range(1, 1000)),
        "204:201",
        "nested more than 200 levels deep",
    ),
    "an alias bomb": (HEAD + expansion(10), "7:10", "the aliases expand to far more than the document itself"),
    "an alias of itself": (HEAD + "spec: &a [*a]\n", "4:11", "the alias *a stands inside the value that it names"),
    "latin-1": (
        (HEAD + "spec: {providerID: é}\n").encode("latin-1"),
        "4:20",
        "not UTF-8: byte 0xe9",
    ),
    "a control character": (HEAD + "spec: \x01\n", "4:7", "the character U+0001 is not allowed here"),
    "no number": (HEAD + "spec: {x: .nan}\n", "4:11", "JSON has no value for infinity or not-a-number"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_document_that_cannot_be_read_is_a_finding(name, tmp_path) -> None:
    content, place, problem = UNREADABLE[name]
    told = f"bad.yaml:{place}: error: unreadable-documents: File bad.yaml: {problem}\n"
    skip = "-: skip: overlapping-pod-cidrs: bad.yaml has a document that cannot be read"
    assert alone(tmp_path, content) == (1, f"{told}{skip}\n", "")
    assert with_others(tmp_path) == (1, f"{OVERLAP}{told}{skip} (Node *)\n", "")


BROKEN_OFF = {
    "truncated JSON": (JSON, "1:57", "the JSON ends too early: the file is truncated"),
    "deep JSON": (JSON + ',"spec":' + "[" * 100_000 + "]" * 100_000 + "}", "1:1", "nested too deeply"),
    "text behind JSON": (JSON + "} and more", "1:59", "invalid character"),
}


@pytest.mark.parametrize("name", BROKEN_OFF)
def test_a_file_that_breaks_off_is_a_finding(name, tmp_path) -> None:
    content, place, problem = BROKEN_OFF[name]
    told = f"bad.yaml:{place}: error: unreadable-documents: File bad.yaml: {problem}\n"
    skip = "-: skip: overlapping-pod-cidrs: bad.yaml cannot be read to its end (Node *)\n"
    code, out, error = alone(tmp_path, content)
    assert (code, out.replace(" (Node *)", ""), error) == (1, told + skip.replace(" (Node *)", ""), "")
    assert with_others(tmp_path) == (1, OVERLAP + told + skip, "")


MALFORMED = {
    "a wrong type": (HEAD + "spec: {podCIDRs: 10.3.0.0/24}\n", "4:18", "spec.podCIDRs: expected a list, found text"),
    "a wrong item": (
        HEAD + "spec: {podCIDRs: [10.3.0.0/24, 5]}\n",
        "4:32",
        "spec.podCIDRs[1]: expected text, found a whole number",
    ),
    "no range": (
        HEAD + "spec: {podCIDRs: [pods]}\n",
        "4:19",
        "spec.podCIDRs[0]: 'pods' is no CIDR: the prefix length is missing",
    ),
    "no address": (
        HEAD + "status: {addresses: [{type: InternalIP, address: 10.0.0.300}]}\n",
        "4:50",
        "status.addresses[0].address: '10.0.0.300' is no IP address",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_field_is_a_finding(name, tmp_path) -> None:
    content, place, problem = MALFORMED[name]
    told = f"bad.yaml:{place}: error: malformed-objects: Node c {problem}\n"
    skip = "-: skip: overlapping-pod-cidrs: Node c is malformed (Node *)\n"
    assert alone(tmp_path, content) == (1, told + skip, "")
    assert with_others(tmp_path) == (1, OVERLAP + told + skip, "")


@pytest.mark.parametrize("place", range(2))
def test_a_pod_address_that_is_none_is_a_finding_wherever_it_stands(place, tmp_path) -> None:
    addresses = [{"ip": "10.244.0.1"}, {"ip": "10.244.0.2"}]
    addresses[place] = {"ip": "10.244.0.300"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "c"}, "status": {"podIPs": addresses}}
    code, out, error = alone(tmp_path, json.dumps(pod))
    told = f"malformed-objects: Pod default/c status.podIPs[{place}].ip: '10.244.0.300' is no IP address"
    assert (code, error) == (1, "")
    assert [line.split(": error: ")[-1] for line in out.splitlines() if ": error: " in line] == [told]


def test_an_object_without_a_name_is_a_finding(tmp_path) -> None:
    told = "bad.yaml:1:1: error: malformed-objects: Node without a name metadata.name: the object has no name\n"
    skip = "-: skip: overlapping-pod-cidrs: Node without a name is malformed"
    assert alone(tmp_path, "apiVersion: v1\nkind: Node\n") == (1, f"{told}{skip}\n", "")
    assert with_others(tmp_path) == (1, f"{OVERLAP}{told}{skip} (Node *)\n", "")


@pytest.mark.parametrize("number", ["1e999", "99999999999999999999999", "80.5", "-1", "0.0", "true"])
def test_a_number_that_is_no_port_is_a_finding_of_its_object(number, tmp_path) -> None:
    service = '{"apiVersion":"v1","kind":"Service","metadata":{"name":"c"},"spec":{"ports":[{"port":%s}]}}'
    code, out, error = alone(tmp_path, LIST % f"[{service % number},{service % number}]")
    places = [line.split(": ")[:3] for line in out.splitlines() if "malformed-objects" in line]
    assert (code, error, places) == (
        1,
        "",
        [[f"bad.yaml:1:{at}", "error", "malformed-objects"] for at in (128, 128 + 92 - 2 + len(number))],
    )


@pytest.mark.parametrize(
    "content",
    [
        JSON + ',"spec":null,"status":null}',
        JSON.replace('"name":"c"', '"name":"c","labels":null,"annotations":{"a":null}') + "}",
        (JSON.replace('"name":"c"', '"name":"c","annotations":{"a":"é"}') + "}").encode("latin-1"),
        b"\xef\xbb\xbf" + HEAD.encode(),
        b"\xef\xbb\xbf" + JSON.encode() + b"}",
        HEAD.replace("\n", "\r\n"),
        "# a comment\n---\n" + HEAD + "...\n",
    ],
)
def test_what_kubectl_reads_is_no_fault(content, tmp_path) -> None:
    assert alone(tmp_path, content) == (0, "", "")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n\n---\n# nothing\n---\n",
        "hello\n",
        "- a\n- b\n",
        "replicas: 3\n",
        "kind: Node\nmetadata: {name: c}\n",
        "apiVersion: v1\nkind: List\n",
        "apiVersion: v1\nkind: List\nitems:\n",
        LIST % "null",
        LIST % "[]",
        LIST % "[null]",
    ],
)
def test_a_file_without_an_object_is_no_pass_and_in_a_folder_no_matter(content, tmp_path) -> None:
    assert alone(tmp_path, content) == (2, NO_OBJECT, "")
    assert with_others(tmp_path) == (1, OVERLAP, "")


@pytest.mark.parametrize("items", ["{}", '"all"', "5", "true"])
def test_items_that_are_no_list_are_a_finding(items, tmp_path) -> None:
    what = {"{}": "a mapping", "5": "a whole number", "true": "true or false"}.get(items, "text")
    told = f"bad.yaml:1:42: error: malformed-objects: List items: expected a list, found {what}\n"
    skip = "-: skip: overlapping-pod-cidrs: a List has items that are no objects"
    assert alone(tmp_path, LIST % items) == (1, f"{told}{skip}\n", "")
    assert with_others(tmp_path) == (1, f"{OVERLAP}{told}{skip} (Node *)\n", "")


STRAYS = ["5", '"c"', "[1]", '{"metadata":{"name":"c"}}']
PROBLEMS = [
    *(f"expected an object, found {what}" for what in ("a whole number", "text", "a list")),
    "an item of a list needs apiVersion and kind",
]


@pytest.mark.parametrize("written", ["one.json", "indented.json", "flow.yaml", "block.yaml"])
def test_items_that_are_no_objects_are_a_finding_each(written, tmp_path) -> None:
    items = [*STRAYS, "null", JSON + "}"]
    text = {
        "one.json": LIST % f"[{','.join(items)}]",
        "indented.json": '{\n"apiVersion":"v1",\n"kind":"List",\n"items":[\n' + ",\n".join(items) + "]}",
        "flow.yaml": "apiVersion: v1\nkind: List\nitems: [\n" + ",\n".join(items) + "]\n",
        "block.yaml": "apiVersion: v1\nkind: List\nitems:\n" + "".join(f"- {item}\n" for item in items),
    }[written]
    code, out, _ = alone(tmp_path, text)
    told = [line.split(" malformed-objects: ")[-1] for line in out.splitlines()]
    assert (code, told) == (
        1,
        [
            *(f"List items: {problem}" for problem in PROBLEMS),
            "-: skip: overlapping-pod-cidrs: a List has items that are no objects (Node *)",
        ],
    )


def test_items_of_a_typed_list_that_are_no_objects_are_malformed(tmp_path) -> None:
    text = "apiVersion: v1\nkind: NodeList\nitems:\n- 5\n- {metadata: {name: c}}\n- [1]\n"
    assert alone(tmp_path, text) == (
        1,
        "bad.yaml:4:3: error: malformed-objects: Node without a name: expected a mapping, found a whole number\n"
        "bad.yaml:6:3: error: malformed-objects: Node without a name: expected a mapping, found a list\n"
        "-: skip: overlapping-pod-cidrs: Node without a name is malformed (Node *)\n",
        "",
    )


def test_a_list_that_is_none_of_kubernetes_is_left_alone_in_a_folder(tmp_path) -> None:
    (tmp_path / "bad.yaml").write_text("kind: ShoppingList\nitems: [milk, 5]\n")
    assert with_others(tmp_path) == (1, OVERLAP, "")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(HEAD.encode() * 1000)[:-20], "the compressed data end too early: the file is truncated"),
        (gzip.compress(HEAD.encode() * 1000)[:30] + bytes(90), "the compressed data are corrupt"),
    ],
    ids=["truncated", "corrupt"],
)
def test_compressed_data_that_cannot_be_unpacked_are_an_error(content, reason, tmp_path) -> None:
    code, out, _ = alone(tmp_path, content)
    skip, error = out.splitlines()
    assert skip.startswith("-: skip: overlapping-pod-cidrs: bad.yaml cannot be read to its end")
    assert (code, error) == (2, f"-: error: bad.yaml: {reason}")
    skip = "-: skip: overlapping-pod-cidrs: bad.yaml cannot be read to its end (Node *)\n"
    assert with_others(tmp_path) == (2, f"{OVERLAP}{skip}-: error: bad.yaml: {reason}\n", "")


def noise(size: int) -> str:
    """Text that gzip cannot make much shorter."""
    return b85encode(random.Random(size).randbytes(size)).decode()


TWO = GOOD.split("---\n")
BEFORE_THE_CUT = {
    "documents": f"{GOOD}---\n{HEAD}spec: {{podCIDRs: [10.1.0.0/24]}}\nx: {noise(9000)}\n",
    "a list": "apiVersion: v1\nitems:\n"
    + "".join("- " + text.replace("\n", "\n  ").rstrip(" ") for text in [*TWO, f"{HEAD}x: {noise(9000)}\n"])
    + "kind: List\n",
    "JSON": LIST
    % json.dumps(
        [
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"podCIDRs": ["10.1.0.0/24"]}, **x}
            for name, x in [("a", {}), ("b", {}), ("c", {"x": noise(9000)})]
        ]
    ),
}


@pytest.mark.parametrize("size", [None, 1000], ids=["at once", "in steps"])
@pytest.mark.parametrize("name", BEFORE_THE_CUT)
def test_what_can_be_unpacked_is_checked_up_to_the_object_that_is_cut_off(name, size, tmp_path, monkeypatch) -> None:
    if size:
        monkeypatch.setattr(cursor, "STEP", size)
    code, out, _ = alone(tmp_path, gzip.compress(BEFORE_THE_CUT[name].encode())[:-1000])
    finding, skip, error = out.splitlines()
    assert finding.endswith("Node a spec.podCIDRs[0]: 10.1.0.0/24 of Node a overlaps 10.1.0.0/24 of Node b")
    assert skip == "-: skip: overlapping-pod-cidrs: bad.yaml cannot be read to its end (Node *)"
    assert (code, error) == (2, "-: error: bad.yaml: the compressed data end too early: the file is truncated")


def test_one_item_of_a_list_that_cannot_be_read_takes_no_other_with_it(tmp_path) -> None:
    texts = [TWO[0], HEAD.replace("{name: c}", '\n  name: "c'), TWO[1]]
    items = "".join("- " + text.replace("\n", "\n  ").rstrip(" ") for text in texts)
    assert alone(tmp_path, f"apiVersion: v1\nitems:\n{items}kind: List\n") == (
        1,
        "bad.yaml:6:21: error: overlapping-pod-cidrs: Node a spec.podCIDRs[0]: "
        "10.1.0.0/24 of Node a overlaps 10.1.0.0/24 of Node b\n"
        "bad.yaml:10:11: error: unreadable-documents: File bad.yaml: a quoted value that is never closed\n"
        "-: skip: overlapping-pod-cidrs: bad.yaml has a document that cannot be read (Node *)\n",
        "",
    )


def test_one_line_that_cannot_be_read_takes_no_other_with_it(tmp_path) -> None:
    line = '{"apiVersion":"v1","kind":"Node","metadata":{"name":"%s"},"spec":{"podCIDRs":["10.1.0.0/24"]}}\n'
    assert alone(tmp_path, line % "a" + '{"apiVersion":"v1","kind":"Node","metadata":{"na\n{]\n' + line % "b") == (
        1,
        "bad.yaml:1:78: error: overlapping-pod-cidrs: Node a spec.podCIDRs[0]: "
        "10.1.0.0/24 of Node a overlaps 10.1.0.0/24 of Node b\n"
        "bad.yaml:2:49: error: unreadable-documents: File bad.yaml: invalid character\n"
        "bad.yaml:3:2: error: unreadable-documents: File bad.yaml: object keys must be strings\n"
        "-: skip: overlapping-pod-cidrs: bad.yaml has a document that cannot be read (Node *)\n",
        "",
    )


@pytest.mark.parametrize(
    ("content", "how"),
    [
        (bz2.compress(HEAD.encode()), "bzip2"),
        (lzma.compress(HEAD.encode()), "xz"),
        (b"\x28\xb5\x2f\xfd" + bytes(20), "zstd"),
        (b"\x04\x22\x4d\x18" + bytes(20), "lz4"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(20), "7-Zip"),
    ],
    ids=["bzip2", "xz", "zstd", "lz4", "7-Zip"],
)
def test_compression_that_is_not_read_is_called_so(content, how, tmp_path) -> None:
    code, out, _ = alone(tmp_path, content)
    error = out.splitlines()[-1]
    assert (code, error) == (2, f"-: error: bad.yaml: {how} is not read; unpack it, or pack it with gzip or as zip")


def test_a_binary_file_is_a_finding_where_it_is_named_and_no_matter_in_a_folder(tmp_path) -> None:
    assert alone(tmp_path, bytes(range(128, 256)) * 100) == (
        1,
        "bad.yaml:1:1: error: unreadable-documents: File bad.yaml: not UTF-8: byte 0x80\n"
        "-: skip: overlapping-pod-cidrs: bad.yaml has a document that cannot be read\n",
        "",
    )
    assert with_others(tmp_path) == (1, OVERLAP, "")


@pytest.mark.parametrize("pattern", ["gone.yaml", "gone/", "gone*.yaml"])
def test_a_file_that_is_not_there_is_an_error_beside_the_others(pattern, tmp_path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    assert check(tmp_path, pattern, "good.yaml", *SELECT) == (
        2,
        f"{OVERLAP}-: error: {pattern}: no such file or folder\n",
        "",
    )


def test_a_folder_without_an_object_is_no_pass(tmp_path) -> None:
    (tmp_path / "empty" / "below").mkdir(parents=True)
    assert check(tmp_path, "empty", *SELECT) == (
        2,
        f"{NO_NODE}-: error: empty: no Kubernetes object in it\n",
        "",
    )


def test_links_in_circles_end(tmp_path) -> None:
    (tmp_path / "bad.yaml").symlink_to("bad.yaml")
    (tmp_path / "below").symlink_to(".")
    loop = "bad.yaml: Too many levels of symbolic links\n"
    assert with_others(tmp_path) == (2, f"{OVERLAP}-: error: {loop}", "")
    assert check(tmp_path, "bad.yaml", *SELECT) == (2, f"{NO_NODE}-: error: {loop}", "")


def test_a_link_to_nothing_is_an_error(tmp_path) -> None:
    (tmp_path / "bad.yaml").symlink_to("gone.yaml")
    assert with_others(tmp_path) == (2, f"{OVERLAP}-: error: bad.yaml: No such file or directory\n", "")


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "bad.yaml")
    assert with_others(tmp_path) == (1, OVERLAP, "")


def test_a_pipe_that_is_named_is_read(tmp_path) -> None:
    os.mkfifo(tmp_path / "good.yaml")
    write = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"
    with running(sys.executable, "-c", write, "good.yaml", GOOD, cwd=tmp_path):
        assert check(tmp_path, "good.yaml", *SELECT) == (1, OVERLAP, "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path) -> None:
    (tmp_path / "bad.yaml").touch(mode=0)
    assert with_others(tmp_path) == (2, f"{OVERLAP}-: error: bad.yaml: Permission denied\n", "")


LONG = 16 << 20
SECRET = '{"apiVersion":"v1","kind":"Secret","data":{"a":"' + "x" * 900_000 + '"}},'
LONG_LINES = {
    "a list": (LIST % f"[{SECRET * (LONG // len(SECRET))}{JSON}}}]", (0, "", "")),
    "an annotation": (HEAD.replace("c}", "c, annotations: {a: " + "x" * LONG + "}}"), (0, "", "")),
    "a word": ("x" * LONG, (2, NO_OBJECT, "")),
}


@pytest.mark.parametrize("name", LONG_LINES)
def test_a_very_long_line_is_read(name, tmp_path) -> None:
    content, expected = LONG_LINES[name]
    assert alone(tmp_path, content) == expected


def test_a_document_larger_than_can_be_read_is_a_finding(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cursor, "LARGEST_DOCUMENT", 1 << 20)
    (tmp_path / "bad.yaml").write_text(HEAD + "spec: " + "x" * (2 << 20))
    told = "bad.yaml:1:1: error: unreadable-documents: File bad.yaml: one document is larger than 1 MiB\n"
    skip = "-: skip: overlapping-pod-cidrs: bad.yaml cannot be read to its end (Node *)\n"
    assert with_others(tmp_path) == (1, OVERLAP + told + skip, "")


def test_many_findings_in_one_line_are_located_without_reading_it_anew_for_each(tmp_path) -> None:
    node = "{apiVersion: v1, kind: Node, metadata: {name: n%d}, spec: {podCIDRs: [10.%d.0.0/24]}, x: %s}"
    nodes = [node % (number, number // 2, "x" * 5000) for number in range(400)]
    (tmp_path / "good.yaml").write_text("{apiVersion: v1, kind: List, items: [" + ", ".join(nodes) + "]}\n")
    assert len(check(tmp_path, "good.yaml", *SELECT).out.splitlines()) == 200
