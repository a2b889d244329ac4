"""Kubeconfig files, as kubectl chooses and reads them; the official client does what they say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from logging import Handler, getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netlint import side_files
from netlint.errors import ClusterError

if TYPE_CHECKING:
    from kubernetes.client import Configuration

LARGEST = 16 << 20
"""Bytes of a kubeconfig, which may hold certificates of many clusters."""
_NUMBER = re.compile(r"^(?:exec: )?\[Errno -?\d+\] ")
_ENDED = re.compile(r"process returned (?P<code>-?\d+)")
_USER_INFO = re.compile(r"(?P<scheme>^|[a-z]://)[^/@\s]*@", re.IGNORECASE)


def path_of(named: Path | None) -> str | None:
    """The kubeconfig file, or the list of them in KUBECONFIG; None where there is none."""
    if named is not None:
        if not named.is_file():
            raise ClusterError(f"{named}: no such kubeconfig")
        return str(named)
    from_environment = os.environ.get("KUBECONFIG")
    if from_environment:
        return from_environment
    try:
        default = Path("~/.kube/config").expanduser()
    except RuntimeError:  # a user without a home, as in many a container
        return None
    return str(default) if default.is_file() else None


def load(file: str, context: str | None, settings: Configuration) -> tuple[str, str | None]:
    """Put what a kubeconfig says into the client's settings; gives the context, and the user to impersonate.

    Raises ClusterError where it does not say how to reach a cluster.
    """
    from kubernetes.config.kube_config import load_kube_config

    try:
        configs = _documents(file)
        name = _chosen(file, configs, context)
        chosen = _named(configs, "contexts")[name]["context"]
        acting = _impersonated(file, _named(configs, "users").get(chosen.get("user"), {}).get("user") or {})
        with _complaints() as complaints:
            load_kube_config(config_file=file, context=name, client_configuration=settings)
    except (TypeError, KeyError, AttributeError) as error:
        raise ClusterError(f"{file} is no kubeconfig: something in it is missing or of another type") from error
    except ValueError as error:
        raise ClusterError(f"{file} is no kubeconfig: {error}") from error
    if complaints:
        raise ClusterError(f"{file}: the credential plugin failed: {_without_output(complaints[0])}")
    if not settings.host:
        raise ClusterError(f"{file}: the cluster of context {name!r} has no server")
    if "://" not in settings.host:
        shown = without_credentials(settings.host)
        raise ClusterError(f"{file}: the server {shown!r} is no URL; write https://{shown}")
    return name, acting


def without_credentials(text: str) -> str:
    """A text without the user and password of URLs in it."""
    return _USER_INFO.sub(r"\g<scheme>", text)


def _without_output(complaint: str) -> str:
    """What the client says of a plugin, without what that printed: tokens may be in it."""
    ended = _ENDED.search(complaint)
    if ended:
        return f"it ended with exit code {ended['code']}; run it by hand to see why"
    if "api version" in complaint:
        return "it answers in another version of ExecCredential than the kubeconfig names"
    if any(words in complaint for words in ("failed to decode", "malformed response", "missing token")):
        return "what it prints is no ExecCredential with a token or a certificate; run it by hand to see"
    if _NUMBER.match(complaint):  # the system's own words on a program that cannot be started
        return _NUMBER.sub("", complaint)
    return "run it by hand to see why"


def _impersonated(file: str, user: dict[str, Any]) -> str | None:
    """Whom the user acts as; ClusterError for what the client would pass over, and be somebody else."""
    for key in ("as-groups", "as-uid", "as-user-extra"):
        if user.get(key):
            raise ClusterError(f"{file}: {key!r} of a user is not known here; impersonate with 'as' or --as alone")
    provider = user.get("auth-provider")
    if provider and not user.keys() & {"token", "tokenFile", "client-certificate", "client-certificate-data"}:
        name = provider.get("name")
        raise ClusterError(f"{file}: the auth-provider {name!r} is not known here; use a credential plugin (exec)")
    acting = user.get("as")
    return str(acting) if acting else None


def _chosen(files: str, configs: list[dict[str, Any]], context: str | None) -> str:
    """The context to use, which names a cluster and a user that are there: the client would go on as nobody."""
    contexts = _named(configs, "contexts")
    if not contexts:
        raise ClusterError(f"{files} is no kubeconfig: it has no contexts")
    # the first file that names one decides, as for kubectl; the client would take the last one's
    name = context or next((current for config in configs if (current := config.get("current-context"))), None)
    if name is None:
        raise ClusterError(f"{files} names no current context; choose one with --context")
    if name not in contexts:
        raise ClusterError(f"{files} has no context {name!r}; it has {', '.join(contexts)}")
    for part in ("cluster", "user"):
        wanted = contexts[name]["context"].get(part)
        if wanted and wanted not in _named(configs, f"{part}s"):
            raise ClusterError(f"{files}: context {name!r} names {part} {wanted!r}, which is not there")
    return name


def _named(configs: list[dict[str, Any]], part: str) -> dict[str, dict[str, Any]]:
    """The contexts, clusters or users of the files by name; of one name, the first file's."""
    by_name: dict[str, dict[str, Any]] = {}
    for config in configs:
        for entry in config.get(part) or ():
            by_name.setdefault(str(entry["name"]), entry)
    return by_name


def _documents(files: str) -> list[dict[str, Any]]:
    """The files of a list such as KUBECONFIG, as far as they exist."""
    import yaml

    paths = [Path(name).expanduser() for name in files.split(os.pathsep) if name]
    try:
        documents = [yaml.safe_load(side_files.read(path, LARGEST)) for path in paths if path.is_file()]
    except OSError as error:
        raise ClusterError(f"{error.filename}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ClusterError(f"{files} is no kubeconfig: it cannot be read as YAML") from error
    if not documents:
        raise ClusterError(f"{files}: no such kubeconfig")
    if not all(document is None or isinstance(document, dict) for document in documents):
        raise ClusterError(f"{files} is no kubeconfig: it is no mapping")
    return [document or {} for document in documents]


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What the client logs: that a credential plugin failed, whereupon it would go on as nobody."""
    logged: list[str] = []
    handler = Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    logger = getLogger()
    logger.addHandler(handler)
    try:
        yield logged
    finally:
        logger.removeHandler(handler)
