"""Declarations of one and the same range in several places, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint import addresses
from netlint.model.cni import PLUGINS
from netlint.model.cni.pod_addresses import Fit, PodRange
from netlint.model.declared.declarations import Authority, Declaration, Role, Standing

LEADING = {
    Role.POD: (Authority.CONTROLLER_MANAGER, Authority.OPENSHIFT, Authority.KUBEADM),
    Role.SERVICE: (
        Authority.SERVICE_CIDR,
        Authority.API_SERVER,
        Authority.OPENSHIFT,
        Authority.CONTROLLER_MANAGER,
        Authority.KUBEADM,
    ),
}
"""Who declares the range, the one that is in force first."""
POD_RANGES = {plugin.name: plugin.pod_range for plugin in PLUGINS}
FIRST_SERVICE_CIDR = "kubernetes"
"""The ServiceCIDR that the API server makes from its flag; others extend it."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The declaration in force, and those that say something else."""

    role: Role
    family: int
    leading: tuple[Declaration, ...]
    differing: tuple[Declaration, ...]


def disagreements(declarations: Iterable[Declaration]) -> Iterator[Disagreement]:
    """At most one for each kind of range and family."""
    firm = [found for found in declarations if found.standing is Standing.DECLARED and not found.node]
    for role, authorities in LEADING.items():
        for family in addresses.BITS:
            told = [found for found in firm if found.role is role and found.range.family == family and _is_told(found)]
            found = _disagreement(role, family, told, authorities)
            if found is not None:
                yield found


def _is_told(declared: Declaration) -> bool:
    is_extension = declared.authority == Authority.SERVICE_CIDR and declared.subject.name != FIRST_SERVICE_CIDR
    return not is_extension and declared.range not in _pod_range(declared).defaults


def _disagreement(
    role: Role, family: int, told: list[Declaration], authorities: tuple[Authority, ...]
) -> Disagreement | None:
    first = next((found for name in authorities for found in told if found.authority == name), None)
    if first is None:
        return None
    leading = tuple(found for found in told if found.subject == first.subject and found.authority == first.authority)
    rest = [found for found in told if found not in leading]
    differing = tuple(found for found in rest if _differs(found, leading, authorities))
    return Disagreement(role, family, leading, differing) if differing else None


def _differs(declared: Declaration, leading: tuple[Declaration, ...], authorities: tuple[Authority, ...]) -> bool:
    held = [found.range for found in leading]
    fit = _pod_range(declared).fit
    if fit is Fit.COVERS:
        return not any(declared.range.covers(one) for one in held)
    if fit is Fit.LIES_INSIDE:
        return not any(one.covers(declared.range) for one in held)
    return declared.authority in authorities and declared.range not in held


def _pod_range(declared: Declaration) -> PodRange:
    """What the setting means to the plugin that declares it; nothing where it is none."""
    return POD_RANGES.get(declared.authority, PodRange())
