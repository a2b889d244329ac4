"""Placeholders: what stands where another program fills in a value later."""

from __future__ import annotations

import re
from typing import Any

_STYLES = (
    ("{{ ... }}", r"\{\{|\}\}|\{%|<%"),  # Jinja, Go templates, ERB
    ("${...}", r"\$\{"),  # envsubst, Flux, Terraform, OpenShift's ${{...}}
    ("$(...)", r"\$\([A-Za-z_][\w.-]*\)"),  # variables of kustomize, Make, Azure Pipelines
    ("@...@", r"@[A-Za-z_][\w.-]*@"),  # autoconf, CMake, Maven
    ("__...__", r"__[A-Za-z][A-Za-z0-9_]*?__"),
    ("<...>", r"<[A-Za-z][\w .:/-]*>"),
    ("%...%", r"%[A-Za-z_]\w*%"),
    ("***", r"\*\*\*|\[?REDACTED\]?"),  # support bundles
    ("{...}", r"\{[A-Za-z_][\w.-]*\}"),
    ("$...", r"\$[A-Za-z_]\w*"),
)
_ANY = re.compile("|".join(f"({pattern})" for _, pattern in _STYLES))
TEMPLATE = re.compile(rb"^[ ]*+(?:- )?(?:\{\{|\{%|<%)|[:-] \{\{|^#@", re.MULTILINE)
"""What stands in documents that are templates as a whole, at the start of a line or of a value: not inside of texts."""


def style(value: Any) -> str:
    """How a value that is filled in later is marked, such as ``${...}``; empty for any other value."""
    if isinstance(value, str):
        match = _ANY.search(value)
        return _STYLES[match.lastindex - 1][0] if match and match.lastindex else ""
    if isinstance(value, dict) and len(value) == 1:  # {X} and {{ X }}, as YAML reads them without quotes
        ((key, content),) = value.items()
        return "{...}" if content is None and key.isidentifier() else style(key)
    return ""
