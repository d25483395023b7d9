"""The report of a table."""

from __future__ import annotations

from ...facts.values import samples_facts, training_rows
from ...network import Network
from ...samples import Samples
from ...text import page_text
from .parts import Report, brief, common, network_section, page, record, table_of, training_section


def table_report(network: Network, samples: Samples, source: str) -> Report:
    """Return the report of a network fitted to the rows of a table."""
    facts = common(network, samples, source)
    body = [
        training_section(network),
        '<div class="columns">',
        f"<section><h2>The table</h2>{table_of(samples_facts(samples).rows())}</section>",
        f"<section>{network_section(network)}</section>",
        "</div>",
    ]
    aside = network.training.held_out.get("rows", 0) if network.training else 0
    over = "The measures are over the rows it was fitted to, not over new ones."
    if aside:
        over = f"Of them {aside:,.0f} were kept aside: the measures over those say what it makes of new rows."
    what = f"the {len(samples.classes)} classes" if samples.kind == "classification" else "the numbers"
    lead = (
        f"A network with {network.n_parameters:,} parameters, fitted to {what} of {len(samples):,} rows of "
        f"{page_text(source)}. {over}"
    )
    return Report(facts, [*brief(network), *training_rows(record(network))], page(source, lead, body))
