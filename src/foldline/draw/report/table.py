"""The report of a table: what was learned as a picture, confusions or residuals, and scores on rows kept aside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...exact.work import Budget
from ...facts.tables import TableFacts, split_of, table_facts
from ...facts.values import samples_facts
from ...network import Network
from ...samples import Samples
from ...text import counted, page_text, short
from ..picture import Picture, drawn_on, picture
from ..residuals import largest_errors, plot_residuals
from ..view import answer_for, scene, usual_view, words_of
from .inline import inline_svg
from .parts import (
    Report,
    brief,
    common,
    doubts_section,
    fitted_rows,
    network_section,
    page,
    record,
    table_of,
    training_section,
)

Counts = NDArray[np.int64]

BUDGET = Budget(regions=300_000, seconds=60.0)  # of the picture
MOST_POINTS = 2_000  # drawn over a picture
MOST_CLASSES = 12  # of a matrix that is written out; of more, the commonest confusions
MOST_OUTPUTS = 3  # whose residuals are drawn
WORST = 5  # rows that are listed
MOST_NAMED = 12  # columns of a row that is listed
NAMED = 24  # characters of a class's name


def table_report(network: Network, samples: Samples, source: str) -> Report:
    """Return the report of a network fitted to the rows of a table."""
    met = table_facts(network, samples)
    facts = common(network, samples, source) | {"table": met.json()}
    judged = _confusions(met, samples) if met.confusion else _residuals(network, samples)
    body = [
        doubts_section(met.doubts),
        f"<section><h2>What it learned</h2>{_picture(network, samples)}</section>",
        f"<section><h2>How well rows are met</h2>{_scores(met, network, samples)}</section>",
        judged,
        training_section(network),
        '<div class="columns">',
        f"<section><h2>The table</h2>{table_of(samples_facts(samples).rows())}</section>",
        network_section(network),
        "</div>",
    ]
    rows = [*brief(network), *fitted_rows(network), *(("not good", text) for text in met.doubts)]
    return Report(facts, rows, page(source, _lead(network, samples, source), body))


def _lead(network: Network, samples: Samples, source: str) -> str:
    aside = record(network).held_out.get("rows", 0)
    over = f"Of them {aside:,.0f} were kept aside: the scores over those say what it makes of new rows."
    if not aside:
        over = "The scores are over the rows it was fitted to, not over new ones."
    what = f"the {len(samples.classes)} classes" if samples.kind == "classification" else "the numbers"
    return (
        f"A network with {network.n_parameters:,} parameters, fitted to {what} of {len(samples):,} rows of "
        f"{page_text(source)}. {over}"
    )


def _picture(network: Network, samples: Samples) -> str:
    """The exact classes, field or curve with its rows; of many columns, on the slice of their leading directions."""
    if not network.piecewise_linear:
        return '<p class="soft">Its units are curved: it has no linear regions to draw.</p>'
    at = scene(network, _fewer(samples), None)
    view = usual_view(at.network)
    found = answer_for(view, at.network, at.box or network.box, None, budget=BUDGET)
    if not found.complete:
        return f'<p class="soft">It has more than {BUDGET.regions:,} regions here, too many to draw in a report.</p>'
    several = samples.kind != "classification" and network.d_out > 1 and at.network.d_in == 2
    notes = [at.note, *(["the first output"] if several else [])]
    if len(samples) > MOST_POINTS:
        notes.append(f"{MOST_POINTS:,} of the {len(samples):,} rows are drawn")
    drawn = picture(found, at.samples, note="; ".join(note for note in notes if note), **words_of(view))
    return f'<figure class="drawing">{inline_svg(drawn)}</figure>'


def _fewer(samples: Samples) -> Samples:
    """As many rows as are drawn, evenly out of all."""
    if len(samples) <= MOST_POINTS:
        return samples
    rows = np.linspace(0, len(samples) - 1, MOST_POINTS).round().astype(np.int64)
    return replace(samples, inputs=samples.inputs[rows], targets=samples.targets[rows])


def _scores(met: TableFacts, network: Network, samples: Samples) -> str:
    """The same scores over both kinds of rows, beside what one answer always would score."""
    fitted, aside = split_of(network, samples)
    head = f"<th></th><td>{len(fitted):,} rows fitted to</td>" + (
        f"<td>{len(aside):,} rows kept aside</td>" if aside else ""
    )
    rows = "".join(
        f'<tr><th scope="row">{page_text(_name(name))}</th><td>{value:.4g}</td>'
        + (f"<td>{met.kept_aside[name]:.4g}</td>" if name in met.kept_aside else "<td></td>" if aside else "")
        + "</tr>"
        for name, value in met.fitted.items()
    )
    always = f"Always saying the commonest class has an accuracy of {met.plain:.3g}." if met.confusion else ""
    return f'<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p class="soft">{always}</p>'


def _name(score: str) -> str:
    return {"r_squared": "R²: the share of the spread that is explained"}.get(score, score.replace("_", " "))


def _confusions(met: TableFacts, samples: Samples) -> str:
    names = {"fitted": "rows fitted to", "kept_aside": "rows kept aside"}
    write = _matrix if len(samples.classes) <= MOST_CLASSES else _commonest
    parts = "".join(
        f"<section><h3>{names[part].capitalize()}</h3>{write(np.array(counts), samples.classes)}</section>"
        for part, counts in met.confusion.items()
    )
    more = "a row of the table a true class, a column the class it was given"
    return f'<section><h2>Which class is taken for which</h2><p class="soft">Counts: {more}.</p></section>' + (
        f'<div class="columns">{parts}</div>'
    )


def _matrix(counts: Counts, classes: tuple[str, ...]) -> str:
    """The whole matrix; a cell is the darker the larger its share of the true class."""
    names = [page_text(short(name, NAMED)) for name in classes]
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rows = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(
            f'<td class="{"right" if i == j else "wrong"}" style="--share: {100 * share[i, j]:.0f}%">{n:,}</td>'
            for j, n in enumerate(counts[i].tolist())
        )
        + "</tr>"
        for i, name in enumerate(names)
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    top = f"<thead><tr><th></th>{head}</tr></thead>"
    return f'<div class="wide"><table class="matrix">{top}<tbody>{rows}</tbody></table></div>'


def _commonest(counts: Counts, classes: tuple[str, ...]) -> str:
    """The commonest confusions of many classes."""
    off = counts - np.diag(np.diag(counts))
    order = np.argsort(-off, axis=None, kind="stable")[:MOST_CLASSES]
    pairs = [divmod(int(k), len(classes)) for k in order if off.flat[k] > 0]
    rows = [(f"{short(classes[i], NAMED)} taken for {short(classes[j], NAMED)}", f"{off[i, j]:,}") for i, j in pairs]
    return table_of(rows or [("no row", "is taken for another class")])


def _residuals(network: Network, samples: Samples) -> str:
    """Each output's errors against what the network says, and the rows it meets worst."""
    fitted, aside = split_of(network, samples)
    figures = "".join(
        f'<figure class="drawing">{inline_svg(_residual_picture(network, fitted, aside, output))}</figure>'
        for output in range(min(samples.d_out, MOST_OUTPUTS))
    )
    kept = samples.aside(record(network).holdout, record(network).seed)
    told = {False: "; fitted to", True: "; kept aside"} if aside else {False: ""}
    worst = [
        (_in_words(samples, row), _met(network, samples, row) + told[bool(kept[row])])
        for row in largest_errors(network, samples, WORST)
    ]
    listed = f"<h3>The {len(worst)} rows it meets worst</h3>{table_of(worst)}" if worst else ""
    return f"<section><h2>Residuals</h2>{figures}{listed}</section>"


def _met(network: Network, samples: Samples, row: int) -> str:
    """What the network makes of a row: of the output that it meets worst."""
    said, true = network(samples.inputs[row]), samples.targets[row]
    k = int(np.abs(said - true).argmax())
    which = f"output {k + 1}: " if samples.d_out > 1 else ""
    return f"{which}{true[k]:.5g}; it says {said[k]:.5g}"


def _in_words(samples: Samples, row: int) -> str:
    """The numbers of a row, then of each column of categories the one that holds."""
    categories: dict[str, list[str]] = samples.meta.get("categories", {})
    kinds = {f"{column}={text}": f"{column} {text}" for column, texts in categories.items() for text in texts}
    names = samples.names or [f"x{k + 1}" for k in range(samples.d_in)]
    named = dict(zip(names, samples.inputs[row].tolist(), strict=True))
    numbers = [f"{name} {value:.4g}" for name, value in named.items() if name not in kinds]
    words = [*numbers, *(kinds[name] for name, value in named.items() if name in kinds and value)]
    more = len(words) - MOST_NAMED
    return ", ".join(words[:MOST_NAMED]) + (f", and {counted(more, 'more column')}" if more > 0 else "")


def _residual_picture(network: Network, fitted: Samples, aside: Samples | None, output: int) -> Picture:
    title = "What is left over" + (f", output {output + 1}" if fitted.d_out > 1 else "")
    few, others = _fewer(fitted), None if aside is None else _fewer(aside)
    return drawn_on(title, "", lambda ax: plot_residuals(network, few, others, ax, output=output))
