"""The skeleton of a new rule: its page and its check, which pass all tests as they stand."""

from __future__ import annotations

import re
from pathlib import Path

from netlint import __version__, catalogue
from netlint.errors import UsageError
from netlint.indexes import sections, write_indexes

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_TOPIC = re.compile(r"[a-z]+")
PAGE = """\
---
summary: {words}
severity: warning
examines: [Pod]
faults:
  {section}:
    - {words}
since: {version}
references:
  - https://kubernetes.io/docs/concepts/services-networking/
---
# {name}

## What it checks

What must hold, and where it is not asked for.

## Why it matters

What goes wrong otherwise.

## How to fix

What to do; every finding repeats it.

## Bad: the smallest input that shows the fault

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: bad
```

```report
warning[{name}]: what is wrong, with values
  --> cluster.yaml:4:9  Pod default/bad, metadata.name
  2 | kind: Pod
  3 | metadata:
  4 |   name: bad
    |         ^^^
   = fix: What to do; every finding repeats it.
   = why: netlint explain {name}
```

## Good: the healthy twin

```yaml
apiVersion: v1
kind: Pod
metadata:
  name: good
```
"""
MODULE = '''\
"""{title}."""

from __future__ import annotations

from collections.abc import Iterator

from netlint.cluster import Cluster
from netlint.findings import Violation
'''
CHECK = '''

def {function}(cluster: Cluster) -> Iterator[Violation]:
    """{words}."""
    pods = cluster.pods
    for row in range(len(pods)):
        if pods.name(row) == "bad":
            yield Violation(pods.subject(row), ("metadata", "name"), "what is wrong, with values")
'''
STEPS = """\
What is left:
1. rules/{topic}/{name}.md: the sources, then the examples, the Good ones first;
   under "faults" what goes wrong, in words, for docs/faults.md
2. netlint/checks/{topic}.py: the check
   .venv/bin/pytest -k {name} --accept, and read the reports that it writes as a user would
3. .venv/bin/netlint dev index
4. .venv/bin/pytest -n 2: all tests, in which the rule must be silent about every healthy cluster
5. CHANGELOG.md: what users get
"""


def new_rule(root: Path, topic: str, name: str) -> list[Path]:
    """The files of a new rule, its page and its check, which are written into a checkout with renewed indexes.

    Raises UsageError for a name that is no rule's, or is taken.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a rule: several lower-case words with dashes")
    if not _TOPIC.fullmatch(topic):
        raise UsageError(f"{topic!r} is no name for a topic: one lower-case word")
    rules = root / "rules"
    page = rules / topic / f"{name}.md"
    taken = next(iter(sorted(rules.glob(f"*/{name}.md"))), None)
    if taken is not None:
        raise UsageError(f"{taken} is there already")
    words = name.replace("-", " ")
    page.parent.mkdir(exist_ok=True)
    section = _section(root, topic)
    text = PAGE.format(name=name, topic=topic, section=section, words=words, version=__version__)
    page.write_text(text, encoding="utf-8")
    module = root / "netlint" / "checks" / f"{topic}.py"
    code = module.read_text(encoding="utf-8") if module.exists() else MODULE.format(title=topic.capitalize())
    module.write_text(_with_check(code, name.replace("-", "_"), words), encoding="utf-8")
    return [page, module, *write_indexes(root)]


def _section(root: Path, topic: str) -> str:
    """The section of ``docs/faults.md`` in which the topic's first rule is; that of a new topic is the first one."""
    of_topic = (rule for rule in catalogue.read(root / "rules").values() if rule.topic == topic)
    return next((section for rule in of_topic for section in rule.faults), next(iter(sections(root))))


def _with_check(module: str, function: str, words: str) -> str:
    """The module with one more check, and its name in the sorted tuple at the end."""
    body, marker, listed = module.partition("\n\nCHECKS = (")
    names = sorted({*re.findall(r"\w+", listed), function}) if marker else [function]
    check = CHECK.format(function=function, words=words.capitalize())
    return f"{body.rstrip()}\n{check}\n\nCHECKS = (\n" + "".join(f"    {name},\n" for name in names) + ")\n"
