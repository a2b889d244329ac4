"""A small client of the Kubernetes API on the standard library."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

Object = dict[str, Any]
Objects = list[Object]

_MERGE_PATCH = "application/merge-patch+json"
_APPLY_PATCH = "application/apply-patch+yaml"
# What only the server sets, so that objects read from one server can be created on another.
_SERVER_FIELDS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_BEFORE_OTHERS = ("Namespace", "CustomResourceDefinition")


class ApiError(Exception):
    """The server refused a request."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message


class Client:
    """Requests of one user, over connections that are kept; threads may share it."""

    def __init__(self, url: str, token: str, ca_file: str) -> None:
        address = urlsplit(url)
        self._address = (address.hostname or "", address.port)
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._idle: deque[http.client.HTTPSConnection] = deque()
        self._resources: dict[str, dict[str, Object]] = {}

    # Reading

    def get(self, path: str, accept: str = "application/json") -> Any:
        return self.request("GET", path, accept=accept)

    def list(self, path: str, metadata_only: bool = False, **parameters: str) -> Objects:
        """The items of a list, each with its apiVersion and kind. Parameters: labelSelector="app=web" etc."""
        accept = "application/json"
        if metadata_only:
            accept += ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        answer = self.get(f"{path}?{urlencode(parameters)}" if parameters else path, accept=accept)
        own = {"apiVersion": answer["apiVersion"], "kind": answer["kind"].removesuffix("List")}
        return [own | item for item in answer.get("items") or []]

    def exists(self, obj: Object) -> bool:
        try:
            self.get(self.path(obj))
        except ApiError as error:
            if error.status != 404:
                raise
            return False
        return True

    # Writing

    def create(self, obj: Object) -> Object:
        """Creates the object. The server ignores a status here: see patch_status and apply."""
        return self.request("POST", self.collection_path(obj), _without_server_fields(obj))

    def apply(self, obj: Object) -> Object:
        """Creates the object, or changes it when it exists, and gives it its status when it has one."""
        try:
            result = self.create(obj)
        except ApiError as error:
            if error.status not in (409, 422) or not self.exists(obj):
                raise
            result = self.request(
                "PATCH",
                f"{self.path(obj)}?fieldManager=tests&force=true",
                {key: value for key, value in _without_server_fields(obj).items() if key != "status"},
                content_type=_APPLY_PATCH,
            )
        return self.patch_status(obj, obj["status"]) if obj.get("status") else result

    def apply_many(self, objects: Iterable[Object], threads: int = 8) -> Objects:
        """Applies many objects at once, namespaces and resource definitions before all others."""
        remaining = list(objects)
        first = [obj for obj in remaining if obj["kind"] in _BEFORE_OTHERS]
        others = [obj for obj in remaining if obj["kind"] not in _BEFORE_OTHERS]
        return [*self.in_parallel(self.apply, first, threads), *self.in_parallel(self.apply, others, threads)]

    def patch(self, obj: Object, change: Object) -> Object:
        """Changes the object by a merge patch: null removes a field, lists are replaced whole."""
        return self.request("PATCH", self.path(obj), change, content_type=_MERGE_PATCH)

    def patch_status(self, obj: Object, status: Object) -> Object:
        return self.request("PATCH", f"{self.path(obj)}/status", {"status": status}, content_type=_MERGE_PATCH)

    def delete(self, obj: Object, grace_seconds: int = 0) -> None:
        """Deletes the object. Given a grace period, a pod on a node stays and is terminating."""
        self.request("DELETE", f"{self.path(obj)}?gracePeriodSeconds={grace_seconds}")

    def in_parallel(self, function: Callable[..., Any], items: Iterable[Any], threads: int = 8) -> Sequence[Any]:
        """What the function gives for each item, called by several threads; the first error is raised."""
        todo = list(items)
        if len(todo) < 2:
            return [function(item) for item in todo]
        with ThreadPoolExecutor(min(threads, len(todo))) as pool:
            return list(pool.map(function, todo))

    # Paths

    def path(self, obj: Object) -> str:
        return f"{self.collection_path(obj)}/{quote(obj['metadata']['name'], safe='')}"

    def collection_path(self, obj: Object) -> str:
        """The path of the list that the object belongs to, as the server's discovery tells it."""
        version = obj["apiVersion"]
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        resource = self._resources_of(base).get(obj["kind"])
        if resource is None:
            raise ApiError(404, "NotFound", f"the server has no {obj['kind']} in {version}")
        if not resource["namespaced"]:
            return f"{base}/{resource['name']}"
        namespace = obj["metadata"].get("namespace", "default")
        return f"{base}/namespaces/{namespace}/{resource['name']}"

    def _resources_of(self, base: str) -> dict[str, Object]:
        if base not in self._resources:
            resources = self.get(base)["resources"]
            self._resources[base] = {each["kind"]: each for each in resources if "/" not in each["name"]}
        return self._resources[base]

    # Transport

    def request(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Any:
        """The decoded answer; ApiError with the server's own message when it refuses."""
        headers = self._headers | {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = content_type
        status, answer = self._exchange(method, path, json.dumps(body) if body is not None else None, headers)
        if status >= 400:
            raise _error(status, answer)
        return _decoded(answer)

    def _exchange(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """Sends on an idle connection, or on a new one when there is none or the server has closed it."""
        with contextlib.suppress(http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError, IndexError):
            return self._send(self._idle.pop(), method, path, body, headers)
        connection = http.client.HTTPSConnection(*self._address, timeout=60, context=self._tls)
        return self._send(connection, method, path, body, headers)

    def _send(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        path: str,
        body: str | None,
        headers: dict[str, str],
    ) -> tuple[int, bytes]:
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            answer = response.status, response.read()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return answer

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


def _decoded(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return answer.decode(errors="replace")


def _error(status: int, answer: bytes) -> ApiError:
    decoded = _decoded(answer)
    if isinstance(decoded, dict):
        return ApiError(status, decoded.get("reason", ""), decoded.get("message", ""))
    return ApiError(status, http.client.responses.get(status, ""), str(decoded).strip())


def _without_server_fields(obj: Object) -> Object:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _SERVER_FIELDS}
    return obj | {"metadata": metadata}
