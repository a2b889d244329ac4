"""References to other namespaces whose grants could not be read."""

from __future__ import annotations

from netlint.checks.ingress import ungranted_references
from netlint.cluster import Cluster
from netlint.findings import Subject, Undecided
from netlint.snapshot import Reason
from tests.support.model.healthy import meta
from tests.support.model.reading import snapshot


def test_nothing_is_said_of_a_reference_into_a_namespace_whose_grants_are_not_known() -> None:
    backend = {"name": "web", "namespace": "backoffice", "port": 80}
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": meta("front", "shop"),
        "spec": {"rules": [{"backendRefs": [backend]}]},
    }
    found = snapshot([route])
    found.knowledge.withdraw("ReferenceGrant", "backoffice", Reason.FORBIDDEN, "")
    subject = Subject("gateway.networking.k8s.io/v1", "HTTPRoute", "shop", "front")
    message = "the ReferenceGrants of namespace backoffice are not known"
    assert list(ungranted_references(Cluster(found))) == [Undecided(subject, message, Reason.MISSING)]
