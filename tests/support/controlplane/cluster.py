"""A real control plane for tests: etcd, the API server and the controller manager."""

from __future__ import annotations

import csv
import dataclasses
import os
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from tests.support.program import execute

from . import etcd, kubelet
from .client import ApiError, Client
from .options import Options, api_server_command, controller_manager_command, etcd_command
from .process import Server, ServerError, free_port
from .settle import Settling, wait_until

Object = dict[str, Any]

ADMIN = "admin"
_SERVICE_ACCOUNT = "system:serviceaccount:"
_START_TIMEOUT = 90
_STARTS = 4  # how often a server is started whose port somebody else took in the meantime


class KubectlError(Exception):
    """kubectl failed; the message is what it wrote to standard error."""


class ControlPlane:
    """Runs from `with` to the end of its block, on loopback, in a temporary folder that goes with it.

    A user is `admin`, one of the options' users, or `system:serviceaccount:NAMESPACE:NAME`.
    """

    def __init__(self, binaries: Path, options: Options | None = None, **changes: Any) -> None:
        self.binaries = binaries
        self.options = dataclasses.replace(options or Options(), **changes)
        self.url = ""
        self._temporary = tempfile.TemporaryDirectory(prefix="netlint-live-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.ca_file = self.folder / "ca.crt"
        self._tokens = {user: secrets.token_hex(16) for user in (ADMIN, *self.options.users)}
        self._clients: dict[str, Client] = {}
        self._servers: dict[str, Server] = {}
        self._node_addresses: dict[str, list[str]] = {}

    # Life

    def __enter__(self) -> ControlPlane:
        try:
            self._write_tokens()
            self._start_etcd()
            self._start_api_server()
            if self.options.controller_manager:
                self.start_controller_manager()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the servers, last ones first. Nothing of theirs is kept, so they need no time to finish."""
        self._close_clients()
        for server in reversed(self._servers.values()):
            server.kill()
        self._servers.clear()
        self._temporary.cleanup()

    @property
    def pids(self) -> list[int]:
        """The ids of the servers' processes."""
        return [server.pid for server in self._servers.values()]

    def log_end(self, program: str = "kube-controller-manager", lines: int = 50) -> str:
        return self._servers[program].log_end(lines)

    def _write_tokens(self) -> None:
        groups: Mapping[str, Sequence[str]] = {ADMIN: ["system:masters"], **self.options.users}
        with (self.folder / "tokens.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerows([self._tokens[user], user, user, ",".join(of)] for user, of in groups.items())

    def _start(self, command: list[str]) -> Server:
        name = Path(command[0]).name
        self._servers[name] = server = Server(command, self.folder / f"{name}.log")
        return server

    def _start_etcd(self) -> None:
        server = self._start(etcd_command(self.binaries / "etcd", self.folder))
        socket = self.folder / "etcd.sock"
        wait_until(lambda: "" if socket.exists() else "etcd does not listen", _START_TIMEOUT, server.check, 0.01)

    def compact(self) -> None:
        """Makes etcd forget the past, as it does every few minutes.

        The server then answers 410 to whoever goes on with a list. A server that keeps snapshots of its own
        (ListFromCacheSnapshot) does so only later.
        """
        etcd.compact(self.folder / "etcd.sock")

    def _start_api_server(self) -> None:
        for attempt in range(1, _STARTS + 1):
            address = self.options.bind_address
            port = free_port(address)
            self._close_clients()
            self.url = f"https://[{address}]:{port}" if ":" in address else f"https://{address}:{port}"
            server = self._start(api_server_command(self.binaries / "kube-apiserver", self.folder, port, self.options))
            try:
                wait_until(self._not_ready, _START_TIMEOUT, server.check)
            except ServerError:
                if attempt == _STARTS or not server.lost_its_port():
                    raise
            except TimeoutError as error:
                raise ServerError(f"the API server is not ready {error}; its log ends:\n{server.log_end()}") from error
            else:
                return

    def _not_ready(self) -> str:
        """What is not ready yet: the server itself or the objects that it makes at first."""
        try:
            self._trust_own_certificate()
            self.admin.get("/readyz")
            self.admin.get("/api/v1/namespaces/default/services/kubernetes")
        except (ApiError, OSError) as error:
            return str(error)
        return ""

    def _trust_own_certificate(self) -> None:
        """Takes the authority's certificate from the server's chain, where it is the last one."""
        if not self.ca_file.exists():
            folder = self.folder / "certificates"
            (folder / "apiserver.key").stat()  # written after the chain
            chain = (folder / "apiserver.crt").read_text(encoding="ascii")
            begin = "-----BEGIN CERTIFICATE-----"
            self.ca_file.write_text(begin + chain.rpartition(begin)[2], encoding="ascii")

    def _close_clients(self) -> None:
        while self._clients:
            self._clients.popitem()[1].close()

    # The controller manager

    def start_controller_manager(self, **changes: Any) -> None:
        """Starts it, if need be with changed options. Use settle() to wait for what it does."""
        self.stop_controller_manager()
        self.options = dataclasses.replace(self.options, **changes)
        program = self.binaries / "kube-controller-manager"
        self._start(controller_manager_command(program, self.kubeconfig(), self.ca_file, self.options))

    def stop_controller_manager(self) -> None:
        """Ends it, so that it repairs nothing that a test writes."""
        server = self._servers.pop("kube-controller-manager", None)
        if server:
            server.kill()

    def settle(self, timeout: float = 60, node_ranges: bool = True) -> None:
        """Waits until the controller manager has written all that follows from the objects that are there.

        Without `node_ranges` it does not wait for nodes to get their pod ranges.
        """
        server = self._servers.get("kube-controller-manager")
        if server is None:
            raise ServerError("the controller manager does not run")
        try:
            Settling(self.admin, self.options, timeout, server.check).wait(node_ranges)
        except TimeoutError as error:
            raise TimeoutError(
                f"not settled {error}; the controller manager's log ends:\n{server.log_end()}"
            ) from error

    # Access

    @property
    def admin(self) -> Client:
        return self.client()

    def client(self, user: str = ADMIN) -> Client:
        if user not in self._clients:
            self._clients[user] = Client(self.url, self.token(user), str(self.ca_file))
        return self._clients[user]

    def token(self, user: str = ADMIN) -> str:
        """The user's bearer token. The server makes that of a service account, which has to exist."""
        if user not in self._tokens and user.startswith(_SERVICE_ACCOUNT):
            namespace, name = user.removeprefix(_SERVICE_ACCOUNT).split(":")
            path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
            request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
            self._tokens[user] = self.admin.request("POST", path, request)["status"]["token"]
        return self._tokens[user]

    def kubeconfig(self, user: str = ADMIN, namespace: str = "default") -> Path:
        """A kubeconfig file for the user, with a context of the user's name."""
        path = self.folder / f"{_file_name(user)}-{namespace}.kubeconfig"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "live", "cluster": {"server": self.url, "certificate-authority": str(self.ca_file)}}],
            "users": [{"name": user, "user": {"token": self.token(user)}}],
            "contexts": [{"name": user, "context": {"cluster": "live", "user": user, "namespace": namespace}}],
            "current-context": user,
        }
        text = yaml.safe_dump(config)
        if not path.exists() or path.read_text(encoding="utf-8") != text:  # others may be reading it
            path.write_text(text, encoding="utf-8")
        return path

    def service_account_folder(self, user: str, namespace: str = "default") -> Path:
        """A folder such as pods find at /var/run/secrets/kubernetes.io/serviceaccount."""
        folder = self.folder / f"{_file_name(user)}-{namespace}.serviceaccount"
        folder.mkdir(exist_ok=True)
        (folder / "token").write_text(self.token(user), encoding="ascii")
        (folder / "ca.crt").write_bytes(self.ca_file.read_bytes())
        (folder / "namespace").write_text(namespace, encoding="utf-8")
        return folder

    @property
    def pod_environment(self) -> dict[str, str]:
        """The environment variables by which programs in pods find the API server."""
        host, _, port = self.url.removeprefix("https://").rpartition(":")
        return {"KUBERNETES_SERVICE_HOST": host.strip("[]"), "KUBERNETES_SERVICE_PORT": port}

    def kubectl(self, *arguments: str, user: str = ADMIN, stdin: str | None = None) -> str:
        """What kubectl prints; KubectlError when it fails."""
        result = execute(
            self.binaries / "kubectl",
            f"--kubeconfig={self.kubeconfig(user)}",
            f"--cache-dir={self.folder / 'kubectl-cache'}",
            *arguments,
            input=stdin or "",
            env=os.environ | {"HOME": str(self.folder)},
            encoding="utf-8",
        )
        if result.returncode != 0:
            raise KubectlError(result.stderr.strip())
        return result.stdout

    # Objects

    def apply_yaml(self, text: str) -> list[Object]:
        """Applies all documents of a manifest, each with its status if it has one."""
        return self.admin.apply_many(document for document in yaml.safe_load_all(text) if document)

    def grant(self, user: str, rules: Sequence[Object], namespace: str | None = None) -> None:
        """Gives the user a Role in the namespace, or a ClusterRole when none is named."""
        kind = "Role" if namespace else "ClusterRole"
        metadata = {"name": f"granted-{secrets.token_hex(4)}"}
        if namespace:
            metadata["namespace"] = namespace
        group = "rbac.authorization.k8s.io"
        common = {"apiVersion": f"{group}/v1", "metadata": metadata}
        self.admin.create(common | {"kind": kind, "rules": list(rules)})
        self.admin.create(
            common
            | {
                "kind": f"{kind}Binding",
                "roleRef": {"apiGroup": group, "kind": kind, "name": metadata["name"]},
                "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
            }
        )

    # The part of the kubelets

    def add_node(
        self,
        name: str,
        addresses: Sequence[str],
        *,
        ready: bool = True,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        spec: Object | None = None,
    ) -> Object:
        """Registers a node with these internal addresses, as its kubelet would."""
        own = {"kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
        metadata = {"name": name, "labels": {**own, **(labels or {})}, "annotations": dict(annotations or {})}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec or {}}
        self.admin.create(node)
        self._node_addresses[name] = list(addresses)
        return self.admin.patch_status(node, kubelet.node_status(name, addresses, ready))

    def run_pod(
        self, pod: Object, ip: str | Sequence[str] = (), *, ready: bool = True, phase: str = "Running"
    ) -> Object:
        """Creates a pod that names its node, and reports its status with these addresses.

        A pod of the host network has its node's addresses, unless others are given.
        """
        return self.report_pod(self.admin.create(pod), ip, ready=ready, phase=phase)

    def report_pod(
        self, pod: Object, ip: str | Sequence[str] = (), *, ready: bool = True, phase: str = "Running"
    ) -> Object:
        """Reports the status of a pod that is there, as run_pod does."""
        host_ips = self._addresses_of(pod["spec"]["nodeName"])
        ips = [ip] if isinstance(ip, str) else list(ip)
        if not ips and pod["spec"].get("hostNetwork"):
            ips = host_ips
        return self.admin.patch_status(pod, kubelet.pod_status(pod, host_ips, ips, ready, phase))

    def _addresses_of(self, node: str) -> list[str]:
        """The node's addresses at first sight, as asking for each of thousands of pods would take long."""
        if node not in self._node_addresses:
            self._node_addresses[node] = kubelet.node_addresses(self.admin.get(f"/api/v1/nodes/{node}"))
        return self._node_addresses[node]


def _file_name(user: str) -> str:
    return quote(user, safe="")
