"""Reading forward through a text: what was read but not yet used, and where in the file it stands."""

from __future__ import annotations

from netlint.errors import SourceError
from netlint.snapshot import Form, Window
from netlint.sources.finding.input_files import LOST, TAIL, InputFile, Stream
from netlint.yamltext import Unreadable

STEP = 256 << 10
LARGEST_DOCUMENT = 128 << 20
SPACE = b" \t\r\n"


class Cursor:
    """``text`` begins ``offset`` bytes and ``lines`` line breaks after the beginning of the file.

    ``is_whole``: documents are read as a whole, because parts of them refer to each other.
    """

    def __init__(self, source: InputFile, stream: Stream, offset: int = 0, end: int | None = None) -> None:
        """Reads from ``offset``, where the stream stands, to ``end`` or to the end of the file."""
        self.source = source
        self.is_whole = False
        self.text = b""
        self.offset = offset
        self.lines = 0
        self._stream = stream
        self._end = end
        self.cut_off: Exception | None = None  # why there are no more bytes, though the file has some

    def fill(self) -> bool:
        """Read as much again as there is; False at the end, and where it is cut off.

        Raises Unreadable where that is more than one document may have.
        """
        size = min(max(STEP, len(self.text)), LARGEST_DOCUMENT + 1 - len(self.text))
        if self._end is not None:
            size = min(size, self._end - self.offset - len(self.text))
        try:
            chunk = self._stream.read(size) if size > 0 and self.cut_off is None else b""
        except (SourceError, *LOST) as error:
            self.cut_off, chunk = error, b""
        if chunk:
            self.text += chunk
        if len(self.text) > LARGEST_DOCUMENT:
            raise Unreadable(f"one document is larger than {LARGEST_DOCUMENT >> 20} MiB", self.lines + 1, 1)
        return bool(chunk)

    def tail(self) -> bytes:
        """The end of the text: from what is at hand where all of it is; nothing where it cannot be had."""
        try:
            return self.source.tail() if self.fill() else self.text[-TAIL:]
        except SourceError:
            return b""

    def use(self, size: int) -> None:
        """Move past ``size`` bytes."""
        self.lines += _line_breaks(self.text, size)
        self.offset += size
        self.text = self.text[size:]

    def skip_space(self) -> None:
        """Move to the next byte that is no white space."""
        while True:
            self.use(len(self.text) - len(self.text.lstrip(SPACE)))
            if self.text or not self.fill():
                return

    def window(self, size: int, form: Form) -> Window:
        """The next ``size`` bytes as a place in the file."""
        return Window(self.source.name, self.offset, self.offset + size, self.lines, form)


def _line_breaks(text: bytes, size: int) -> int:
    """Those in the first bytes; compact JSON has none, and looking for one is many times faster than counting."""
    first = text.find(b"\n", 0, size)
    return 0 if first < 0 else text.count(b"\n", first, size)
