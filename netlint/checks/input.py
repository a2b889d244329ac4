"""The input itself: what could not be read, is malformed, or contradicts itself."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterator

from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Violation, field_name
from netlint.phrases import counted, inflected
from netlint.snapshot import Spot


def unreadable_documents(cluster: Cluster) -> Iterator[Violation]:
    """A document is neither YAML nor JSON."""
    count: Counter[str] = Counter()
    broken = [document for document in cluster.view.snapshot.unreadable if not document.placeholder]
    for document in sorted(broken, key=lambda document: _order(document.spot)):
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
        if malformed.placeholder:
            continue
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


def unfilled_placeholders(cluster: Cluster) -> Iterator[Violation]:
    """Values or whole documents of a folder are filled in by another program."""
    values, documents, styles = _unfilled(cluster)
    for folder in sorted(values.keys() | documents.keys()):
        counts = [(values[folder], "value"), (documents[folder], "document")]
        numbers = " and ".join(counted(number, noun) for number, noun in counts if number)
        are = inflected(values[folder] + documents[folder], "is", "are")
        marks = sorted(styles[folder])
        yield Violation(
            Subject("", "File", "", folder),
            (),
            f"{numbers} {are} to be filled in by another program ({', '.join(marks)}); what depends on them was not "
            "checked",
            {"values": values[folder], "documents": documents[folder], "marks": marks},
            spot=Spot(folder),
        )


def _unfilled(cluster: Cluster) -> tuple[Counter[str], Counter[str], defaultdict[str, set[str]]]:
    """By folder: how many values, how many documents, and how they are marked; those of charts are in their notes."""
    snapshot = cluster.view.snapshot
    charts = tuple(posixpath.dirname(chart.spot.file) + "/" for chart in snapshot.charts)
    fields = [(snapshot.origins.file(field.origin), field.placeholder) for field in snapshot.malformed]
    texts = cluster.ranges.plan.unfilled
    fields += [(snapshot.origins.file(text.subject.origin), text.placeholder) for text in texts]
    values, documents, styles = Counter[str](), Counter[str](), defaultdict[str, set[str]](set)
    for count, marked in (
        (values, fields),
        (documents, [(document.spot.file, document.placeholder) for document in snapshot.unreadable]),
    ):
        for file, style in marked:
            folder = posixpath.dirname(file) or "."
            if style and not f"{folder}/".startswith(charts):
                count[folder] += 1
                styles[folder].add(style)
    return values, documents, styles


def _file(spot: Spot) -> Subject:
    return Subject("", "File", "", spot.file)


def _order(spot: Spot) -> tuple[str, int, int]:
    return spot.file, spot.line or 0, spot.column or 0


CHECKS = (
    conflicting_objects,
    duplicate_keys,
    malformed_objects,
    unfilled_placeholders,
    unreadable_documents,
    unrendered_charts,
)
