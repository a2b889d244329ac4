"""What the user names becomes what is read: folders, globs, links, charts, dumps; ignored files as git sees them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint.sources.finding import search
from tests.support.program import execute

NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: %s}\nspec: {podCIDRs: [10.%d.0.0/24]}\n"
BROKEN = "apiVersion: v1\nkind: Node\nmetadata: {name: broken\n"


def node(name: str, number: int = 1) -> str:
    return NODE % (name, number)


def tree(folder: Path, **files: str) -> Path:
    """Files by name; ``__`` stands for a slash, ``_dot_`` for a dot."""
    return files_in(folder, {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()})


def files_in(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def names(*named: str) -> list[str]:
    return [source.name for source in search.find(list(named)).inputs]


GIT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
FOLDERS = ["a", "b", "ab", "a b", "!a", "#a", "[a]"]
files = st.lists(st.sampled_from(FOLDERS), max_size=3).flatmap(
    lambda folders: st.sampled_from(["x.yaml", "a.yaml", "ab.yml", "a b.json", "é.yaml", "\\.yaml"]).map(
        lambda file: "/".join([*folders, file])
    )
)
SIGNS = """
a b ab a*b * ** ? a* *b [ab] [!a] [^a] [a-b] \\a *.yaml x.yaml a.* a** \\[a\\] [[]a] é.yaml ??.yml \\!a \\#a .
\\\\.yaml [a *.y*ml *** [a-] []a] [!]b] [b-a] [[:alpha:]] [[:x:]] [\\]a] a\\ [\\a-b]
"""
pieces = st.sampled_from(["a b", *SIGNS.split()])
patterns = st.builds(
    lambda start, middle, end: start + "/".join(middle) + end,
    st.sampled_from(["", "", "", "/", "!", "!", "!/", "**/", "#", " "]),
    st.lists(pieces, min_size=1, max_size=3),
    st.sampled_from(["", "", "", "/", "/**", "/*", " ", "\\ ", "  ", "\t", "\r", "\\"]),
)
ignoring = st.lists(
    st.tuples(st.sampled_from(["", "a/", "b/", "a/b/", "ab/"]), st.lists(patterns, max_size=4)), max_size=3
)


def untracked(folder: Path) -> set[str]:
    """The files that git does not ignore."""
    command = ["git", "ls-files", "--others", "--exclude-standard", "-z"]
    listed = execute(*command, cwd=folder, env=GIT, check=True).stdout
    return {name for name in listed.split("\0") if name and not name.endswith(".gitignore")}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    execute("git", "init", "--quiet", folder, env=GIT, check=True)
    return folder / ".git"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@settings(max_examples=150, deadline=None)
@given(
    st.sets(files, min_size=1, max_size=8), ignoring, st.lists(patterns, max_size=2), st.sampled_from(["", "a", "a/b"])
)
def test_ignored_as_git_ignores(repository, named, ignored, excluded, start) -> None:
    """``start``: the folder that is named, with patterns around it."""
    with tempfile.TemporaryDirectory() as temporary, pytest.MonkeyPatch.context() as patch:
        folder = Path(temporary)
        shutil.copytree(repository, folder / ".git")
        (folder / ".git" / "info" / "exclude").write_text("\n".join(excluded))
        files_in(folder, dict.fromkeys(named, ""))
        for within, lines in ignored:
            files_in(folder, {f"{within}.gitignore": "\n".join(lines) + "\n"})
        (folder / start).mkdir(parents=True, exist_ok=True)
        patch.chdir(folder)
        expected = {name for name in untracked(folder) if name.startswith(f"{start}/" if start else "")}
        if expected or not start:  # who names an ignored folder wants it read
            assert set(names(start or ".")) == expected
