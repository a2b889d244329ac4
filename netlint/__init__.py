"""netlint checks that the Kubernetes network model really holds."""

__version__ = "0.1.0"
