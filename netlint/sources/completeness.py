"""What an input of files knows completely: exports show all of a kind, manifests only what somebody wrote.

A namespace that shows one observed object of a kind shows all of them: that is how exports are made. Manifests
prove that something is there. That something is not, they prove only of what people write and nothing else in the
input makes: pods and slices are made by controllers, and Services or workloads by operators, releases and generators.
"""

from __future__ import annotations

from collections import defaultdict

from netlint.snapshot import Gap, Reason, Snapshot

MADE = {"EndpointSlice", "Pod"}
"""The kinds whose objects controllers make."""


def conclude(snapshot: Snapshot) -> None:
    """Put into the snapshot's knowledge what follows from all that was read."""
    knowledge = snapshot.knowledge
    makers = _makers(snapshot)
    for kind, namespace in sorted(snapshot.inhabited()):
        if (kind, namespace) in knowledge.observed:
            knowledge.completed(kind, namespace)
        elif kind in MADE:
            message = f"the {kind}s in it are manifests, and controllers make others"
            knowledge.doubt(Gap(kind, Reason.MISSING, message), namespace)
        elif namespace in makers:
            message = f"{makers[namespace]} may make a {kind}, which netlint does not see"
            knowledge.doubt(Gap(kind, Reason.UNDECIDED, message), namespace)
        else:
            knowledge.completed(kind, namespace)


def _makers(snapshot: Snapshot) -> dict[str, str]:
    """By namespace, the first of what may make objects in it, and how many more there are."""
    by_namespace: defaultdict[str, list[str]] = defaultdict(list)
    for kind, namespace, name in sorted(snapshot.reading.makers):
        by_namespace[namespace].append(f"{kind} {namespace}/{name}")
    return {namespace: makers[0] for namespace, makers in by_namespace.items()}
