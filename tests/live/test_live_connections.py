"""Ways into a cluster, as kubectl has them: kubeconfigs, credentials and pods; and what is said where one is barred."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from netlint.errors import ClusterError
from netlint.sources.live import apiserver
from tests.support.controlplane import ControlPlane
from tests.support.live import kubeconfigs
from tests.support.live.certificates import Authority
from tests.support.live.kubeconfigs import plugin, printing, service_account_token, with_certificate
from tests.support.live.relay import Answer, Forward, Relay, Request, refusal
from tests.support.live.running import Run, check, netlint

RULES = ("--select", "duplicate-pod-ips")
PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
TWINS = [
    ("duplicate-pod-ips", "error", "Pod lab/double", "10.244.1.20 also belongs to Pod shop/double"),
    ("duplicate-pod-ips", "warning", "Pod shop/leaving", "10.244.1.21 also belongs to Pod shop/staying"),
]

Changed = Callable[..., Path]


@pytest.fixture
def changed(faulty: ControlPlane, tmp_path: Path) -> Changed:
    """Writes the administrator's kubeconfig with changes."""

    def write(cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None, **top: Any) -> Path:
        return kubeconfigs.changed(faulty, tmp_path / "config", cluster, user, **top)

    return write


def _is_read(run: Run, context: str = "admin") -> None:
    """The cluster was read, and the terminal said which one."""
    assert (run.findings, run.skips, run.errors, run.code) == (TWINS, [], [], 1)
    assert run.report["run"]["server"] == {"context": context, "version": "v1.36.3"}
    assert run.err.startswith(f"netlint: reading {context} at https://127.0.0.1:")
    assert run.err.count("\n") == 1


def _is_barred(run: Run, problem: str, context: str = "admin") -> None:
    """There is a report, which says why nothing was evaluated."""
    url = run.err.partition("\n")[0].rpartition(" ")[2]
    assert run.err == f"netlint: reading {context} at {url}\nnetlint: {context} at {url}: {problem}\n"
    assert (run.findings, run.errors, run.code) == ([], [f"{context} at {url}: {problem}"], 2)
    assert run.skips == [("duplicate-pod-ips", "incomplete", ["Pod"], [], "the cluster could not be read")]


def _refusal(kubeconfig: Path) -> str:
    """Why it leads to no cluster; in this process, as there are many such files."""
    with pytest.raises(ClusterError) as refused:
        apiserver.connect(kubeconfig, None, None, 60)
    return str(refused.value)


def _is_no_use(run: Run, problem: str) -> None:
    """What was given leads to no cluster; a report says so, too."""
    assert (run.code, run.findings, run.errors, run.err) == (2, [], [problem], f"netlint: {problem}\n")
    assert run.skips == [("duplicate-pod-ips", "incomplete", ["Pod"], [], "the cluster could not be read")]


# Credentials


def test_client_certificate(faulty: ControlPlane, authority: Authority, changed: Changed) -> None:
    faulty.grant("certified", [PODS])

    _is_read(check(changed(user=with_certificate(authority.issue("certified"))), *RULES))


def test_client_certificate_of_another_authority(changed: Changed, tmp_path: Path) -> None:
    certificate = Authority(tmp_path).issue("certified")

    _is_barred(check(changed(user=with_certificate(certificate)), *RULES), UNAUTHORIZED)


def test_token_in_a_file_beside_the_kubeconfig(faulty: ControlPlane, changed: Changed, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(faulty.token())

    _is_read(check(changed(user={"tokenFile": "token"}), *RULES))


def test_authority_inside_the_kubeconfig(faulty: ControlPlane, changed: Changed) -> None:
    data = base64.b64encode(faulty.ca_file.read_bytes()).decode()

    _is_read(check(changed({"certificate-authority": None, "certificate-authority-data": data}), *RULES))


def test_server_whose_certificate_is_not_looked_at(changed: Changed) -> None:
    _is_read(check(changed({"certificate-authority": None, "insecure-skip-tls-verify": True}), *RULES))


def test_token_until_it_expires(faulty: ControlPlane, changed: Changed) -> None:
    faulty.apply_yaml("{apiVersion: v1, kind: ServiceAccount, metadata: {name: watchman, namespace: lab}}")
    faulty.grant("system:serviceaccount:lab:watchman", [PODS])

    def run(expires_in: int) -> Run:
        token = service_account_token(faulty, "lab", "watchman", expires_in)
        return check(changed(user={"token": token}), *RULES)

    _is_read(run(expires_in=600))
    _is_barred(run(expires_in=-600), UNAUTHORIZED)


def test_wrong_token(changed: Changed) -> None:
    _is_barred(check(changed(user={"token": "wrong"}), *RULES), UNAUTHORIZED)


def test_no_credentials(changed: Changed) -> None:
    """The server lets everybody ask for its version, and nothing else."""
    run = check(changed(user={}), *RULES)

    refused = 'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster '
    error = f"admin: nothing may be read, starting with: {refused}scope; netlint rbac prints the roles"
    assert (run.findings, run.errors, run.code) == ([], [error], 2)
    assert run.skips == [("duplicate-pod-ips", "forbidden", ["Pod"], [], f"{refused}scope")]


UNAUTHORIZED = "Unauthorized: the credentials are not accepted; log in again"


# Credential plugins; these are found beside the kubeconfig


def test_plugin_that_prints_a_token(faulty: ControlPlane, changed: Changed, tmp_path: Path) -> None:
    script = f"echo logging in >&2; {printing(token=faulty.token())}"

    _is_read(check(changed(user=plugin(tmp_path, script)), *RULES))


def test_plugin_that_prints_a_certificate(
    faulty: ControlPlane, authority: Authority, changed: Changed, tmp_path: Path
) -> None:
    faulty.grant("plugin", [PODS])
    issued = authority.issue("plugin")
    script = printing(clientCertificateData=issued.file.read_text(), clientKeyData=issued.key.read_text())

    _is_read(check(changed(user=plugin(tmp_path, script)), *RULES))


def test_plugin_whose_token_is_refused(changed: Changed, tmp_path: Path) -> None:
    _is_barred(check(changed(user=plugin(tmp_path, printing(token="old"))), *RULES), UNAUTHORIZED)


ENDED = "it ended with exit code 7; run it by hand to see why"
NO_CREDENTIAL = "what it prints is no ExecCredential with a token or a certificate; run it by hand to see"


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo 'your session ended;' >&2; echo log in >&2; exit 7", ENDED),
        ("exit 7", ENDED),
        ("echo secret", NO_CREDENTIAL),
        ("echo '{}'", NO_CREDENTIAL),
        (printing(expirationTimestamp="soon"), NO_CREDENTIAL),
        (
            """echo '{"apiVersion": "secret/v1", "kind": "ExecCredential", "status": {}}'""",
            "it answers in another version of ExecCredential than the kubeconfig names",
        ),
    ],
)
def test_plugin_that_fails(changed: Changed, tmp_path: Path, script: str, problem: str) -> None:
    """netlint does not go on as nobody, and repeats nothing of what a plugin prints: tokens may be in it."""
    config = changed(user=plugin(tmp_path, script))

    assert _refusal(config) == f"{config}: the credential plugin failed: {problem}"


def test_plugin_that_is_not_installed(changed: Changed) -> None:
    config = changed(user={"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}})

    problem = "the credential plugin failed: No such file or directory: 'no-such-plugin'"
    _is_no_use(check(config, *RULES), f"{config}: {problem}")


def test_user_that_acts_as_another(faulty: ControlPlane, changed: Changed) -> None:
    """As kubectl does; the option comes first."""
    admin = {"token": faulty.token()}
    config = changed(user={**admin, "as": "nobody"})

    refused = 'pods is forbidden: User "%s" cannot list resource "pods" in API group "" at the cluster scope'
    for name, option in (("nobody", ()), ("somebody", ("--as", "somebody"))):
        assert check(config, *RULES, *option).skips == [("duplicate-pod-ips", "forbidden", ["Pod"], [], refused % name)]
    problem = "'as-groups' of a user is not known here; impersonate with 'as' or --as alone"
    assert _refusal(changed(user={**admin, "as": "a", "as-groups": ["b"]})) == f"{config}: {problem}"


def test_ways_to_log_in_that_are_not_known(changed: Changed) -> None:
    config = changed(user={"auth-provider": {"name": "gcp"}})

    problem = "the auth-provider 'gcp' is not known here; use a credential plugin (exec)"
    assert _refusal(config) == f"{config}: {problem}"


def test_token_that_cannot_be_sent(changed: Changed) -> None:
    run = check(changed(user={"token": "ab\ncd"}), *RULES)

    _is_barred(run, "the credentials cannot be sent: a character in them is not allowed")


# Proxies


def test_proxy_that_does_not_run(faulty: ControlPlane, changed: Changed) -> None:
    config = changed({"proxy-url": "http://me:secret@127.0.0.1:9"})

    _is_barred_by_a_proxy(check(config, *RULES), faulty)
    _is_barred_by_a_proxy(check(changed(), *RULES, env={"HTTPS_PROXY": "http://127.0.0.1:9"}), faulty)
    _is_read(check(changed(), *RULES, env={"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}))


def _is_barred_by_a_proxy(run: Run, plane: ControlPlane) -> None:
    problem = "through the proxy http://127.0.0.1:9: the connection is refused; is the server running?"
    assert (run.errors, run.code) == ([f"admin at {plane.url} {problem}"], 2)


def test_socks_proxy_without_its_library(changed: Changed) -> None:
    config = changed({"proxy-url": "socks5://127.0.0.1:9"})

    assert _refusal(config) == f"{config}: a SOCKS proxy needs PySocks: pip install pysocks"


# Servers that cannot be used


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        (None, "the cluster of context 'admin' has no server"),
        ("10.0.0.1:6443", "the server '10.0.0.1:6443' is no URL; write https://10.0.0.1:6443"),
    ],
)
def test_server_that_is_no_url(changed: Changed, server: str | None, problem: str) -> None:
    config = changed({"server": server})

    assert _refusal(config) == f"{config}: {problem}"


def test_server_of_another_authority(authority: Authority, changed: Changed) -> None:
    run = check(changed({"certificate-authority": str(authority.own.file)}), *RULES)

    _is_barred(run, "the server's certificate is not trusted: self-signed certificate in certificate chain")


def test_server_of_another_name(changed: Changed) -> None:
    problem = "the server's certificate is not trusted: Hostname mismatch, certificate is not valid for 'other.example'"

    _is_barred(check(changed({"tls-server-name": "other.example"}), *RULES), problem)


def test_server_that_does_not_run(changed: Changed) -> None:
    with socket.socket() as closed:  # bound, so that nobody else gets the port, but not listening
        closed.bind(("127.0.0.1", 0))
        run = check(changed({"server": _url(closed)}), *RULES)

    _is_barred(run, "the connection is refused; is the server running?")


def test_server_whose_name_is_unknown(changed: Changed) -> None:
    run = check(changed({"server": "https://cluster.invalid"}), *RULES)

    _is_barred(run, "the server's name cannot be resolved")


def test_server_that_says_nothing(changed: Changed) -> None:
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        run = check(changed({"server": _url(silent)}), *RULES, "--request-timeout", "1")

    _is_barred(run, "no answer in time; try a larger --request-timeout")
    assert 1 < time.monotonic() - started < 10


def test_server_that_speaks_tls_is_asked_without(faulty: ControlPlane, changed: Changed) -> None:
    run = check(changed({"server": faulty.url.replace("https:", "http:")}), *RULES)

    _is_barred(run, "Client sent an HTTP request to an HTTPS server.")


def test_server_that_is_none_of_kubernetes(faulty: ControlPlane) -> None:
    def greet(request: Request, forward: Forward) -> Answer:
        return Answer(200, b"<html>It works!</html>")

    with Relay(faulty, greet) as relay:
        _is_barred(check(relay.kubeconfig(), *RULES), "this is no Kubernetes API server")


def test_server_that_is_broken(faulty: ControlPlane) -> None:
    def break_down(request: Request, forward: Forward) -> Answer:
        return refusal(500, "InternalError", "etcd is gone")

    with Relay(faulty, break_down) as relay:
        _is_barred(check(relay.kubeconfig(), *RULES), "etcd is gone")


def test_a_barred_cluster_is_told_to_people_too(changed: Changed, tmp_path: Path) -> None:
    """One line that says what and where; and a report is written."""
    config = changed(user={"token": "wrong"})

    run = netlint("check", "-o", f"concise={tmp_path / 'report'}", *RULES, kubeconfig=config)

    url = yaml.safe_load(config.read_text())["clusters"][0]["cluster"]["server"]
    assert (run.code, run.err) == (2, f"netlint: reading admin at {url}\n")
    assert run.out.splitlines()[:2] == [
        f"error: admin at {url}: {UNAUTHORIZED}",
        "not evaluated: duplicate-pod-ips: the cluster could not be read",
    ]
    assert (tmp_path / "report").read_text().splitlines() == [
        f"-: error: admin at {url}: {UNAUTHORIZED}",
    ]


def _url(listener: socket.socket) -> str:
    return f"https://127.0.0.1:{listener.getsockname()[1]}"


# Contexts, and kubeconfigs that are none


def test_context_that_is_named(faulty: ControlPlane, changed: Changed) -> None:
    context = {"cluster": "live", "user": "admin"}
    config = changed(contexts=[{"name": name, "context": context} for name in ("prod", "lab")], **{CURRENT: "prod"})

    _is_read(check(config, *RULES), "prod")
    _is_read(check(config, *RULES, "--context", "lab"), "lab")
    _is_no_use(check(config, *RULES, "--context", "lob"), f"{config} has no context 'lob'; it has prod, lab")


@pytest.mark.parametrize("current", ["", None])
def test_no_current_context(changed: Changed, current: str | None) -> None:
    config = changed(**{CURRENT: current})

    assert _refusal(config) == f"{config} names no current context; choose one with --context"


@pytest.mark.parametrize("part", ["cluster", "user"])
def test_context_of_what_is_not_there(changed: Changed, part: str) -> None:
    context = {"cluster": "live", "user": "admin", part: "gone"}
    config = changed(contexts=[{"name": "admin", "context": context}])

    assert _refusal(config) == f"{config}: context 'admin' names {part} 'gone', which is not there"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"- a list", "it is no mapping"),
        (b"some text", "it is no mapping"),
        (b"broken: [", "it cannot be read as YAML"),
        (b"\xff\xfe\x00", "it cannot be read as YAML"),
        (b"", "it has no contexts"),
        (b"{apiVersion: v1, kind: Pod, metadata: {name: web}}", "it has no contexts"),
        (b"contexts: 3", "something in it is missing or of another type"),
        (b"contexts: [one, two]", "something in it is missing or of another type"),
        (b"contexts: [{context: {}}]", "something in it is missing or of another type"),
    ],
)
def test_no_kubeconfig(tmp_path: Path, content: bytes, problem: str) -> None:
    config = tmp_path / "config"
    config.write_bytes(content)

    assert _refusal(config) == f"{config} is no kubeconfig: {problem}"


def test_no_such_kubeconfig(tmp_path: Path) -> None:
    gone = tmp_path / "gone"

    _is_no_use(check(gone, *RULES), f"{gone}: no such kubeconfig")
    _is_no_use(check(tmp_path, *RULES), f"{tmp_path}: no such kubeconfig")
    _is_no_use(check(None, *RULES, env={"KUBECONFIG": str(gone)}), f"{gone}: no such kubeconfig")


@pytest.mark.parametrize(
    ("cluster", "user"),
    [({"certificate-authority": "gone"}, None), ({}, {"client-certificate": "gone", "client-key": "gone"})],
)
def test_files_that_a_kubeconfig_names_and_that_are_not_there(changed: Changed, tmp_path: Path, cluster, user) -> None:
    config = changed(cluster, user)

    assert _refusal(config) == f"{config}: File does not exist: {tmp_path / 'gone'}"


CURRENT = "current-context"


# Where kubeconfigs are found


def test_kubeconfig_in_the_environment_and_at_home(faulty: ControlPlane, changed: Changed, tmp_path: Path) -> None:
    """The option wins over the environment, and this over the file at home."""
    right, wrong = changed(), tmp_path / "wrong"
    wrong.write_text("")
    at_home = tmp_path / "home" / ".kube" / "config"
    at_home.parent.mkdir(parents=True)

    at_home.write_text(right.read_text())
    _is_read(check(None, *RULES, env={"HOME": str(tmp_path / "home")}))
    at_home.write_text("")
    _is_read(check(None, *RULES, env={"HOME": str(tmp_path / "home"), "KUBECONFIG": str(right)}))
    _is_read(check(right, *RULES, env={"HOME": str(tmp_path / "home"), "KUBECONFIG": str(wrong)}))


def test_several_kubeconfigs(faulty: ControlPlane, tmp_path: Path) -> None:
    """Each has a part; files that are not there are passed over, and what comes first wins."""
    context = {"cluster": "live", "user": "admin"}
    files = {
        "contexts": {CURRENT: "lab", "contexts": [{"name": "lab", "context": context}]},
        "clusters": {CURRENT: "prod", "clusters": [{"name": "live", "cluster": _cluster(faulty)}]},
        "users": {"users": [{"name": "admin", "user": {"token": faulty.token()}}]},
        "others": {
            "contexts": [{"name": "lab", "context": {}}, {"name": "prod", "context": context}],
            "users": [{"name": "admin", "user": {"token": "wrong"}}],
        },
    }
    for name, content in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(content))
    listed = ":".join(str(tmp_path / name) for name in ("gone", *files))

    _is_read(check(None, *RULES, env={"KUBECONFIG": listed}), "lab")
    _is_read(check(None, *RULES, "--context", "prod", env={"KUBECONFIG": listed}), "prod")
    wrong = check(None, *RULES, "--context", "live", env={"KUBECONFIG": listed})
    _is_no_use(wrong, f"{listed} has no context 'live'; it has lab, prod")


def _cluster(plane: ControlPlane) -> dict[str, str]:
    return {"server": plane.url, "certificate-authority": str(plane.ca_file)}


def test_inside_a_pod(faulty: ControlPlane) -> None:
    """With the files of its service account; a kubeconfig comes first."""
    user = "system:serviceaccount:shop:linter"
    faulty.apply_yaml("{apiVersion: v1, kind: ServiceAccount, metadata: {name: linter, namespace: shop}}")
    faulty.grant(user, [PODS])
    folder = faulty.service_account_folder(user, namespace="shop")

    _is_read(check(None, *RULES, env=faulty.pod_environment, pod=folder), "in-cluster")
    _is_read(check(faulty.kubeconfig(), *RULES, env=faulty.pod_environment, pod=folder))

    nodes = check(None, "--select", "missing-pod-cidrs", env=faulty.pod_environment, pod=folder)
    refused = f'nodes is forbidden: User "{user}" cannot list resource "nodes" in API group "" at the cluster scope'
    assert nodes.skips == [("missing-pod-cidrs", "forbidden", ["Node"], [], refused)]
    assert (nodes.findings, nodes.errors, nodes.code) == ([], [], 0)


def test_inside_a_pod_without_service_account(faulty: ControlPlane, tmp_path: Path) -> None:
    run = check(None, *RULES, env=faulty.pod_environment, pod=tmp_path)

    _is_no_use(run, "this is inside a cluster, but: Service token file does not exist.")


def test_inside_a_pod_whose_token_is_refused(faulty: ControlPlane, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old")
    (tmp_path / "ca.crt").write_bytes(faulty.ca_file.read_bytes())

    _is_barred(check(None, *RULES, env=faulty.pod_environment, pod=tmp_path), UNAUTHORIZED, "in-cluster")


def test_nowhere() -> None:
    run = check(None)
    problem = (
        "nothing to check: name files or folders, or give --kubeconfig; there is no kubeconfig "
        "(KUBECONFIG, ~/.kube/config), and this is not inside a cluster"
    )
    assert (run.code, run.out, run.err) == (2, "", f"netlint: {problem}\n")


@pytest.mark.parametrize("option", ["--request-timeout", "--timeout"])
def test_a_time_without_an_end(changed: Changed, option: str) -> None:
    run = netlint("check", option, "inf", kubeconfig=changed())

    assert (run.code, run.out, run.err) == (2, "", f"netlint: {option} inf: give a number of seconds\n")


def test_plugin_that_does_not_end(changed: Changed, tmp_path: Path) -> None:
    config = changed(user=plugin(tmp_path, "sleep 5"))

    problem = "the credential plugin did not end in time; try a larger --request-timeout"
    _is_no_use(check(config, *RULES, "--request-timeout", "0.5"), f"{config}: {problem}")


def test_no_credentials_are_shown(changed: Changed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither those of the server's URL nor those of a proxy, whatever goes wrong."""
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    config = changed({"server": "https://me:hunter2@127.0.0.1:2"})

    way = "admin at https://127.0.0.1:2 through the proxy http://127.0.0.1:1"
    said = f"{way}: the connection is refused; is the server running?"
    run = check(config, *RULES, "-vv")
    assert (run.code, run.errors) == (2, [said])
    assert run.err == f"netlint: reading admin at https://127.0.0.1:2\nnetlint: {said}\n"


def test_a_proxy_that_is_no_url(changed: Changed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "foo:bar:hunter2")
    monkeypatch.setenv("NO_PROXY", "")
    config = changed()

    _is_no_use(check(config, *RULES), f"{config}: the proxy is no URL: look at proxy-url and HTTPS_PROXY")
