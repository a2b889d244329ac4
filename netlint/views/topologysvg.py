"""The picture of the Kubernetes network model: pods on bridges, bridges on cards, cards on the fabric."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from netlint.cluster.traffic.topology import NodeTopology, Topology
from netlint.phrases import counted
from netlint.views.svg import MARGIN, WIDTH, Drawing

FEW_NODES = 6  # up to so many, pods have names
CARDS, GROUPS = 60, 30  # nodes that are drawn one by one, and boxes where there are more
BOXES, DOTS = 12, 48  # pods of one node that are drawn one by one, with names and without
GAP = 20
DOT, STEP = 12, 16


@dataclass(frozen=True, slots=True)
class _Card:
    """What one box shows: a node, or many of them."""

    title: str
    subtitle: str
    nodes: tuple[NodeTopology, ...]

    @property
    def node(self) -> NodeTopology:
        return self.nodes[0]

    @property
    def pods(self) -> int:
        return sum(len(node.pods) for node in self.nodes)


def draw(topology: Topology) -> str:
    """The document."""
    page = Drawing("Cluster network")
    page.text(MARGIN, 36, "Cluster network", "h1")
    nodes, pods = len(topology.nodes), sum(len(node.pods) for node in topology.nodes)
    page.text(MARGIN, 58, f"{counted(nodes, 'node')}, {counted(pods, 'pod')} with a network of their own", "faint")
    cards = _cards(topology)
    with_names = len(cards) <= FEW_NODES and all(len(card.nodes) == 1 for card in cards)
    columns = max(1, min(len(cards), 3 if with_names else 6))
    width = (WIDTH - 2 * MARGIN - 36 - GAP * (columns - 1)) / columns
    label = "; ".join(topology.fabric) or "fabric unknown"
    rows = [cards[start : start + columns] for start in range(0, len(cards), columns)]
    fabrics = [_draw_row(page, row, width, with_names, label) for row in rows]
    for above, below in pairwise(fabrics):
        page.line(MARGIN + 14, above + 26, MARGIN + 14, below, "wire dashed" if topology.is_overlay else "wire")
    return str(page)


def _draw_row(page: Drawing, row: list[_Card], width: float, with_names: bool, label: str) -> float:
    """A row of cards on the fabric below them, of which the upper edge is returned."""
    top = page.height + 24
    bottom = top + max(_height(card, width, with_names) for card in row)
    fabric = bottom + 34
    for position, card in enumerate(row):
        _draw_card(page, card, (MARGIN + 36 + position * (width + GAP), top, width, bottom - top), with_names, fabric)
    page.rect(MARGIN, fabric, WIDTH - 2 * MARGIN, 26, "box")
    page.text(WIDTH / 2, fabric + 17, label, "middle", WIDTH - 3 * MARGIN)
    return fabric


def _cards(topology: Topology) -> list[_Card]:
    if len(topology.nodes) <= CARDS:
        return [_Card(node.name, _subtitle(node), (node,)) for node in topology.nodes]
    size = -(-len(topology.nodes) // GROUPS)
    groups = [topology.nodes[start : start + size] for start in range(0, len(topology.nodes), size)]
    return [_Card(f"{group[0].name} … {group[-1].name}", counted(len(group), "node"), group) for group in groups]


def _subtitle(node: NodeTopology) -> str:
    return " · ".join([*node.addresses, counted(len(node.pods), "pod")])


def _height(card: _Card, width: float, with_names: bool) -> float:
    return 40 + _pods_height(card, width, with_names) + 30 + 32 + 36


def _pods_height(card: _Card, width: float, with_names: bool) -> float:
    if len(card.nodes) > 1:
        return STEP
    shown = min(card.pods, DOTS)
    if with_names:
        return 38.0 * -(-max(1, min(card.pods, BOXES)) // 2)
    across = int((width - 24) // STEP)
    return max(STEP, STEP * -(-shown // across))


def _draw_card(
    page: Drawing, card: _Card, box: tuple[float, float, float, float], with_names: bool, fabric: float
) -> None:
    """Pods above, their bridge below them, then tunnel and card, on the edge the line to the fabric."""
    left, top, width, height = box
    page.rect(left, top, width, height, "box", 6)
    page.text(left + 10, top + 17, card.title, "bold", width - 16)
    page.text(left + 10, top + 32, card.subtitle, "faint small", width - 20, 10)
    bridge = top + height - 36 - 32
    (_named_pods if with_names else _dots)(page, card, left, top + 40, width, bridge)
    _bridge(page, card, left, bridge, width)
    tunnels = card.node.tunnels if len(card.nodes) == 1 else ()
    share = (width - 28) / 2 if tunnels else width - 20
    _uplink(page, _label(card), "node", (left + 10, bridge + 38, share), bridge, fabric)
    if tunnels:
        words = " ".join([tunnels[0].name, *tunnels[0].addresses])
        _uplink(page, words, "tunnel", (left + 18 + share, bridge + 38, share), bridge, fabric)


def _uplink(
    page: Drawing, words: str, style: str, box: tuple[float, float, float], bridge: float, fabric: float
) -> None:
    """A card or a tunnel below the bridge, with the line to the fabric; what is inside of packets is dashed."""
    left, top, width = box
    page.line(left + width / 2, bridge + 22, left + width / 2, top)
    page.line(left + width / 2, top + 22, left + width / 2, fabric, "wire dashed" if style == "tunnel" else "wire")
    page.rect(left, top, width, 22, style)
    page.text(left + 6, top + 15, words, "on small", width - 12, 10)


def _label(card: _Card) -> str:
    if len(card.nodes) > 1:
        return "their cards"
    cards = [" ".join([link.name, *link.addresses]) for link in card.node.cards]
    return ", ".join(cards) or " ".join(["Node-IP", *card.node.addresses])


def _bridge(page: Drawing, card: _Card, left: float, top: float, width: float) -> None:
    node = card.node
    using = [bridge for bridge in node.bridges if any(pod.bridge == bridge.name for pod in node.pods)] or node.bridges
    single = len(card.nodes) == 1
    if single and using:
        words, style = " ".join([using[0].name, *using[0].addresses]), "bridge"
    else:
        words, style = (", ".join(node.ranges) or "no pod range") if single else "their pod ranges", "node-pod"
    page.rect(left + 10, top, width - 20, 22, style)
    ports = sum(len(bridge.ports) for bridge in using) if single else 0
    note = f" · {counted(ports, 'port')}" if ports else ""
    page.text(left + 16, top + 15, words + note, "on small", width - 32, 10)


def _named_pods(page: Drawing, card: _Card, left: float, top: float, width: float, bridge: float) -> None:
    across = (width - 30) / 2
    for position, pod in enumerate(card.node.pods[:BOXES]):
        row, column = divmod(position, 2)
        x, y = left + 10 + column * (across + 10), top + row * 38
        wire = x + 6 + 4 * row
        page.line(wire, y + 30, wire, bridge)
        index = page.count
        page.rect(x, y, across, 30, "pod")
        page.text(x + 6, y + 12, pod.name, "on small", across - 12, 10)
        page.text(x + 6, y + 25, " ".join(pod.addresses), "on small", across - 12, 10)
        page.tip(f"{pod.namespace}/{pod.name}\n{' '.join(pod.addresses)}", index)


def _dots(page: Drawing, card: _Card, left: float, top: float, width: float, bridge: float) -> None:
    """A dot for each pod, with one line for all veth pairs; of many nodes, how many there are."""
    if len(card.nodes) > 1:
        page.text(left + 10, top + 12, counted(card.pods, "pod"), "", width - 20)
        page.line(left + width / 2, top + 18, left + width / 2, bridge)
        return
    across = int((width - 24) // STEP)
    shown = card.node.pods[:DOTS]
    for column in range(min(across, len(shown))):
        x = left + 12 + column * STEP + DOT / 2
        page.line(x, top + DOT, x, bridge)
    for position, pod in enumerate(shown):
        row, column = divmod(position, across)
        index = page.count
        page.rect(left + 12 + column * STEP, top + row * STEP, DOT, DOT, "pod", 2)
        page.tip(f"{pod.namespace}/{pod.name}\n{' '.join(pod.addresses)}", index)
