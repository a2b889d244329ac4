"""The day on which all tests run, for what depends on the date."""

from __future__ import annotations

from datetime import date

TODAY = date(2026, 1, 5)
EPOCH = "1767607200"  # 2026-01-05T10:00:00Z, as SOURCE_DATE_EPOCH says it
