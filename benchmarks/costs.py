"""What each object of an input costs netlint: the bytes of its tables and objects once everything is read.

python benchmarks/costs.py /tmp/netlint-bench/cluster.api.json
"""

import sys
from collections.abc import Iterator
from typing import Any

from netlint.snapshot import Snapshot
from netlint.sources import Files, read


def main() -> int:
    snapshot, _ = read(Files(tuple(sys.argv[1:])), (), "default")
    print(f"{'':34} {'objects':>9} {'bytes':>13} {'each':>9}")
    for what, count, size in _costs(snapshot):
        print(f"{what:34} {count:9,} {size:13,} {size / max(count, 1):9,.1f}")
    return 0


def _costs(snapshot: Snapshot) -> Iterator[tuple[str, int, int]]:
    seen: set[int] = set()
    pods, slices = snapshot.pods, snapshot.slices
    of_shapes = {f"Pod: shape: {name}": column for name, column in vars(pods.shapes).items()}
    of_pods = {f"Pod: {name}": column for name, column in vars(pods).items() if name not in {"shapes", "_finder"}}
    for name, column in (of_shapes | of_pods).items():
        yield name, len(pods), _size(column, seen)
    for name, column in vars(slices).items():
        count = len(slices) if name in {"slices", "starts"} else len(slices.v4)
        yield f"{'EndpointSlice' if name in {'slices', 'starts'} else 'Endpoint'}: {name}", count, _size(column, seen)
    for kind, objects in sorted(snapshot.objects.items()):
        yield kind, len(objects), _size(objects, seen)
    yield "origins", len(snapshot.origins.window), _size(snapshot.origins, seen)


def _size(root: Any, seen: set[int]) -> int:
    """Bytes of everything that hangs on a value; what hangs on two counts where it is met first."""
    size, waiting = 0, [root]
    while waiting:
        value = waiting.pop()
        if id(value) not in seen and not isinstance(value, type):
            seen.add(id(value))
            size += sys.getsizeof(value)
            waiting += _parts(value)
    return size


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    else:
        names = (*getattr(value, "__struct_fields__", ()), *getattr(value, "__slots__", ()))
        yield from (getattr(value, name) for name in names if hasattr(value, name))
        yield from getattr(value, "__dict__", {}).values()


if __name__ == "__main__":
    sys.exit(main())
