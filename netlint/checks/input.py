"""The input itself: what could not be read, is malformed, or contradicts itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Violation, field_name
from netlint.phrases import inflected
from netlint.snapshot import Spot


def unreadable_documents(cluster: Cluster) -> Iterator[Violation]:
    """A document is neither YAML nor JSON."""
    count: Counter[str] = Counter()
    for document in sorted(cluster.view.snapshot.unreadable, key=lambda document: _order(document.spot)):
        count[document.spot.file] += 1
        yield Violation(
            _file(document.spot),
            (),
            document.problem,
            {"problem": document.problem},
            key=str(count[document.spot.file]),
            spot=document.spot,
        )


def duplicate_keys(cluster: Cluster) -> Iterator[Violation]:
    """A mapping holds a key twice."""
    for duplicate in sorted(cluster.view.snapshot.duplicate_keys, key=lambda duplicate: _order(duplicate.spot)):
        name = field_name(duplicate.path)
        yield Violation(
            _file(duplicate.spot),
            duplicate.path,
            f"{name} is written twice; the last one counts",
            {"field": name},
            key=name,
            spot=duplicate.spot,
        )


def malformed_objects(cluster: Cluster) -> Iterator[Violation]:
    """A field does not have the type or the form that the API demands."""
    for malformed in cluster.view.snapshot.malformed:
        subject = Subject(malformed.api_version, malformed.kind, malformed.namespace, malformed.name, malformed.origin)
        name = field_name(malformed.path)
        evidence = {"field": name, "problem": malformed.problem}
        yield Violation(subject, malformed.path, malformed.problem, evidence, key=name)


def conflicting_objects(cluster: Cluster) -> Iterator[Violation]:
    """An object is written more than once, with different content."""
    file = cluster.view.snapshot.origins.file
    for conflict in cluster.view.snapshot.conflicts:
        used, *ignored = [
            Subject(conflict.api_version, conflict.kind, conflict.namespace, conflict.name, origin)
            for origin in (conflict.used, *conflict.ignored)
        ]
        files = list(dict.fromkeys(file(copy.origin) for copy in ignored))
        yield Violation(
            used,
            (),
            f"{' and '.join(files)} {inflected(len(files), 'has', 'have')} other content for it, which is ignored",
            {"used": file(used.origin), "ignored": files},
            tuple(Related(copy, (), "ignored") for copy in ignored),
        )


def unrendered_charts(cluster: Cluster) -> Iterator[Violation]:
    """A Helm chart's templates were not read."""
    for chart in sorted(cluster.view.snapshot.charts, key=lambda chart: _order(chart.spot)):
        yield Violation(
            _file(chart.spot),
            (),
            f"nobody rendered the chart's templates ({chart.templates}), so they were not read",
            {"templates": chart.templates},
            spot=chart.spot,
        )


def _file(spot: Spot) -> Subject:
    return Subject("", "File", "", spot.file)


def _order(spot: Spot) -> tuple[str, int, int]:
    return spot.file, spot.line or 0, spot.column or 0


CHECKS = (conflicting_objects, duplicate_keys, malformed_objects, unreadable_documents, unrendered_charts)
