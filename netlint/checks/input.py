"""The input itself: what could not be read, is malformed, or contradicts itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Violation, field_name
from netlint.snapshot import Spot


def unreadable_documents(cluster: Cluster) -> Iterator[Violation]:
    """A document is neither YAML nor JSON."""
    number: Counter[str] = Counter()
    for document in sorted(cluster.view.snapshot.unreadable, key=lambda item: _order(item.spot)):
        number[document.spot.file] += 1
        yield Violation(
            _file(document.spot),
            (),
            document.problem,
            {"problem": document.problem},
            key=str(number[document.spot.file]),
            spot=document.spot,
        )


def duplicate_keys(cluster: Cluster) -> Iterator[Violation]:
    """A mapping holds a key twice."""
    for duplicate in sorted(cluster.view.snapshot.duplicate_keys, key=lambda item: _order(item.spot)):
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
    for found in cluster.view.snapshot.malformed:
        subject = Subject(found.api_version, found.kind, found.namespace, found.name, found.origin)
        name = field_name(found.path)
        evidence = {"field": name, "problem": found.problem}
        yield Violation(subject, found.path, found.problem, evidence, key=name)


def conflicting_objects(cluster: Cluster) -> Iterator[Violation]:
    """An object is written more than once, with different content."""
    file = cluster.view.snapshot.origins.file
    for found in cluster.view.snapshot.conflicts:
        used, *ignored = [
            Subject(found.api_version, found.kind, found.namespace, found.name, origin)
            for origin in (found.used, *found.ignored)
        ]
        files = list(dict.fromkeys(file(copy.origin) for copy in ignored))
        yield Violation(
            used,
            (),
            f"{' and '.join(files)} {'has' if len(files) == 1 else 'have'} other content for it, which is ignored",
            {"used": file(used.origin), "ignored": files},
            tuple(Related(copy, (), "ignored") for copy in ignored),
        )


def unrendered_charts(cluster: Cluster) -> Iterator[Violation]:
    """A Helm chart's templates were not read."""
    for chart in sorted(cluster.view.snapshot.charts, key=lambda item: _order(item.spot)):
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
