"""What a network file says beside its arrays, as JSON: units, skips, meta, and who wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..codes import Codes
from ..errors import InputError, NetworkError
from ..grid import Grid
from ..network import Network
from ..slice import Slice
from ..text import json_text
from ..training import meta_of, told_by

Array = NDArray[np.float64]

# Of the description below; a reader refuses a larger one.  The least that serves is written: 2 a grid, 3 codes,
# 4 a slice of a grid.
SCHEMA = 4


def description(network: Network) -> dict[str, str]:
    """Return what a network is beside its arrays, as text values: schema, foldline version, the rest as JSON."""
    from ..version import __version__

    structure = {
        "activation": network.activation if isinstance(network.activation, str) else list(network.activation),
        "output": network.output,
        "skips": {str(layer): list(sources) for layer, sources in network.skips.items()},
        "meta": meta_of(network),
        **({"assumed": list(network.assumed)} if network.assumed else {}),
        **({"grid": _grid_as_json(network.grid)} if network.grid else {}),
        **({"slice": len(network.grid.weights)} if isinstance(network.grid, Slice) else {}),
        **({"codes": network.codes.as_meta()} if network.codes else {}),
    }
    return {
        "format": "foldline",
        "schema": str(4 if isinstance(network.grid, Slice) else 3 if network.codes else 2 if network.grid else 1),
        "foldline": __version__,
        "network": _json(structure),
    }


def network_of_description(metadata: Mapping[str, Any], arrays: Mapping[str, Array], name: str) -> Network:
    """Return the network of a file that foldline wrote: arrays weights.0, biases.0, ... and the JSON description.

    raises   InputError if a newer foldline wrote it or a part is missing
    """
    check_schema(metadata, name)
    try:
        structure = json.loads(metadata["network"])
        n = sum(key.startswith("weights.") for key in arrays)
        return Network(
            [arrays[f"weights.{i}"] for i in range(n)],
            [arrays[f"biases.{i}"] for i in range(n)],
            structure["activation"],
            output=structure["output"],
            skips={int(layer): sources for layer, sources in structure["skips"].items()},
            slopes={int(k.removeprefix("slopes.")): a for k, a in arrays.items() if k.startswith("slopes.")},
            assumed=structure.get("assumed", ()),
            grid=_grid_of(structure, arrays) if "grid" in structure else None,
            codes=Codes.of_meta(arrays["codes"], structure["codes"]) if "codes" in structure else None,
            **told_by(structure["meta"]),
        )
    except InputError:
        raise
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(
            f"{name}: a network file needs its description whole; got {error!r}. Save it again."
        ) from error
    except ValueError as error:
        if type(error) is not ValueError:
            raise
        raise InputError(f"{name}: a network file needs its description whole; got {error}. Save it again.") from error


def more_arrays(network: Network) -> dict[str, NDArray[Any]]:
    """Return the arrays beside the layers': those of a grid, and codes."""
    return grid_arrays(network.grid) | ({"codes": network.codes.values} if network.codes is not None else {})


def grid_arrays(grid: Grid | Slice | None) -> dict[str, NDArray[Any]]:
    """Return the arrays of a grid: features.0, ..., and rows.0, ... of the levels without a row for every vertex.

    Those of a slice hold the layers in front of it, too: slice_weights.0, slice_biases.0, ...
    """
    if grid is None:
        return {}
    if isinstance(grid, Slice):
        layers = (("weights", grid.weights), ("biases", grid.biases))
        front = {f"slice_{word}.{i}": part for word, parts in layers for i, part in enumerate(parts)}
        return front | grid_arrays(grid.grid)
    features = {f"features.{level}": values for level, values in enumerate(grid.features)}
    return features | {f"rows.{level}": rows for level, rows in enumerate(grid.rows) if rows is not None}


def _grid_as_json(grid: Grid | Slice) -> dict[str, Any]:
    grid = grid.grid if isinstance(grid, Slice) else grid
    stored = [values.dtype.name for values in grid.features]
    return {"lo": grid.box.lo.tolist(), "hi": grid.box.hi.tolist(), "sizes": list(grid.sizes), "stored": stored}


def _grid_of(structure: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Grid | Slice:
    told, n = structure["grid"], int(structure.get("slice", 0))
    features = [arrays[f"features.{level}"].astype(kind) for level, kind in enumerate(told["stored"])]
    rows = [arrays.get(f"rows.{level}") for level in range(len(features))]
    grid = Grid(Box(told["lo"], told["hi"]), told["sizes"], features, rows)
    if not n:
        return grid
    return Slice.of(grid, *([arrays[f"slice_{word}.{i}"] for i in range(n)] for word in ("weights", "biases")))


def refuse_choices(name: str, **given: str | None) -> None:
    """Raise InputError for what is given beside a file that says it itself: its units, its one output."""
    for what, value in given.items():
        if value is not None:
            raise InputError(f"{name}: the file names its own {what}; got {value!r} too. Leave it out.")


def check_schema(metadata: Mapping[str, Any], name: str) -> None:
    """Raise InputError if a file was made by a foldline whose files this one cannot know."""
    from ..version import __version__

    schema = str(metadata.get("schema", ""))
    if not schema.isdigit():
        raise InputError(f"{name}: a network file needs a schema number; got {schema!r}. Save it again.")
    if int(schema[:9]) > SCHEMA:
        maker = metadata.get("foldline", "?")
        raise InputError(
            f"{name}: foldline {__version__} needs a network file of schema {SCHEMA} or less; got schema {schema}, "
            f"made by foldline {maker}, this is {__version__}. Update foldline."
        )


def _json(structure: dict[str, Any]) -> str:
    try:
        return json_text(structure, ascii=False)
    except TypeError as error:
        raise NetworkError(f"save needs meta of JSON values; got {error}. Turn it into numbers or text.") from error
