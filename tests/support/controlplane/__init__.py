"""A real Kubernetes control plane for the live tests."""

from .client import ApiError, Client
from .cluster import ControlPlane, KubectlError
from .options import Options
from .prepare import UnavailableError, binaries
from .process import ServerError

__all__ = [
    "ControlPlane",
    "Options",
    "Client",
    "ApiError",
    "KubectlError",
    "ServerError",
    "UnavailableError",
    "binaries",
]
