"""Declarations of one and the same range in several places, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint import addresses
from netlint.model.cni import PLUGINS
from netlint.model.cni.pod_addresses import Fit, PodRange
from netlint.model.declared.declarations import Authority, Declaration, Role, Standing
from netlint.model.ranges.service_cidrs import DEFAULT_SERVICE_CIDR

AUTHORITIES_BY_RANK = {
    Role.POD: (Authority.CONTROLLER_MANAGER, Authority.OPENSHIFT, Authority.KUBEADM),
    Role.SERVICE: (
        Authority.SERVICE_CIDR,
        Authority.API_SERVER,
        Authority.OPENSHIFT,
        Authority.CONTROLLER_MANAGER,
        Authority.KUBEADM,
    ),
}
"""Who declares ranges of a role, the one whose declaration is in force first."""
POD_RANGES = {plugin.name: plugin.pod_range for plugin in PLUGINS}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Declarations of a role and family: ``leading`` is in force, ``differing`` say something else."""

    role: Role
    family: int
    leading: tuple[Declaration, ...]
    differing: tuple[Declaration, ...]


def disagreements(declarations: Iterable[Declaration]) -> Iterator[Disagreement]:
    """Disagreements on the cluster-wide ranges, at most one for each role and family."""
    cluster_wide = [
        declaration
        for declaration in declarations
        if declaration.standing is Standing.DECLARED and not declaration.node
    ]
    for role, authorities in AUTHORITIES_BY_RANK.items():
        for family in addresses.BITS:
            comparable = [
                declaration
                for declaration in cluster_wide
                if declaration.role is role and declaration.range.family == family and _is_comparable(declaration)
            ]
            disagreement = _disagreement(role, family, comparable, authorities)
            if disagreement is not None:
                yield disagreement


def _is_comparable(declared: Declaration) -> bool:
    is_extension = declared.authority == Authority.SERVICE_CIDR and declared.subject.name != DEFAULT_SERVICE_CIDR
    return not is_extension and declared.range not in _pod_range(declared).defaults


def _disagreement(
    role: Role, family: int, comparable: list[Declaration], authorities: tuple[Authority, ...]
) -> Disagreement | None:
    leader = next(
        (declaration for name in authorities for declaration in comparable if declaration.authority == name), None
    )
    if leader is None:
        return None
    leading = tuple(
        declaration
        for declaration in comparable
        if declaration.subject == leader.subject and declaration.authority == leader.authority
    )
    others = [declaration for declaration in comparable if declaration not in leading]
    differing = tuple(declaration for declaration in others if _differs(declaration, leading, authorities))
    return Disagreement(role, family, leading, differing) if differing else None


def _differs(declared: Declaration, leading: tuple[Declaration, ...], authorities: tuple[Authority, ...]) -> bool:
    leading_ranges = [declaration.range for declaration in leading]
    fit = _pod_range(declared).fit
    if fit is Fit.COVERS:
        return not any(declared.range.covers(leading_range) for leading_range in leading_ranges)
    if fit is Fit.LIES_INSIDE:
        return not any(leading_range.covers(declared.range) for leading_range in leading_ranges)
    return declared.authority in authorities and declared.range not in leading_ranges


def _pod_range(declared: Declaration) -> PodRange:
    """What the setting means to the plugin that declares it; nothing where it is none."""
    return POD_RANGES.get(declared.authority, PodRange())
