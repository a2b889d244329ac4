"""In a network namespace of its own: loads rules into the kernel, sends packets, says with which source they leave.

A line of JSON on standard input has the program that takes the rules, their text, the program that prints them, and the
packets; one on standard output has what is printed, and the source address of each packet.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import subprocess
import sys

LINKS = {"out0": ("10.2.0.0/16", "10.9.0.1"), "out1": ("10.3.0.0/16", "10.9.0.2")}
SO_MARK = 36
LIMIT = 30  # seconds that anything may take


def set_up() -> dict[str, socket.socket]:
    commands = ["link set lo up", "route add local 10.1.0.0/16 dev lo"]
    for name, (network, address) in LINKS.items():
        commands += [f"link add {name} arp off type veth peer name peer-{name}", f"addr add {address}/32 dev {name}"]
        commands += [f"link set {name} up", f"link set peer-{name} up"]
        commands += [f"route add {network} dev {name}"]
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True, timeout=LIMIT)
    taps = {}
    for name in LINKS:
        taps[name] = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
        taps[name].bind((name, 0x0003))
    return taps


def send(taps: dict[str, socket.socket], packet: dict) -> str:
    kind = socket.SOCK_STREAM if packet["protocol"] == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as sender:
        sender.setsockopt(socket.SOL_SOCKET, SO_MARK, packet["mark"])
        sender.bind((packet["source"], packet["source_port"]))
        sender.setblocking(False)
        sender.connect_ex((packet["destination"], packet["destination_port"]))
        if kind == socket.SOCK_DGRAM:
            sender.send(b"?")
        return seen(taps, packet)


def seen(taps: dict[str, socket.socket], packet: dict) -> str:
    wanted = socket.inet_aton(packet["destination"]), packet["destination_port"]
    while True:
        ready, _, _ = select.select(list(taps.values()), [], [], LIMIT)
        if not ready:
            return "nothing"
        for tap in ready:
            data = tap.recv(2048)
            header = (data[0] & 15) * 4
            port = struct.unpack_from("!H", data, header + 2)[0] if len(data) >= header + 4 else 0
            if data[0] >> 4 == 4 and (data[16:20], port) == wanted:
                return socket.inet_ntoa(data[12:16])


def drain(taps: dict[str, socket.socket]) -> None:
    while ready := select.select(list(taps.values()), [], [], 0)[0]:
        for tap in ready:
            tap.recv(2048)


def main() -> None:
    taps = set_up()
    for line in sys.stdin:
        asked = json.loads(line)
        loaded = subprocess.run(
            asked["load"], input=asked["rules"], text=True, capture_output=True, check=False, timeout=LIMIT
        )
        printed = subprocess.run(asked["print"], text=True, capture_output=True, check=False, timeout=LIMIT)
        sources = []
        for packet in asked["packets"]:
            drain(taps)
            sources.append(send(taps, packet))
        answer = {"error": loaded.stderr if loaded.returncode else "", "printed": printed.stdout, "sources": sources}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
