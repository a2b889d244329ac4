"""Services and their endpoints."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from netlint import addresses
from netlint.addresses import FAMILY_NAMES
from netlint.cluster import Cluster
from netlint.cluster.traffic.operator_pods import why_pods_may_exist
from netlint.cluster.traffic.sidecars import overlooked_sidecar
from netlint.findings import Related, Subject, Undecided, Violation
from netlint.model.declared.release import Release
from netlint.model.nearest import nearest
from netlint.model.pods.endpoint_conditions import Conditions
from netlint.model.pods.selection import PodGroup
from netlint.model.selectors import text_of
from netlint.model.services.recomputed_slices import Difference, EndpointMismatch
from netlint.model.services.service_ports import FIND_SIDECARS, protocol, resolved_port
from netlint.model.services.service_purpose import ROLLOUT, is_made_by_controller, purpose
from netlint.model.services.service_spec import has_pods, is_headless
from netlint.model.subjects import subject_of
from netlint.objects.core import Service, ServicePort
from netlint.phrases import NAMED, first_of, inflected, shortened


def services_without_pods(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A Service's selector selects no pod."""
    for service in filter(has_pods, cluster.view.services):
        selector = service.spec.selector or {}
        shapes = cluster.pods.shapes_having(service.namespace, selector)
        if cluster.pods.any_live(shapes):
            continue
        templates = cluster.view.templates.having(service.namespace, selector)
        scaled_down = [template.subject for template in templates if template.replicas == 0]
        if len(scaled_down) < len(templates):
            continue
        violation = _without_pods(cluster, service, len(cluster.pods.of_shapes(shapes)), scaled_down)
        why = why_pods_may_exist(cluster, service)
        if why and not violation.related:
            yield Undecided(subject_of(service), why)
        else:
            yield violation


def _without_pods(cluster: Cluster, service: Service, completed: int, scaled_down: list[Subject]) -> Violation:
    selector = service.spec.selector or {}
    selected = "only completed pods" if completed else "no pod"
    others = () if completed or scaled_down else cluster.services.selection.labels_in(service.namespace)
    slips, owner = nearest(selector, others) or ([], None)
    meant = f"; {' and '.join(map(str, slips))} of {owner}" if owner else ""
    return Violation(
        subject_of(service),
        ("spec", "selector"),
        f"{text_of(selector)} selects {selected} in namespace {service.namespace}"
        + (f"; {scaled_down[0]} has no replicas" if scaled_down else meant),
        {"selector": selector, "completedPods": completed, "nearest": {slip.label[0]: slip.label[1] for slip in slips}},
        tuple(Related(subject, ("spec", "replicas"), "has no replicas") for subject in scaled_down)
        + ((Related(owner, (), "has labels like those"),) if owner else ()),
        mitigated=bool(scaled_down),
    )


def unmatched_target_ports(cluster: Cluster) -> Iterator[Violation]:
    """A named targetPort is found in none, or not in all, of the selected pods."""
    for service in filter(has_pods, cluster.view.services):
        named = [
            (index, port)
            for index, port in enumerate(service.spec.ports or ())
            if isinstance(port.targetPort, str) and port.targetPort
        ]
        selected = cluster.services.selection.groups(service) if named else []
        for index, port in named:
            without = [group for group in selected if resolved_port(port, group.containers) is None]
            without = [group for group in without if not _is_of_jobs(cluster, group)]
            if without:
                examples = map(cluster.services.selection.example_of, without)
                yield _unmatched(
                    service, index, port, sorted(examples, key=lambda subject: subject.order), len(selected)
                )
            elif hidden := overlooked_sidecar(cluster, service, port, selected):
                yield _in_sidecar(service, index, port, *hidden)


def _in_sidecar(service: Service, index: int, port: ServicePort, example: Subject, shown: Release) -> Violation:
    return Violation(
        subject_of(service),
        ("spec", "ports", index, "targetPort"),
        f"{protocol(port)} port {port.targetPort!r} is declared by a sidecar of {example} alone, and {shown.witness} "
        f"is {shown.version}: before {'.'.join(map(str, FIND_SIDECARS))} such a port is left out of EndpointSlices",
        {"targetPort": port.targetPort, "protocol": protocol(port), "release": shown.version},
        (Related(example, (), "declares the port in an init container"),)
        + ((Related(shown.subject, shown.path, f"shows {shown.version}"),) if shown.subject else ()),
        key=f"{protocol(port)}/{port.port}",
        mitigated=True,
    )


def _unmatched(service: Service, index: int, port: ServicePort, without: list[Subject], all_of: int) -> Violation:
    where = "no selected pod" if len(without) == all_of else f"not every selected pod; not {without[0]}"
    return Violation(
        subject_of(service),
        ("spec", "ports", index, "targetPort"),
        f"{protocol(port)} port {port.targetPort!r} is declared by {where}",
        {"targetPort": port.targetPort, "protocol": protocol(port), "without": list(map(str, without))},
        tuple(Related(subject, (), "does not declare the port") for subject in without[:NAMED]),
        key=f"{protocol(port)}/{port.port}",
        mitigated=len(without) < all_of,
        harmless=is_headless(service),  # its names lead to pods whatever ports these have
    )


def _is_of_jobs(cluster: Cluster, group: PodGroup) -> bool:
    """Whether all its pods do a Job: they have the labels of an application, and serve nobody."""
    owners = [cluster.pods.shapes[number].owner for number in group.shapes]
    return bool(owners) and all(owner is not None and owner[0] == "Job" for owner in owners)


def shared_selectors(cluster: Cluster) -> Iterator[Violation]:
    """Two Services of one sort lead to the same ports of the same pods."""
    alike: defaultdict[tuple[object, ...], list[Service]] = defaultdict(list)
    for service in _with_peers(cluster.view.services):
        alike[purpose(service)].append(service)
    rollouts = ROLLOUT in cluster.view.snapshot.reading.other_kinds
    for first, *others in alike.values():
        if others and not rollouts and not any(map(is_made_by_controller, (first, *others))):
            yield Violation(
                subject_of(first),
                ("spec", "selector"),
                f"{shortened(subject_of(other) for other in others)} "
                f"{inflected(len(others), 'leads', 'lead')} to the same ports of the same pods",
                {"services": [str(subject_of(service)) for service in (first, *others)]},
                tuple(Related(subject_of(other), ("spec", "selector"), "selects the same") for other in others),
            )


def _with_peers(services: list[Service]) -> Iterator[Service]:
    """Services with the selector of another one in their namespace."""
    keys = [
        (service.namespace, frozenset((service.spec.selector or {}).items())) if has_pods(service) else None
        for service in services
    ]
    count = Counter(keys)
    return (service for service, key in zip(services, keys, strict=True) if key and count[key] > 1)


def stale_endpoint_addresses(cluster: Cluster) -> Iterator[Violation]:
    """EndpointSlices list addresses that no live pod of the Service has."""
    slices = cluster.view.slices
    for difference in cluster.services.endpoints.differences:
        if not difference.stale:
            continue
        entries = [_endpoint(cluster, difference, number, row) for number, row in difference.stale]
        number, row = difference.stale[0]
        yield Violation(
            subject_of(difference.service),
            ("spec", "selector"),
            f"{_with_pods(entries)} {inflected(len(entries), 'is', 'are')} listed as {FAMILY_NAMES[difference.family]} "
            f"{inflected(len(entries), 'endpoint', 'endpoints')}, but no live pod of the Service has "
            f"{inflected(len(entries), 'it', 'them')}{_ended(cluster, difference)}",
            {"family": FAMILY_NAMES[difference.family], "endpoints": entries},
            (Related(slices.subject(number), slices.address_path(number, row), f"lists {entries[0]['address']}"),),
            key=FAMILY_NAMES[difference.family],
            mitigated=_is_lag(cluster, difference, _targets(cluster, difference)),
        )


def _ended(cluster: Cluster, difference: Difference) -> str:
    """The first of the stale endpoints' pods that has completed or failed, where there is one."""
    for row in _targets(cluster, difference):
        if not cluster.pods.is_live(row):
            return f"; {cluster.pods.subject(row)} has {cluster.pods.phase(row).name.lower()}"
    return ""


def missing_endpoint_addresses(cluster: Cluster) -> Iterator[Violation]:
    """Pods of the Service are in none of its EndpointSlices."""
    pods = cluster.pods
    for difference in cluster.services.endpoints.differences:
        if not difference.missing:
            continue
        rows = sorted(difference.missing, key=pods.order)
        entries = [
            {"address": addresses.text(difference.family, pods.address(row, difference.family)), "pod": pods.name(row)}
            for row in rows
        ]
        yield Violation(
            subject_of(difference.service),
            ("spec", "selector"),
            f"{_with_pods(entries)} {inflected(len(entries), 'is', 'are')} in no {FAMILY_NAMES[difference.family]} "
            "EndpointSlice of the Service",
            {"family": FAMILY_NAMES[difference.family], "pods": entries},
            tuple(Related(pods.subject(row), (), "is selected") for row in rows[:NAMED]),
            key=FAMILY_NAMES[difference.family],
            mitigated=_is_lag(cluster, difference, rows),
        )


def mismatched_endpoints(cluster: Cluster) -> Iterator[Violation]:
    """Endpoints do not say what their pods demand: ports, conditions, target or node."""
    for difference in cluster.services.endpoints.differences:
        if difference.mismatched:
            yield _mismatched(cluster, difference)


def _mismatched(cluster: Cluster, difference: Difference) -> Violation:
    entries = [
        {**_endpoint(cluster, difference, number, row), "wrong": list(map(_mismatch_evidence, mismatches))}
        for number, row, _, mismatches in difference.mismatched
    ]
    slices, family, more = cluster.view.slices, FAMILY_NAMES[difference.family], len(entries) - 1
    number, row, pod, mismatches = difference.mismatched[0]
    return Violation(
        subject_of(difference.service),
        ("spec", "selector"),
        f"the {family} endpoint {entries[0]['address']} has {_mismatch_text(mismatches[0])}"
        + (f"; {more} more {inflected(more, 'differs', 'differ')}" if more else ""),
        {"family": family, "endpoints": entries},
        (
            Related(slices.subject(number), slices.endpoint_path(number, row), "has the endpoint"),
            Related(cluster.pods.subject(pod), (), "is the pod"),
        ),
        key=family,
        mitigated=_is_lag(cluster, difference, [pod for _, _, pod, _ in difference.mismatched]),
    )


def _is_lag(cluster: Cluster, difference: Difference, rows: list[int]) -> bool:
    """Whether every pod involved changed after the slices did, so that the controller may be about to write."""
    changed = [cluster.pods.last_change(row) for row in rows]
    return bool(difference.changed and changed) and min(changed) > difference.changed


def _targets(cluster: Cluster, difference: Difference) -> list[int]:
    """The pods that the stale endpoints name; one that does not exist is no lag, so then none."""
    named = {(difference.service.namespace, cluster.view.slices.target(row)) for _, row in difference.stale}
    rows = cluster.services.endpoints.stale_targets
    return [rows[key] for key in named] if rows.keys() >= named else []


def _endpoint(cluster: Cluster, difference: Difference, number: int, row: int) -> dict[str, Any]:
    slices = cluster.view.slices
    return {
        "address": addresses.text(difference.family, slices.address(row, difference.family)),
        "target": slices.target(row) or None,
        "slice": slices[number].name,
    }


def _mismatch_evidence(mismatch: EndpointMismatch) -> dict[str, Any]:
    return {"field": mismatch.field, "expected": _value(mismatch.expected), "actual": _value(mismatch.actual)}


def _value(value: object) -> object:
    if isinstance(value, Conditions):
        return value._asdict()
    if isinstance(value, frozenset):
        return [{"name": name, "port": port, "protocol": transport} for name, port, transport in sorted(value, key=str)]
    return value


def _mismatch_text(mismatch: EndpointMismatch) -> str:
    actual, expected = mismatch.actual, mismatch.expected
    if isinstance(actual, Conditions) and isinstance(expected, Conditions):
        wrong = [name for name in Conditions._fields if getattr(actual, name) != getattr(expected, name)]
        return " and ".join(f"{name} {str(getattr(actual, name)).lower()}" for name in wrong) + ", unlike the pod"
    return f"{mismatch.field} {_in_words(actual)} where the pod demands {_in_words(expected)}"


def _in_words(value: object) -> str:
    if isinstance(value, frozenset):
        ports = [f"{name or 'unnamed'} {port}/{transport}" for name, port, transport in sorted(value, key=str)]
        return ", ".join(ports) or "no port"
    return repr(value)


def _with_pods(entries: list[dict[str, Any]]) -> str:
    """The first addresses with their pods, the others as a number."""
    return first_of(
        [f"{entry['address']} ({entry['pod']})" if entry.get("pod") else str(entry["address"]) for entry in entries]
    )


CHECKS = (
    mismatched_endpoints,
    missing_endpoint_addresses,
    services_without_pods,
    shared_selectors,
    stale_endpoint_addresses,
    unmatched_target_ports,
)
