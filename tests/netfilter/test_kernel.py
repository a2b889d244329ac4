"""What netlint makes of rules is what Linux does with them, packet by packet."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlint.dataplane.netfilter import nftables_rules
from netlint.dataplane.netfilter.packets import Mark
from netlint.dataplane.netfilter.rules import Ruleset
from netlint.dataplane.netfilter.tables import postrouting
from netlint.objects.netfilter import NftRuleset
from netlint.sources.dumps import iptables_save
from netlint.sources.dumps.iptables_save import FilterLines
from tests.support.kernel import require, unavailable
from tests.support.netfilter import probe
from tests.support.netfilter.expected import hits, holds
from tests.support.netfilter.written import PACKETS, Packet, Table, tables
from tests.support.program import running

BACKENDS = {
    "iptables-legacy": (["iptables-legacy-restore"], ["iptables-legacy-save", "-t", "nat"]),
    "iptables-nft": (["iptables-nft-restore"], ["iptables-nft-save", "-t", "nat"]),
    "nft": (["nft", "-f", "-"], ["nft", "--json", "list", "ruleset"]),
}


@dataclass
class Kernel:
    """A network namespace with rules of one backend."""

    backend: str
    process: subprocess.Popen[str]
    ports: Iterator[int] = field(default_factory=lambda: count(10_000))

    def ask(self, table: Table, packets: list[Packet]) -> tuple[str, list[str]]:
        """What the backend prints of the rules, and the source that each packet leaves with."""
        load, show = BACKENDS[self.backend]
        text = table.nft if self.backend == "nft" else table.iptables
        question = {"load": load, "print": show, "rules": text, "packets": packets}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer["error"] == "", text
        return answer["printed"], answer["sources"]


@pytest.fixture(scope="module", params=BACKENDS)
def kernel(request: pytest.FixtureRequest) -> Iterator[Kernel]:
    require(*(command[0] for command in BACKENDS[request.param]), "ip", "unshare")
    command = ["unshare", "--net", sys.executable, probe.__file__]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with running(*command, timeout=300, text=True, **streams) as process:
        made = Kernel(request.param, process)
        try:
            made.ask(Table([[], [], [], []]), [])
        except (AssertionError, ValueError, OSError) as error:
            process.kill()
            unavailable(f"this kernel gives no network namespace with {request.param}: {error}")
        yield made
        assert process.stdin is not None
        process.stdin.close()


def ruleset(backend: str, printed: str) -> list[Ruleset]:
    if backend == "nft":
        return list(nftables_rules.postrouting(msgspec.json.decode(printed, type=NftRuleset), 4, False, ""))
    found = postrouting(iptables_save.read(printed.splitlines(), FilterLines()), "")
    return [found] if found else []


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables(), packets=st.lists(PACKETS, min_size=4, max_size=12))
def test_the_kernel_translates_the_same_packets(kernel: Kernel, table: Table, packets: list[Packet]) -> None:
    asked = [packet | {"source_port": next(kernel.ports)} for packet in packets]
    printed, sources = kernel.ask(table, asked)
    for packet, source in zip(asked, sources, strict=True):
        found = hits(ruleset(kernel.backend, printed), Mark(packet["mark"]))
        assert [hit.packets.doubt for hit in found if hit.packets.doubt] == []
        told = any(holds(hit.packets, packet) for hit in found)
        assert (source != packet["source"]) is told, (packet, source, printed)
