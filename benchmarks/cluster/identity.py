"""Names, uids and times that look random but follow from a seed and an index alone.

Every object can thus be produced again, in any process and in any order, without being kept.
"""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
SAFE_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # what Kubernetes uses for generated names
NODES = 3  # first part of the uids of Nodes
SERVICES = 4  # … of Services
_MASK = (1 << 64) - 1
_SUFFIXES = len(SAFE_LETTERS) ** 5


def mix(*parts: int) -> int:
    """64 well mixed bits of the given integers (splitmix64)."""
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = (state ^ part) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 29) * 0x94D049BB133111EB & _MASK
        state ^= state >> 32
    return state


def uid(*parts: int) -> str:
    """A version 4 UUID."""
    digits = f"{mix(*parts):016x}{mix(*parts, 1):016x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def digest(*parts: int) -> str:
    """64 hexadecimal digits, like a container or image id."""
    return "".join(f"{mix(*parts, part):016x}" for part in range(4))


def suffix(family: int, index: int) -> str:
    """The five letters behind a generated name; never twice for one family."""
    number = (index * 5_003_123 + family) % _SUFFIXES
    return _letters(number, 5)


def template_hash(*parts: int) -> str:
    """A pod-template-hash or controller-revision-hash."""
    return _letters(mix(*parts), 10 if mix(*parts, 3) % 4 else 9)


def _letters(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, letter = divmod(number, len(SAFE_LETTERS))
        letters.append(SAFE_LETTERS[letter])
    return "".join(letters)


def moment(seconds_ago: int) -> str:
    """A point in time as the API writes it."""
    return (NOW - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def resource_version(*parts: int) -> str:
    return str(100_000_000 + mix(*parts, 7) % 800_000_000)
