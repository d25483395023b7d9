"""How right the estimators are at their defaults, beside scikit-learn's MLPClassifier at its own: 5 folds, 5 seeds.

python bench/estimators.py [--seeds N]     inputs are scaled for both; about two minutes

Bars: the mean accuracy on each table is at least MLPClassifier's; XOR and iris are fitted well within a second.  The
import is scikit-learn's own (it loads scipy.stats and, where installed, pandas), which the last lines show.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from foldline.estimators import FoldClassifier, PerceptronClassifier

PENGUINS = Path(__file__).parents[1] / "data" / "table" / "penguins.csv"
COLUMNS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")


def penguins():
    """The four measurements of the penguins that have them all, and their species."""
    table = pd.read_csv(PENGUINS).dropna(subset=COLUMNS)
    return table[list(COLUMNS)].to_numpy(float), table["species"].to_numpy(str)


def accuracies(estimator, X, y, seeds):
    """The mean accuracy over 5 folds, one number a seed, and the seconds a fit and its judging took."""
    begun, found = time.perf_counter(), []
    for seed in range(seeds):
        model = make_pipeline(StandardScaler(), estimator(random_state=seed))
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        found.append(cross_val_score(model, X, y, cv=folds).mean())
    return np.array(found), (time.perf_counter() - begun) / seeds / 5


def cold_start():
    """Seconds from importing the estimators to XOR and to iris, in a fresh process, and the import alone."""
    code = (
        "import time; a = time.perf_counter()\n"
        "from foldline.estimators import FoldClassifier; b = time.perf_counter()\n"
        "FoldClassifier().fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]); c = time.perf_counter()\n"
        "from sklearn.datasets import load_iris; X, y = load_iris(return_X_y=True); d = time.perf_counter()\n"
        "FoldClassifier().fit(X, y); print(b - a, c - b, time.perf_counter() - d)"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    return np.min([[float(x) for x in run.stdout.split()] for run in runs], axis=0)


def whole_processes(runs=10):
    """Seconds and CPU seconds of whole processes, the least of some runs: what importing takes, and a fit of XOR."""
    fit = "FoldClassifier().fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])"
    for name, code in (
        ("NumPy alone", "import numpy"),
        ("scikit-learn's base class alone", "import sklearn.base"),
        ("the estimators", "import foldline.estimators"),
        ("the estimators, and XOR", f"from foldline.estimators import FoldClassifier; {fit}"),
    ):
        found = []
        for _ in range(runs):
            begun, before = time.perf_counter(), os.times()
            subprocess.run([sys.executable, "-c", code], check=True)
            after = os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            found.append((time.perf_counter() - begun, cpu))
        wall, cpu = np.min(found, axis=0)
        print(f"process that imports {name:32s} {wall:5.2f} s, {cpu:5.2f} s of CPU time")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.filterwarnings("ignore", message=".*needs columns that vary")  # digits has pixels that are never inked
    given = {name: load(return_X_y=True) for name, load in (
        ("iris", load_iris), ("wine", load_wine), ("breast cancer", load_breast_cancer), ("digits", load_digits),
    )}  # fmt: skip
    given["penguins"] = penguins()
    print(f"{'':14s} {'Fold':>7s} {'MLP':>7s} {'ahead':>7s} {'Perceptron':>11s} {'Fold s':>7s} {'MLP s':>7s}")
    for name, (X, y) in given.items():
        ours, quick = accuracies(FoldClassifier, X, y, seeds)
        theirs, slow = accuracies(MLPClassifier, X, y, seeds)
        lines, _ = accuracies(PerceptronClassifier, X, y, seeds)
        ahead = ours.mean() - theirs.mean()
        scores = f"{ours.mean():7.4f} {theirs.mean():7.4f} {ahead:+7.4f} {lines.mean():11.4f}"
        print(f"{name:14s} {scores} {quick:7.2f} {slow:7.2f}")
    imported, xor, iris = cold_start()
    print(f"\nfresh process: import {imported:.2f} s (scikit-learn's own), then XOR {xor:.2f} s, iris {iris:.2f} s")
    whole_processes()


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
