"""Declarations of one and the same range in several places, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint import addresses
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
NODE_RANGE_PLUGINS = ("flannel", "kindnet")
"""Plugins that take ranges from Nodes: their own setting has to cover all of it, and may be wider."""
POOL_PLUGINS = ("calico", "cilium", "weave")
"""Plugins that give out addresses of their own pools: these have to lie in the cluster's range."""
CILIUM_DEFAULT_POOLS = {addresses.parse_cidr(text).range for text in ("10.0.0.0/8", "fd00::/104")}
"""Cilium's pools where nobody chose one."""


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
    return not is_extension and not (declared.authority == "cilium" and declared.range in CILIUM_DEFAULT_POOLS)


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
    if declared.authority in NODE_RANGE_PLUGINS:
        return not any(declared.range.covers(leading_range) for leading_range in leading_ranges)
    if declared.authority in POOL_PLUGINS:
        return not any(leading_range.covers(declared.range) for leading_range in leading_ranges)
    return declared.authority in authorities and declared.range not in leading_ranges
