"""Sheets of axes in one look -> SVG, PNG and PDF: the only file that knows matplotlib.

No global figure, no window: a sheet is a value that is drawn on and saved.  Text stays text in the SVG, and the same
sheet gives the same bytes.  On paper a sheet is one page with its panels and a strip of numbers; as slides, each panel
has a page of its own.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..atomic import write_bytes
from ..colour import series, words
from ..samples import Samples
from ..text import short, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

Array = NDArray[np.float64]
Numbers = Sequence[tuple[str, str]]

INK, SOFT, FAINT, PAPER = "#1d232b", "#626c78", "#dde1e6", "#ffffff"
BANDS = ("#eef0f3", "#f8f9fa")  # of neighbouring stretches of a line
COLOURS, PALE = series(), series(0.72)  # of lines and points; of areas behind them
WORDS = dict(zip(COLOURS, words(), strict=True))  # what is written in a colour, and filled with one behind white words
NODE = "node"  # marks white words on a full colour, which a dark page makes brighter
VALUES = ((0.38, 0.11, 265), (0.62, 0.12, 215), (0.93, 0.05, 120), (0.72, 0.16, 60), (0.50, 0.17, 25))
ROOMY, SMALLEST = 40, 0.3  # joints of a curve with dots of full size, and the least share of it
MARKERS = ("o", "s", "^", "D", "v", "P")  # a class is told by its mark as well as by its colour

NAME = 40  # characters of a name
WIDTH = 10.0  # inches
PLACES = 5  # decimals of a panel's place: the layout's solver differs in the last bits from run to run
DOTS = 160  # of a PNG, per inch: 1600 across
HEAD = 0.95  # inches for the question and the slide
ROW = 0.52  # inches for a row of numbers
FOOT = 0.12  # inches below them
SIDE = 0.22  # inches of margin left and right
SLIDE = (80 / 9, 5.0)  # inches of a slide: 1920 x 1080 at 216 an inch, where LEAST points are 24 pixels
SLIDE_DOTS = 216
SLIDE_HEAD = 0.72  # inches for the question
LEAST = 8.0  # points of the smallest text on a slide
KINDS = ("svg", "png", "pdf")

SHADE = "shade"  # marks an image of our own colours, which a dark page turns over; a photograph stays as it is
PHOTO = "photo"  # marks polygons that are a photograph, or a solid in the light: they stay as they are, too

_AS_SLIDES: ContextVar[bool] = ContextVar("as_slides", default=False)

LOOK: Any = {  # matplotlib's settings, whose names its types list one by one
    "font.size": 9.5,
    "text.color": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 7,
    "axes.titlecolor": INK,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 9,
    "axes.edgecolor": "#aab2bc",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.major.pad": 6,
    "ytick.major.pad": 5,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.4,
    "figure.facecolor": PAPER,
    "mathtext.fontset": "dejavusans",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,  # TrueType, so that text can be searched and copied
    "svg.hashsalt": "foldline",
}


@dataclass(frozen=True, eq=False)
class Sheet:
    """A figure with panels, and the numbers in the strip under them.

    pages     matplotlib's figures: one on paper, one a panel as slides
    panels    axes by the letter they have in the sheet's plan
    numbers   (name, value) pairs in words, as drawn on paper; a slide has no strip
    """

    pages: tuple[Figure, ...]
    panels: Mapping[str, Axes]
    numbers: tuple[tuple[str, str], ...]
    slides: bool = False

    @property
    def figure(self) -> Figure:
        """The first page."""
        return self.pages[0]

    def head(self, question: str, source: str) -> None:
        """Write what the pages answer and where it stands; the panels then keep their places, however often saved."""
        for page in self.pages:
            wide, tall = page.get_size_inches()
            page.text(SIDE / wide, 1 - 0.22 / tall, question, size=15, weight="bold", va="top")
            if not self.slides:
                page.text(SIDE / wide, 1 - 0.57 / tall, source, size=9, color=SOFT, va="top")
            page.set_label(question)
            _legible(page) if self.slides else None
            settle(page)

    def texts(self) -> list[str]:
        """Return every text on the pages that is not empty, as drawn."""
        return [text.get_text() for page in self.pages for text in _texts(page)]

    def encode(self, kind: str, page: int = 0) -> bytes:
        """Return one page as the bytes of an "svg" or "png" file, or all as a "pdf"; the same page, the same bytes."""
        said = "; ".join(f"{name}: {value}" for name, value in self.numbers)
        title, dots = str(self.figure.get_label()), SLIDE_DOTS if self.slides else DOTS
        chosen = self.pages if kind == "pdf" else self.pages[page : page + 1]
        return figure_bytes(*chosen, kind=kind, title=title, said=said, dots=dots)

    def names(self, name: str, kinds: Sequence[str] = KINDS[:2]) -> list[tuple[str, str, int]]:
        """Return (file name, kind, page) of what ``save`` writes: NAME.svg, or NAME-1.svg, ... of several pages."""
        last = len(self.pages)
        number = [f"-{k + 1}" if last > 1 else "" for k in range(last)]
        return [
            (f"{name}{number[k] if kind != 'pdf' else ''}.{kind}", kind, k)
            for k in range(last)
            for kind in kinds
            if kind != "pdf" or k == 0
        ]

    def save(
        self, folder: str | Path, name: str, *, kinds: Sequence[str] = KINDS[:2], force: bool = False
    ) -> tuple[Path, ...]:
        """Write the pages into a folder that exists, and return the files.

        raises   FileError if one cannot be written, or exists and ``force`` is off
        """
        return tuple(
            write_bytes(Path(folder) / file, self.encode(kind, page), force=force)
            for file, kind, page in self.names(name, kinds)
        )


def _texts(page: Figure) -> list[Text]:
    """The texts of a page that are seen."""
    from matplotlib.text import Text

    page.canvas.draw()
    found = [text for text in page.findobj(Text) if isinstance(text, Text)]
    return [text for text in found if text.get_visible() and str(text.get_text()).strip()]


def _legible(page: Figure) -> None:
    """Make every text of a slide large enough for the last row of a lecture hall."""
    for text in _texts(page):
        text.set_fontsize(max(LEAST, text.get_fontsize()))


def settle(figure: Figure) -> None:
    """Let every panel keep the place it has now, however and however often the figure is saved."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for ax in figure.axes:
        ax.set_position([round(v, PLACES) for v in ax.get_position(original=True).bounds])  # type: ignore[arg-type]


def figure_bytes(*pages: Figure, kind: str, title: str, said: str = "", dots: float = DOTS) -> bytes:
    """Return pages as the bytes of an "svg", "png" (the first) or "pdf" file; no date: the same, the same bytes."""
    from matplotlib.backends.backend_pdf import PdfPages

    file = io.BytesIO()
    notes: dict[str, dict[str, str | None]] = {
        "svg": {"Date": None, "Creator": "foldline", "Title": title, "Description": said},
        "png": {"Software": None},
        "pdf": {"CreationDate": None, "Creator": "foldline", "Producer": None, "Title": title, "Subject": said},
    }
    with look():
        if kind != "pdf":
            pages[0].savefig(file, format=kind, dpi=dots, metadata=notes[kind])
            return file.getvalue()
        with PdfPages(file, metadata=notes[kind]) as book:
            for page in pages:
                book.savefig(page)
    return file.getvalue()


@contextmanager
def look(*, slides: bool = False) -> Iterator[None]:
    """Draw in the house look inside, whatever the user's own settings are; they are back afterwards.

    slides   each panel of a sheet has a page of its own
    """
    from matplotlib import rc_context, rcdefaults, rcParams

    before = _AS_SLIDES.set(slides)
    try:
        with rc_context():
            rcdefaults()
            rcParams.update(LOOK)
            yield
    finally:
        _AS_SLIDES.reset(before)


def sheet(
    plan: str,
    numbers: Numbers = (),
    *,
    height: float = 4.0,
    widths: Sequence[float] | None = None,
    heights: Sequence[float] | None = None,
    per_row: int = 5,
    solid: str = "",
) -> Sheet:
    """Return an empty sheet; draw on it inside ``look()``.

    plan      letters of the panels, rows split by ";": "AAB;CCB" (matplotlib's mosaic)
    numbers   (name, value) pairs for the strip below, ``per_row`` in a row
    height    inches of the panels together; widths and heights are their ratios
    solid     letters of the panels that are 3-D

    >>> sorted(sheet("AB;AC").panels)
    ['A', 'B', 'C']
    """
    written = tuple((str(a), str(b)) for a, b in numbers)
    if _AS_SLIDES.get():
        return _slides(plan, written, solid)
    rows = -(-len(numbers) // per_row)
    below = rows * ROW + FOOT + (0.14 if rows else 0.0)
    tall = HEAD + height + below
    figure = _page(WIDTH, tall, below, height)
    panels = figure.subplot_mosaic(
        plan,
        width_ratios=widths,
        height_ratios=heights,
        per_subplot_kw={letter: {"projection": "3d"} for letter in solid},
    )
    page = Sheet((figure,), panels, written)
    _strip(page, per_row, below - 0.14, tall)
    return page


def _page(wide: float, tall: float, below: float, height: float) -> Figure:
    """An empty page whose panels have ``height`` inches, ``below`` of its lower edge."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(wide, tall), layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(  # type: ignore[union-attr, call-arg]
        rect=(SIDE / wide, below / tall, 1 - 2 * SIDE / wide, height / tall),
        w_pad=0.08,
        h_pad=0.06,
        wspace=0.03,
        hspace=0.05,
    )
    return figure


def _slides(plan: str, numbers: tuple[tuple[str, str], ...], solid: str) -> Sheet:
    """An empty slide for each panel, in the order of the plan."""
    wide, tall = SLIDE
    pages, panels = [], {}
    for letter in dict.fromkeys(plan.replace(";", "").replace(".", "")):
        pages.append(_page(wide, tall, FOOT, tall - SLIDE_HEAD - FOOT))
        panels[letter] = pages[-1].add_subplot(projection="3d" if letter in solid else None)
    return Sheet(tuple(pages), panels, numbers, slides=True)


def _strip(page: Sheet, per_row: int, top: float, tall: float) -> None:
    """The numbers, each a small name over its value, in even columns."""
    from matplotlib.lines import Line2D

    if page.numbers:
        ends = SIDE / WIDTH, 1 - SIDE / WIDTH
        page.figure.add_artist(Line2D(ends, [(top + 0.06) / tall] * 2, color=FAINT, lw=0.8))
    for k, (name, value) in enumerate(page.numbers):
        row, column = divmod(k, per_row)
        x = (SIDE + column * (WIDTH - 2 * SIDE) / per_row) / WIDTH
        y = top - row * ROW
        page.figure.text(x, (y - 0.05) / tall, name, size=8, color=SOFT, va="top")
        page.figure.text(x, (y - 0.21) / tall, value, size=11, weight="bold", va="top")


def panel(
    ax: Axes,
    title: str = "",
    *,
    x: str = "",
    y: str = "",
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    square: bool = False,
) -> Axes:
    """Name a panel and its axes; ``square`` gives both axes one scale."""
    ax.set_title(title)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if xlim:
        ax.set_xlim(*xlim)
    if ylim:
        ax.set_ylim(*ylim)
    if square:
        ax.set_aspect("equal", adjustable="box", anchor="N")  # titles of neighbours are level
    return ax


def as_printed(ax: Axes) -> Axes:
    """Let all that is drawn on these axes keep its colours on a dark page: lines and words over a scale of colours."""
    ax.set_gid(PHOTO)
    return ax


def bare(ax: Axes, title: str = "") -> Axes:
    """Leave a panel without axes: for diagrams and tables."""
    ax.set_title(title)
    ax.grid(False)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def curve(
    ax: Axes, x: Array, y: Array, *, colour: str = INK, joints: bool = True, label: str | None = None, **artist: Any
) -> None:
    """Draw the exact curve of a network with one input, given by its corners; its joints as open dots.

    Very many joints have smaller dots, so that the curve is seen.
    """
    ax.plot(x, y, color=colour, label=label or None, **artist)
    if joints:
        size = max(SMALLEST, min(1.0, np.sqrt(ROOMY / max(len(x), 1))))
        ax.plot(x[1:-1], y[1:-1], "o", ms=5.5 * size, mfc=PAPER, mec=colour, mew=1.6 * size)


def polygons(
    ax: Axes, shapes: Sequence[Array], colours: Sequence[str] | Array, *, edge: str = PAPER, width: float = 0.6,
    **artist: Any,
) -> None:  # fmt: skip
    """Fill polygons, one colour each, with thin edges; ``artist`` has matplotlib's own words for the collection."""
    from matplotlib.collections import PolyCollection

    look = {"facecolors": colours, "edgecolors": edge, "linewidths": width} | artist
    ax.add_collection(PolyCollection(list(shapes), **look))
    ax.autoscale_view()


def mosaic(
    ax: Axes, vertices: Array, corners: NDArray[np.int64], offsets: NDArray[np.int64], which: NDArray[np.int64],
    palette: Array, **artist: Any,
) -> None:  # fmt: skip
    """Fill very many polygons, which share their vertices, as one path a colour: 300,000 take a second.

    corners, offsets   vertex numbers of polygon f: corners[offsets[f]:offsets[f + 1]]
    which, palette     the number of each polygon's colour; (n, 3) colours 0..1
    """
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path as Outline

    order = np.argsort(which, kind="stable")
    sizes, starts = np.diff(offsets)[order], offsets[:-1][order]
    first = np.concatenate([[0], np.cumsum(sizes + 1)])  # each outline comes back to its start
    place = np.arange(first[-1]) - np.repeat(first[:-1], sizes + 1)
    at = vertices[corners[np.repeat(starts, sizes + 1) + np.minimum(place, np.repeat(sizes, sizes + 1) - 1)]]
    codes = np.full(len(at), Outline.LINETO, dtype=np.uint8)
    codes[first[:-1]], codes[first[1:] - 1] = Outline.MOVETO, Outline.CLOSEPOLY
    ends = first[np.searchsorted(which[order], np.arange(len(palette) + 1))]
    paths = [Outline(at[a:b], codes[a:b]) for a, b in pairwise(ends.tolist())]
    ax.add_collection(PathCollection(paths, **({"facecolors": palette} | artist)))
    ax.autoscale_view()


def scale(ax: Axes, filled: Any, ticks: ArrayLike) -> None:
    """Say beside a panel what its colours mean, at a few ticks."""
    beside = ax.inset_axes((1.03, 0.05, 0.03, 0.9))  # of the axes themselves: it stays beside a square in a wide panel
    bar = ax.figure.colorbar(filled, cax=beside, ticks=list(np.asarray(ticks)))
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)


def segments(
    ax: Axes, ends: Sequence[ArrayLike] | Array, *, colour: Any = INK, width: Any = 1.0, style: Any = "-",
    **artist: Any,
) -> None:  # fmt: skip
    """Draw straight pieces, (n, 2, 2) end points; ``artist`` has matplotlib's own words for the collection."""
    from matplotlib.collections import LineCollection

    look = {"colors": colour, "linewidths": width, "linestyles": style, "capstyle": "round"} | artist
    ax.add_collection(LineCollection([np.asarray(pair) for pair in ends], **look))
    ax.autoscale_view()


def points(ax: Axes, samples: Samples, *, names: bool = True, size: float = 34) -> None:
    """Draw the samples of a classification with two inputs, a colour and a mark a class."""
    labels, shades = samples.targets[:, 0].astype(np.intp), series(n=len(samples.classes))
    for k, name in enumerate(samples.classes):
        at = samples.inputs[labels == k]
        ax.scatter(
            at[:, 0], at[:, 1], s=size, c=shades[k], marker=MARKERS[k % len(MARKERS)],
            edgecolors=PAPER, linewidths=0.8, label=plain(name) if names else None, zorder=3,
        )  # fmt: skip


def bars(ax: Axes, names: Sequence[str], heights: ArrayLike, *, colours: Sequence[str], digits: int = 4) -> None:
    """Draw one bar a name, its height written on it."""
    values = np.asarray(heights, dtype=np.float64)
    drawn = ax.bar(range(len(values)), values, width=0.62, color=list(colours))
    ax.bar_label(drawn, [number(v, digits) for v in values], padding=3, fontsize=9, fontweight="bold")
    ax.set_xticks(range(len(values)), list(names))
    ax.grid(axis="x", visible=False)
    ax.margins(y=0.14)


def table(
    ax: Axes,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    size: float = 9,
    ends: Sequence[float] | None = None,
) -> None:
    """Draw a table over a whole bare panel: the first column left, the others right.

    ends   where each column but the first ends, in shares of the panel; even columns unless given
    """
    bare(ax, ax.get_title(loc="left"))
    ax.set(xlim=(0, 1), ylim=(-len(rows) - 0.5, 0.8))
    at = [0.0, *(ends or ((k + 1) / len(header) for k in range(1, len(header))))]
    for k, row in enumerate((header, *rows)):
        for column, text in enumerate(row):
            ax.text(
                at[column], -k, text, size=size, va="center", ha="right" if column else "left",
                color=SOFT if k == 0 else INK, weight="normal" if k == 0 or column == 0 else "bold",
            )  # fmt: skip
        ax.plot([0, at[-1]], [-k - 0.5] * 2, color=FAINT, lw=0.8, clip_on=False)


def note(
    ax: Axes, text: str, at: tuple[float, float], by: tuple[float, float] = (0, 0), *, colour: str = INK,
    size: float = 8.5, ha: str = "center", va: str = "center", arrow: bool = False, weight: str = "normal",
    share: bool = False, plate: bool = False,
) -> None:  # fmt: skip
    """Write beside a place: ``by`` points (1/72 inch) away from it, with a thin arrow to it if asked.

    share   the place is in shares of the panel, (0, 0) its lower left corner, not in the units of its axes
    plate   lay a white plate under the words, where lines run behind them
    """
    ax.annotate(
        text, at, by, "axes fraction" if share else "data", "offset points", color=colour, size=size, ha=ha, va=va,
        weight=weight, zorder=5, bbox={"facecolor": PAPER, "alpha": 0.8, "lw": 0, "pad": 1} if plate else None,
        arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 0.9, "shrinkB": 4} if arrow else None,
    )  # fmt: skip


def plain(text: str, longest: int = NAME) -> str:
    """Return a name from a file as matplotlib shows it: no formula, no control character, and not too long.

    >>> plain("$x$"), plain("_id"), plain("a" * 50, 10)
    ('\\\\$x\\\\$', ' _id', 'aaaaaaa...')
    """
    said = shown(short(text, longest)).replace("$", r"\$")
    return f" {said}" if said.startswith("_") else said  # a legend leaves out what begins with an underscore


def number(value: float, digits: int = 4) -> str:
    """Return a number with so many digits behind the point and no idle zeros; minus is a real minus.

    >>> number(2.5500), number(-0.0), number(-1.25)
    ('2.55', '0', '−1.25')
    """
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "−")
