"""Timestamps of the States Language: strict RFC 3339, read and printed without a calendar library.

The profile is the one AWS accepts (recorded): capital `T` and `Z` or an offset, seconds required, up to nine
fractional digits, no leap second.
"""

import re
from typing import Final

_RFC3339: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_DAYS_IN_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
OFFSET_HOURS_MAX: Final = 18  # java.time.ZoneOffset


def parse_timestamp_ns(text: str) -> int | None:
    """Nanoseconds since the epoch, or None when the text is not a strict RFC 3339 timestamp."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.group(1, 2, 3, 4, 5, 6))
    if not (1 <= month <= 12 and 1 <= day <= _days_in(year, month) and hour < 24 and minute < 60 and second < 60):
        return None
    offset_s = _offset_s(found)
    if offset_s is None:
        return None
    seconds = ((_days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second - offset_s
    return seconds * _NS_PER_S + int((found[7] or "").ljust(9, "0"))


def parse_timestamp_ms(text: str) -> int | None:
    """Milliseconds since the epoch, rounded up so that nobody is woken early; None when the text is no timestamp."""
    ns = parse_timestamp_ns(text)
    return None if ns is None else -(-ns // _NS_PER_MS)


def print_timestamp(ms: int) -> str:
    """The ISO text AWS prints: UTC with `Z`, trailing zeros of the fraction dropped (recorded)."""
    seconds, fraction = divmod(ms, 1000)
    days, second_of_day = divmod(seconds, 86_400)
    year, month, day = _date_of(days)
    hour, rest = divmod(second_of_day, 3600)
    minute, second = divmod(rest, 60)
    tail = f".{fraction:03d}".rstrip("0") if fraction else ""
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}{tail}Z"


def _days_in(year: int, month: int) -> int:
    if month == 2 and (year % 4 or (year % 100 == 0 and year % 400)):
        return 28
    return _DAYS_IN_MONTH[month - 1]


def _offset_s(found: re.Match[str]) -> int | None:
    if found[8] is None:
        return 0
    hours, minutes = int(found[9]), int(found[10])
    if minutes > 59 or hours * 60 + minutes > OFFSET_HOURS_MAX * 60:
        return None
    return (hours * 60 + minutes) * (-60 if found[8] == "-" else 60)


def _days_since_epoch(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the proleptic Gregorian calendar; years are counted from March, eras of 400 years."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def _date_of(days: int) -> tuple[int, int, int]:
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return era * 400 + year_of_era + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1
