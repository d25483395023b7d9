"""Moments: dates and times, written or as values, as numbers of a stated unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

DAYS = "days since 1970-01-01"
DAYS_UTC = f"{DAYS} UTC"
HOURS = "hours since midnight"
LENGTH = "days"
EPOCH = date(1970, 1, 1).toordinal()
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAME = rf"(?P<name>{'|'.join(MONTHS)})[a-z]*\.?"
WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? )?"
DAY = (
    r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)",
    r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?=T)",
    r"(?P<a>\d\d?)(?P<s>[-/.])(?P<b>\d\d?)(?P=s)(?P<y>\d{4})",
    rf"(?P<d>\d\d?)(?:st|nd|rd|th)?[-. ]{{1,2}}{NAME}[-, ]{{1,2}}(?P<y>\d{{4}})",
    rf"{NAME}[- ](?P<d>\d\d?)(?:st|nd|rd|th)?,?[- ](?P<y>\d{{4}})",
)
PERIOD = (
    r"(?P<y>\d{4})[-/](?P<m>\d\d?)",
    rf"{NAME}[- ](?P<y>\d{{4}})",
    r"(?P<y>\d{4})[- ]?q(?P<q>[1-4])",
    r"(?P<y>\d{4})-?w(?P<w>\d\d)",
)
CLOCK = (
    r"(?P<H>\d\d?):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[.,](?P<f>\d{1,12}))?)?(?: ?(?P<p>[ap])\.?m\.?)?",
    r"(?P<H>\d\d)(?P<M>\d\d)(?:(?P<S>\d\d)(?:[.,](?P<f>\d{1,12}))?)?(?P<p>(?!))?",  # basic, behind a T
)
ZONE = r" ?(?:(?P<Z>Z|UTC|GMT)|(?P<o>[+\u2212-])(?P<h>\d\d)(?::?(?P<n>\d\d))?(?:\[[\w/+-]+\])?)"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


DATED = (
    *(_pattern(rf"{WEEKDAY}{day}(?:(?:T|,? +){CLOCK[0]}(?:{ZONE})?)?") for day in DAY),
    _pattern(rf"{DAY[1]}T{CLOCK[1]}(?:{ZONE})?"),
    *map(_pattern, PERIOD),
)
TIMED = _pattern(CLOCK[0])
TWO_DIGITS = _pattern(rf"(\d\d?[-/.]\d\d?[-/.]|(\d\d?[-. ]{{1,2}})?{NAME}[-' ]{{1,2}}(\d\d?, ?)?)\d\d(?!\d)")
NAMED_ZONE = _pattern(r"\d ?[a-z]{2,5}$")


@dataclass(frozen=True)
class Moment:
    """A number, what it counts, and the day it says in the one order that has no other meaning."""

    value: float
    unit: str
    day: str = ""


class NoMomentError(ValueError):
    """Why what looks like a date or a time is none."""


@lru_cache(maxsize=4096)
def moment(text: str, day_first: bool | None = None) -> Moment | None:
    """Return what a text says as a date, a date with a time, a month, quarter or week (its first day), or a time.

    day_first   whether 1/5/2024 is 1 May; None for: refused
    raises      NoMomentError with the reason, for what is written like one and is none

    >>> moment("1970-01-02T12:00:00Z"), moment("2 Jan 1970").value, moment("10:30").unit
    (Moment(value=1.5, unit='days since 1970-01-01 UTC', day='1970-01-02'), 1.0, 'hours since midnight')
    """
    for pattern in DATED:
        if found := pattern.fullmatch(text):
            return _dated({key: value for key, value in found.groupdict().items() if value}, day_first)
    if found := TIMED.fullmatch(text):
        seconds = _seconds(found.groupdict())
        return Moment(seconds / 3600, HOURS)
    return None


def _dated(said: dict[str, str], day_first: bool | None) -> Moment:
    day = _day(said, day_first)
    zone = "Z" in said or "o" in said
    seconds = _seconds(said) if "H" in said else 0.0
    whole = (day.toordinal() - EPOCH) * 86400 - _offset(said)
    return Moment((whole + seconds) / 86400, DAYS_UTC if zone else DAYS, day.isoformat())


def _day(said: dict[str, str], day_first: bool | None) -> date:
    year = int(said["y"])
    if "a" in said:
        if day_first is None:
            raise NoMomentError("it does not say which of its numbers is the month")
        month, day = int(said["b" if day_first else "a"]), int(said["a" if day_first else "b"])
    elif "q" in said:
        month, day = 3 * int(said["q"]) - 2, 1
    else:
        month = MONTHS.index(said["name"].lower()) + 1 if "name" in said else int(said.get("m", 1))
        day = int(said.get("d", 1))
    try:
        return date.fromisocalendar(year, int(said["w"]), 1) if "w" in said else date(year, month, day)
    except ValueError:
        what = f"week {said['w']}" if "w" in said else f"day {day} in month {month}"
        raise NoMomentError(f"the year {year} has no {what}" if 0 < year else "there is no year 0") from None


def _seconds(said: dict[str, str | None] | dict[str, str]) -> float:
    """Seconds since midnight; 24:00 is the end of the day."""
    hour, minute, second = (int(said.get(key) or 0) for key in "HMS")
    if half := said.get("p"):
        if not 1 <= hour <= 12:
            raise NoMomentError(f"there is no {hour} o'clock with am or pm")
        hour = hour % 12 + 12 * (half in "pP")
    fraction = float(f".{said.get('f') or 0}")
    if minute > 59 or second > 59 or 3600 * hour + 60 * minute + second + fraction > 86400:
        raise NoMomentError("a day has no such time; write a length of time as a number")
    return 3600 * hour + 60 * minute + second + fraction


def _offset(said: dict[str, str]) -> int:
    """Seconds that a clock is ahead of UTC."""
    if "o" not in said:
        return 0
    hours, minutes = int(said["h"]), int(said.get("n", 0))
    if hours > 15 or minutes > 59:
        raise NoMomentError("no clock is so far from UTC")
    return (1 if said["o"] == "+" else -1) * (3600 * hours + 60 * minutes)


def moment_of(value: Any) -> Moment | None:
    """Return what a value of Python, NumPy, pandas or polars says as a date or a time; None for all others.

    >>> moment_of(date(1970, 1, 2)), moment_of(timedelta(hours=12)).value, moment_of(1.5)
    (Moment(value=1.0, unit='days since 1970-01-01', day='1970-01-02'), 0.5, None)
    """
    if hasattr(value, "start_time"):  # a period of pandas
        value = value.start_time
    if isinstance(value, datetime) and value == value:
        return _of_datetime(value)
    if isinstance(value, date) and value == value:
        return Moment(float(value.toordinal() - EPOCH), DAYS, value.isoformat())
    if isinstance(value, time):
        return Moment((datetime.combine(date.min, value) - datetime.min).total_seconds() / 3600, HOURS)
    if isinstance(value, timedelta) and value == value:
        return Moment(value.total_seconds() / 86400, LENGTH)
    return None


def _of_datetime(value: datetime) -> Moment:
    zone = value.tzinfo is not None
    at = value.astimezone(UTC).replace(tzinfo=None) if zone else value
    seconds = (at - datetime(1970, 1, 1)).total_seconds()
    return Moment(seconds / 86400, DAYS_UTC if zone else DAYS, value.date().isoformat())


def orders(text: str) -> dict[bool | None, Moment]:
    """Return the ways in which a text is a moment: as it is (None), or by its day (True) or its month (False) first.

    >>> list(orders("1 May 2024")), list(orders("1/5/2024")), list(orders("31/5/2024"))
    ([None], [True, False], [True])
    """
    found: dict[bool | None, Moment] = {}
    for day_first in (None, True, False):
        try:
            said = moment(text, day_first)
        except NoMomentError:
            continue
        if said:
            found[day_first] = said
        if None in found:
            break
    return found


def why_none(text: str) -> str:
    """Return why a text that looks like a date or a time is none, as a clause; empty where no reason is known.

    >>> why_none("2024-02-30"), why_none("1/5/24"), why_none("soon")
    ('the year 2024 has no day 30 in month 2', 'its year has two digits', '')
    """
    if TWO_DIGITS.match(text):
        return "its year has two digits"
    try:
        moment(text, True)
    except NoMomentError as error:
        return str(error)
    return "its zone has a name: write Z or +01:00" if NAMED_ZONE.search(text) else ""
