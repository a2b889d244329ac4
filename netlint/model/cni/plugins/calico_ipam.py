"""Calico's own IPAM: pools, and the blocks of them that nodes own.

Source: github.com/projectcalico/calico, api/pkg/apis/projectcalico/v3, libcalico-go/lib/ipam; docs.tigera.io, IP
address management.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from netlint import addresses
from netlint.addresses import Range
from netlint.findings import Subject
from netlint.model.cni.pod_addresses import Filling
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of
from netlint.objects.calico_crds import BlockAffinity, IPAMBlock, IPPool
from netlint.objects.meta import Path
from netlint.phrases import shortened

NAME = "calico"
OWNER = "host:"
BLOCK_LENGTHS = {4: 26, 6: 122}
EVERY_NODE = ("", "all()")

Block = tuple[Declaration, IPAMBlock]


def pools(view: SnapshotView) -> list[IPPool]:
    """All pools that name a range, those closed for new addresses included."""
    return [pool for pool in view.objects("IPPool") if pool.spec.cidr]


def serves_pods(pool: IPPool) -> bool:
    """Whether pods take addresses from it, now or earlier."""
    return not pool.spec.allowedUses or "Workload" in pool.spec.allowedUses


def idle_pools(view: SnapshotView) -> set[str]:
    """The names of closed pools of which nobody has an address; blocks tell that, and pods where there are none.

    They are no pod ranges: they name addresses, often outside of the cluster, that are not masqueraded.
    """
    closed = [(pool.name, span) for pool in pools(view) if pool.spec.disabled and (span := _range_of(pool.spec.cidr))]
    in_blocks = [span for block in blocks(view) if (span := _range_of(block.spec.cidr))] if closed else []
    if not in_blocks:
        return {name for name, span in closed if not view.pods.any_in([span])}
    in_use = set(addresses.touching([span for _, span in closed], in_blocks))
    return {name for number, (name, _) in enumerate(closed) if number not in in_use}


@lru_cache(maxsize=1 << 14)  # blocks are looked at for several questions
def _range_of(cidr: str | None) -> Range | None:
    try:
        return addresses.parse_cidr(cidr or "").range
    except ValueError:
        return None


def blocks(view: SnapshotView) -> list[IPAMBlock]:
    """The blocks in force."""
    return [block for block in view.objects("IPAMBlock") if block.spec.cidr and not block.spec.deleted]


def owner_of(block: IPAMBlock) -> str:
    """The node to which a block belongs; empty for one without."""
    affinity = block.spec.affinity or ""
    return affinity.removeprefix(OWNER) if affinity.startswith(OWNER) else ""


def declared_blocks(view: SnapshotView) -> Iterator[Block]:
    """The blocks in force, each with its range; with and without an owner."""
    for block in blocks(view):
        source = RangeSource(Role.NODE_POD, NAME, subject_of(block), owner_of(block), label="block")
        declared = source.cidr(("spec", "cidr"), block.spec.cidr or "")
        if isinstance(declared, Declaration):
            yield declared, block


def block_ranges(view: SnapshotView) -> Iterator[Declaration]:
    """The ranges of all blocks in force; those of no node included."""
    return (declared for declared, _ in declared_blocks(view))


def open_ranges(view: SnapshotView, strict: bool) -> Iterator[Declaration]:
    """Blocks of no node; the others too unless the affinity is strict, and then what was borrowed before."""
    for block in blocks(view):
        source = RangeSource(Role.NODE_POD, NAME, subject_of(block))
        declared = source.cidr(("spec", "cidr"), block.spec.cidr or "")
        if isinstance(declared, MalformedRange):
            continue
        if not (strict and owner_of(block)):
            yield declared
        else:
            family = declared.range.family
            for offset in _lent(block):
                address = declared.range.first + offset
                yield source.declaration(("spec", "allocations", offset), Range(family, address, address))


def _lent(block: IPAMBlock) -> Iterator[int]:
    """The addresses of a block that are recorded for pods of other nodes, by their offsets."""
    attributes = block.spec.attributes or ()
    for offset, number in enumerate(block.spec.allocations or ()):
        owner = attributes[number].secondary if number is not None and 0 <= number < len(attributes) else None
        if owner and owner.node and owner.node != owner_of(block):
            yield offset


@dataclass(frozen=True, slots=True)
class BlockClaim:
    """What says that a block belongs to a node."""

    subject: Subject
    path: Path
    node: str


def contested_blocks(view: SnapshotView) -> Iterator[tuple[str, list[BlockClaim]]]:
    """Blocks that are said to belong to several nodes; claims that are not confirmed do not count."""
    claims: dict[str, list[BlockClaim]] = {}
    for block in blocks(view):
        if owner_of(block):
            claim = BlockClaim(subject_of(block), ("spec", "affinity"), owner_of(block))
            claims.setdefault(block.spec.cidr or "", []).append(claim)
    for affinity in view.objects("BlockAffinity"):
        if affinity.spec.cidr and affinity.spec.node and _is_confirmed(affinity):
            claim = BlockClaim(subject_of(affinity), ("spec", "node"), affinity.spec.node)
            claims.setdefault(affinity.spec.cidr, []).append(claim)
    for cidr, of_block in sorted(claims.items()):
        if len({claim.node for claim in of_block}) > 1:
            yield cidr, of_block


def _is_confirmed(affinity: BlockAffinity) -> bool:
    spec = affinity.spec
    return spec.state == "confirmed" and str(spec.deleted).lower() != "true" and spec.type in {None, "", "host"}


@dataclass(frozen=True, slots=True)
class BlockPool:
    """A pool from which blocks are taken; ``length``: the prefix length of its blocks, None where that is not told."""

    declaration: Declaration
    length: int | None
    item: IPPool


def block_pools(view: SnapshotView) -> list[BlockPool]:
    """The pools from which blocks are taken, those closed for new ones included."""
    readable = []
    for pool in pools(view):
        declared = RangeSource(Role.POD, NAME, subject_of(pool)).cidr(("spec", "cidr"), pool.spec.cidr or "")
        if isinstance(declared, Declaration):
            readable.append(BlockPool(declared, pool.spec.blockSize, pool))
    return readable


def _open_pools(view: SnapshotView) -> list[BlockPool]:
    """The pools from which pods may get new addresses."""
    return [pool for pool in block_pools(view) if serves_pods(pool.item) and not pool.item.spec.disabled]


def unmatched_blocks(view: SnapshotView) -> Iterator[tuple[Declaration, BlockPool | None]]:
    """Blocks in use that are no piece of a pool: outside of all (None), or of another size than the pool says."""
    index = addresses.RangeIndex((pool.declaration.range, pool) for pool in block_pools(view))
    for declared, block in declared_blocks(view):
        if not _count(block):
            continue
        span = declared.range
        around = [pool for wider, pool in index.holding(span.family, span.first) if wider.covers(span)]
        if not around:
            yield declared, None
        elif around[-1].length and declared.cidr and declared.cidr.prefix_length != around[-1].length:
            yield declared, around[-1]


def _count(block: IPAMBlock) -> int:
    """How many addresses of the block are in use."""
    slots = block.spec.allocations or []
    return len(slots) - slots.count(None)


def fillings(view: SnapshotView) -> Iterator[Filling]:
    """Pools for all nodes are one supply in each family; one for some nodes is a supply of its own.

    Nothing where not all blocks are known.
    """
    if not view.is_complete("IPAMBlock"):
        return
    supplies: dict[tuple[int, str], list[BlockPool]] = {}
    for pool in _open_pools(view):
        everywhere = (pool.item.spec.nodeSelector or "") in EVERY_NODE
        key = (pool.declaration.range.family, "" if everywhere else pool.item.name)
        supplies.setdefault(key, []).append(pool)
    counts = [(declared.range, _count(block)) for declared, block in declared_blocks(view)]
    for supply in supplies.values():
        yield _filling([pool.declaration for pool in supply], counts)


def _filling(supply: list[Declaration], counts: Iterable[tuple[Range, int]]) -> Filling:
    """``counts``: how many addresses of each block are in use."""
    first, *others = supply
    spans = addresses.merged(pool.range for pool in supply)
    count = sum(number for block, number in counts if any(span.covers(block) for span in spans))
    name = shortened([str(pool) for pool in supply])
    return Filling(first.subject, first.path, name, sum(span.size for span in spans), count, tuple(others))


@dataclass(frozen=True, slots=True)
class BlockShortage:
    """Nodes must not borrow addresses, and there are fewer blocks than nodes."""

    subject: Subject
    family: int
    blocks: int
    nodes: int
    pools: tuple[Declaration, ...]


def shortages(view: SnapshotView) -> Iterator[BlockShortage]:
    """One for each family of pools that has fewer blocks than the cluster has nodes."""
    strict = next((config for config in view.objects("IPAMConfig") if config.spec.strictAffinity), None)
    if strict is None:
        return
    for family, default in BLOCK_LENGTHS.items():
        of_family = [pool for pool in _open_pools(view) if pool.declaration.range.family == family]
        count = sum(
            pool.declaration.range.size >> (addresses.BITS[family] - (pool.length or default)) for pool in of_family
        )
        if of_family and count < len(view.nodes):
            declared = tuple(pool.declaration for pool in of_family)
            yield BlockShortage(subject_of(strict), family, count, len(view.nodes), declared)
