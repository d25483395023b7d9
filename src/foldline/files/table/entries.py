"""What one entry of a table says: a number, nothing, or text that another way of reading takes for a number."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ...dates import Moment, NoMomentError, moment

MISSING_TEXT = frozenset(("", "na", "n/a", "nan", "null", "?", "#n/a", "#na", "<na>", "nat", "\\n", "n.a.", "(null)"))
MISSING = MISSING_TEXT | {"none", "-", "--", ".", "..", "missing"}  # among words these are words
MINUS = "\u2212"  # the sign that typesetters use for a hyphen

MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
TURN = r"(st|nd|rd|th)?"
DATES = re.compile(
    r"((mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? )?"
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d\d)|\d{4}[-/]\d{1,2}|\d{4}[- ]?(q[1-4]|w\d\d)"
    rf"|\d{{1,2}}{TURN}[- .]*{MONTH}[- .,]*\d{{2,4}}|{MONTH}[- .]*\d{{1,2}}{TURN},?[- .]+\d{{2,4}}"
    rf"|{MONTH}[- .']*\d{{2,4}}|\d{{8}}(?=T))([T ,]+\d{{1,2}}:?\d\d.*)?"
    r"|\d{1,3}:\d\d(:\d\d([.,]\d+)?)?( ?[ap]\.?m\.?)?",
    re.IGNORECASE,
)
SPACES = " \u00a0\u202f\u2009"
AFFIXED = re.compile(
    rf"\(?[+-]?(?P<before>[^\d\s.,'+()-]*)[{SPACES}]*[+-]?(?P<number>\.?\d[\d.,'’{SPACES}]*(e[+-]?\d+)?)"
    rf"[{SPACES}]*(?P<after>[^\d\s()]*)\)?",
    re.IGNORECASE,
)
JOINED = re.compile(r"[\d.,]*\d[;|\t][\d.,;|\t]*")
CURRENCIES = frozenset("usd eur gbp chf jpy cny inr aud cad nzd sek nok dkk pln czk huf brl mxn krw zar try kr".split())


@dataclass(frozen=True)
class Reading:
    """How the text of an entry becomes a number.

    decimal    the decimal mark, "." or ","
    thousands  what stands between groups of three digits, if anything
    strip      signs that are taken away before and after a number, such as "$%"
    dates      whether dates and times are numbers, as ``dates.moment`` reads them
    day_first  whether 1/5/2024 is 1 May; None for: no date
    """

    decimal: str = "."
    thousands: str | None = None
    strip: str = ""
    dates: bool = False
    day_first: bool | None = None

    @cached_property
    def plain(self) -> bool:
        """Whether numbers are written as Python writes them."""
        return self.decimal == "." and not (self.thousands or self.strip or self.dates)

    def number(self, entry: str) -> float | None:
        """Return the number of an entry, None if it is none.

        >>> Reading().number("1e3"), Reading(",", ".").number("1.234,5"), Reading(strip="$").number("-$5.30")
        (1000.0, 1234.5, -5.3)
        >>> Reading(thousands=",").number("1,5"), Reading(dates=True).number("1970-01-02 12:00")
        (None, 1.5)
        """
        value = self._number(entry)
        if value is None and self.dates and (said := self._moment(entry)):
            return said.value
        return value

    def _number(self, entry: str) -> float | None:
        if self.strip:
            entry = self._bare(entry)
        if self.thousands and self.thousands in entry:
            if not self._grouped.fullmatch(entry):
                return None
            entry = entry.replace(self.thousands, "")
        if self.decimal != ".":
            if "." in entry:
                return None
            entry = entry.replace(self.decimal, ".")
        try:
            value = float(entry.replace(MINUS, "-"))
        except ValueError:
            return None
        return None if "_" in entry or math.isnan(value) else value

    def unit(self, entry: str) -> str:
        """Return what a number counts: the signs that are taken away from it, in their order, or days, or hours."""
        if self.dates and (said := self._moment(entry)):
            return said.unit
        return "".join(c for c in entry if c in self.strip)

    def said(self, entry: str) -> str:
        """Return what an entry is read as, in words.

        >>> Reading(strip="$").said("$5.30"), Reading(dates=True, day_first=True).said("1/5/2024")
        ('5.3', '2024-05-01, 19844 days since 1970-01-01')
        """
        found = self._moment(entry) if self.dates else None
        if found is None:
            return f"{self.number(entry):.15g}"
        day = f"{found.day}, " if found.day and not entry.startswith(found.day) else ""
        return f"{day}{found.value:.15g} {found.unit}"

    def _moment(self, entry: str) -> Moment | None:
        try:
            return moment(entry, self.day_first)
        except NoMomentError:
            return None

    def _bare(self, entry: str) -> str:
        sign = entry[:1] if entry[:1] in "+-" else ""
        return sign + entry[len(sign) :].strip(self.strip + SPACES)

    @cached_property
    def _grouped(self) -> re.Pattern[str]:
        mark, point = re.escape(self.thousands or ""), re.escape(self.decimal)
        return re.compile(rf"[+-]?\d{{1,3}}({mark}\d{{3}})+({point}\d*)?")


# The ways numbers are written, in the order in which they are proposed.
MARKS = tuple(
    Reading(decimal, thousands)
    for decimal, thousands in (
        *((".", None), (".", ","), (",", None), (",", ".")),
        *(pair for space in (*SPACES, "'", "’") for pair in ((".", space), (",", space))),
    )
)


def kind(entry: str) -> str:
    """Return what an entry is that no reading has taken: "date", "signed", "marked", "joined", "text".

    signed   a number with a sign of money, per cent or degrees, or in an accountant's brackets
    marked   a number with other marks between its digits
    joined   numbers with another separator between them

    >>> [kind(entry) for entry in ("5.1.2024", "$5.30", "96.6 %", "7,369", "EUR 5", "Q1", "12 kg", "(5.30)")]
    ['date', 'signed', 'signed', 'marked', 'signed', 'text', 'text', 'signed']
    """
    return _kind(entry) if len(entry) <= 40 else "text"


@lru_cache(maxsize=4096)
def _kind(entry: str) -> str:
    if DATES.fullmatch(entry):
        return "date"
    if JOINED.fullmatch(entry):
        return "joined"
    parts = AFFIXED.fullmatch(entry)
    if parts is None:
        return "text"
    signs = parts["before"] + parts["after"]
    if signs:
        return "signed" if _is_sign(signs) else "text"
    if entry.startswith("("):
        return "signed"
    return "marked" if any(reading.number(entry) is not None for reading in MARKS) else "text"


def signs(entry: str) -> str:
    """Return the signs around an entry's number.

    >>> signs("-$5.30"), signs("96.6 %"), signs("7,369")
    ('$', '%', '')
    """
    parts = AFFIXED.fullmatch(entry)
    return "".join(dict.fromkeys(parts["before"] + parts["after"])) if parts else ""


def _is_sign(text: str) -> bool:
    return any(c in "%‰°" or unicodedata.category(c) == "Sc" for c in text) or text.lower() in CURRENCIES
