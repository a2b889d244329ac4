"""The service proxy: whose Services it programs, and who runs it.

Source: k8s.io/kubernetes/pkg/proxy, kubernetes.io/docs/reference/networking/virtual-ips.
"""

from __future__ import annotations

from netlint.objects.core import Service

PROXY_NAME = "service.kubernetes.io/service-proxy-name"


def is_of_this_proxy(service: Service) -> bool:
    """Whether the cluster's own proxy programs the Service, and not another one that its label names."""
    return PROXY_NAME not in service.labels
