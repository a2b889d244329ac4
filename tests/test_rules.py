"""Every example of every rule page: a Bad one gives exactly its report, a Good one nothing, both evaluated."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlint import catalogue, engine, sources
from netlint.config import Config
from netlint.engine import Result
from netlint.reports import Report, text
from netlint.reports.styled_lines import plain
from tests.support.days import TODAY
from tests.support.rulepages import Example, examples

EXAMPLES = examples()


def run(example: Example, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    for name, content in example.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(folder)
    objects = example.objects
    names = objects if len(objects) == 1 or example.dumps else (".",)
    # suppressions are judged by what the rules that they name find
    judged = example.page.parent.name == "suppressions"
    rules = list(catalogue.rules().values()) if judged else [catalogue.named(example.rule)]
    snapshot, locate = sources.read(sources.Files(names), engine.kinds_read(rules), "default", None, example.dumps)
    result = engine.run(snapshot, rules, Config(), TODAY, locate)
    result.findings = [finding for finding in result.findings if finding.rule.name == example.rule]
    result.skips = [skip for skip in result.skips if skip.rule == example.rule]
    assert snapshot.reading.errors == []
    return result


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e.rule}:{e.title}" for e in EXAMPLES])
def test_example(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accept: bool) -> None:
    result = run(example, tmp_path, monkeypatch)
    report = Report(result, "", None, 0, "error", False)
    findings = plain(text.findings(report))
    assert result.failures == []
    assert result.skips == []
    assert bool(findings) is example.is_bad, findings
    if example.is_bad and accept:
        example.accept(findings.rstrip("\n") + "\n")
    elif example.is_bad:
        assert findings.rstrip("\n") + "\n" == example.report
