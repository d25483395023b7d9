"""Fitted scikit-learn models -> the fields of a network: perceptrons, linear models, and affine steps before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NetworkError

Array = NDArray[np.float64]
Affine = tuple[Array, Array]  # x -> A x + c

HIDDEN = {"relu": "relu", "tanh": "tanh", "logistic": "sigmoid", "identity": "identity"}
OUTPUT = {"identity": "identity", "logistic": "sigmoid", "softmax": "softmax"}
LINEAR = (
    "LogisticRegression", "RidgeClassifier", "Perceptron", "SGDClassifier", "LinearSVC", "LinearDiscriminantAnalysis",
    "LinearRegression", "Ridge", "Lasso", "ElasticNet", "SGDRegressor", "LinearSVR",
)  # fmt: skip


def arrays_of_model(model: Any) -> dict[str, Any]:
    """Return the fields of the network that a fitted model computes.

    raises   NetworkError for a model, or a step of a pipeline, that is no such network
    """
    *before, last = _steps(model)
    fields = _perceptron(last) if _is(last, "MLPClassifier", "MLPRegressor") else _linear(last)
    affine = [_affine(step) for step in before]
    if affine:
        A, c = _composed(affine)
        W, b = fields["weights"][0], fields["biases"][0]
        fields["weights"][0], fields["biases"][0] = W @ A, W @ c + b
        names = " and ".join(type(step).__name__ for step in before)
        fields["assumed"] = (f"{names} was made part of the first layer, whose numbers are rounded to doubles",)
    fields["meta"] = _meta(model, last)
    return fields


def _steps(model: Any) -> list[Any]:
    """The model, or all of a pipeline that does something, nested ones opened."""
    if not _is(model, "Pipeline"):
        return [model]
    parts = [step for _, step in model.steps if step is not None and step != "passthrough"]
    return [one for part in parts for one in _steps(part)]


def _is(model: Any, *names: str) -> bool:
    return any(kind.__name__ in names for kind in type(model).__mro__)


def _fitted(model: Any, name: str) -> Any:
    if not hasattr(model, name):
        raise NetworkError(
            f"from_sklearn needs a fitted model; got {type(model).__name__} without {name}. Call fit first."
        )
    return getattr(model, name)


def _perceptron(model: Any) -> dict[str, Any]:
    weights = [np.array(W.T, dtype=np.float64) for W in _fitted(model, "coefs_")]
    out = model.out_activation_
    if out not in OUTPUT:
        raise NetworkError(
            f"from_sklearn needs an output out of {', '.join(OUTPUT)}; got {out!r}. Fit it with another loss."
        )
    if out == "logistic" and len(weights[-1]) > 1:
        raise NetworkError(
            f"from_sklearn needs one class a row; got a classifier of {len(weights[-1])} labels at once. "
            "Fit one classifier a label."
        )
    biases = [np.array(b, dtype=np.float64) for b in model.intercepts_]
    return {"weights": weights, "biases": biases, "activation": HIDDEN[model.activation], "output": OUTPUT[out]}


def _linear(model: Any) -> dict[str, Any]:
    if not _is(model, *LINEAR):
        raise NetworkError(
            f"from_sklearn needs MLPClassifier, MLPRegressor, a linear model or a pipeline that ends in one; got "
            f"{type(model).__name__}. Its answers are not those of one network."
        )
    W = np.atleast_2d(np.array(_fitted(model, "coef_"), dtype=np.float64))
    b = np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64), len(W))
    sure = _is(model, "LogisticRegression", "LinearDiscriminantAnalysis")
    output = "identity" if not sure else "sigmoid" if len(W) == 1 else "softmax"
    return {"weights": [W], "biases": [b.copy()], "activation": "relu", "output": output}


def _scaled(factor: Array, shift: Array) -> Affine:
    return np.diag(factor), shift


def _standard(step: Any) -> Affine:
    n = int(_fitted(step, "n_features_in_"))
    scale = np.ones(n) if step.scale_ is None else np.asarray(step.scale_, dtype=np.float64)
    mean = np.zeros(n) if not step.with_mean else np.asarray(step.mean_, dtype=np.float64)
    return _scaled(1 / scale, -mean / scale)


def _robust(step: Any) -> Affine:
    n = int(_fitted(step, "n_features_in_"))
    scale = np.ones(n) if step.scale_ is None else np.asarray(step.scale_, dtype=np.float64)
    centre = np.zeros(n) if step.center_ is None else np.asarray(step.center_, dtype=np.float64)
    return _scaled(1 / scale, -centre / scale)


def _min_max(step: Any) -> Affine:
    if step.clip:
        raise NetworkError("from_sklearn needs a MinMaxScaler without clip; got one with. Fit it with clip=False.")
    return _scaled(np.asarray(_fitted(step, "scale_")), np.asarray(step.min_))


def _max_abs(step: Any) -> Affine:
    scale = np.asarray(_fitted(step, "scale_"), dtype=np.float64)
    return _scaled(1 / scale, np.zeros(len(scale)))


def _principal(step: Any) -> Affine:
    A = np.array(_fitted(step, "components_"), dtype=np.float64)
    if step.whiten:
        A = A / np.sqrt(step.explained_variance_)[:, None]
    return A, -A @ step.mean_


AFFINE: dict[str, Callable[[Any], Affine]] = {
    "StandardScaler": _standard, "RobustScaler": _robust, "MinMaxScaler": _min_max, "MaxAbsScaler": _max_abs,
    "PCA": _principal,
}  # fmt: skip


def _affine(step: Any) -> Affine:
    for name, read in AFFINE.items():
        if _is(step, name):
            return read(step)
    raise NetworkError(
        f"from_sklearn needs steps out of {', '.join(AFFINE)} before the model; got {type(step).__name__}. Apply it "
        "to the data, and give the rest."
    )


def _composed(maps: list[Affine]) -> Affine:
    A, c = maps[0]
    for B, d in maps[1:]:
        A, c = B @ A, B @ c + d
    return A, c


def _meta(model: Any, last: Any) -> dict[str, Any]:
    """Names of columns and classes, as the model knows them."""
    meta: dict[str, Any] = {}
    if hasattr(last, "classes_"):
        meta |= {"kind": "classification", "classes": [str(name) for name in last.classes_]}
    if hasattr(model, "feature_names_in_"):
        meta["names"] = [str(name) for name in model.feature_names_in_]
    return meta
