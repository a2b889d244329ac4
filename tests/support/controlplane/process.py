"""Server processes of the control plane: started with a log, ended by their own id."""

from __future__ import annotations

import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# With setpriv the kernel ends a server when the thread that started it ends, so that not even a killed test
# run leaves servers behind. That thread therefore has to last as long as the interpreter: this one.
_SETPRIV = shutil.which("setpriv")
_DIE_WITH_PARENT = [_SETPRIV, "--pdeathsig", "KILL", "--"] if _SETPRIV else []
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="server-starter")


class ServerError(Exception):
    """A server did not start, or ended by itself; the message has the end of its log."""


class Server:
    """One server process and its log file."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.name = Path(command[0]).name
        self.log = log
        with log.open("ab") as output:
            self._process = _STARTER.submit(
                subprocess.Popen,
                [*_DIE_WITH_PARENT, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ).result()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def check(self) -> None:
        """Raises ServerError when the process has ended by itself."""
        status = self._process.poll()
        if status is not None:
            raise ServerError(f"{self.name} ended with status {status}; its log ends:\n{self.log_end()}")

    def stop(self, timeout: float = 5) -> None:
        """Asks the process to end, and kills it when it has not done so in time."""
        if self.running:
            self._process.terminate()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        if self.running:
            self._process.kill()
        self._process.wait(30)

    def log_end(self, lines: int = 15) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def lost_its_port(self) -> bool:
        """True when the process has ended because another one took its port in the meantime."""
        return not self.running and "address already in use" in self.log_end(lines=200)


def free_port(address: str) -> int:
    """A port that is free at this moment; whoever uses it has to try again when it is taken after all."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
        listener.bind((address, 0))
        port: int = listener.getsockname()[1]
        return port
