"""Where figures come from: the machine and the versions."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path


def description(netlint: list[str]) -> dict[str, str]:
    return {
        "CPU": _cpu_model(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory() / 2**30:.1f} GiB",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "netlint": _version_of(netlint),
        "msgspec": importlib.metadata.version("msgspec"),
        "PyYAML": importlib.metadata.version("pyyaml"),
    }


def memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def available_memory() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def _version_of(netlint: list[str]) -> str:
    found = subprocess.run([*netlint, "--version"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"
