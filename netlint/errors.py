"""The errors of netlint itself: what can go wrong outside the cluster that is checked.

    NetlintError                netlint could not do (part of) its job; exit code 2
    ├── UsageError              wrong arguments; no report is written
    ├── ConfigError             a configuration file that cannot be used
    ├── CatalogueError          a rule page that cannot be used
    └── SourceError             an input that is missing, denied, corrupt or holds no object
        └── ClusterError        the same for an API server

A fault *in the cluster* is never an exception: it is a finding. A check that crashes is a Failure.
"""

from __future__ import annotations


class NetlintError(Exception):
    """An error that is told in one clear line: what, where, and what to do next."""


class UsageError(NetlintError):
    """Wrong arguments."""


class ConfigError(NetlintError):
    """A configuration file that cannot be used."""


class CatalogueError(NetlintError):
    """A rule page that cannot be used, or a rule that does not exist."""


class SourceError(NetlintError):
    """An input that is missing, denied, corrupt or holds no object."""


class ClusterError(SourceError):
    """An API server that cannot be reached or does not let us in."""
