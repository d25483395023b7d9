"""The scikit-learn face of fit: estimators whose learned function is one ReLU network, exact geometry included.

PyTorch is not loaded here: small tables are fitted by the fused step.
"""

from .fold import FoldClassifier, FoldRegressor
from .perceptron import PerceptronClassifier

__all__ = ["FoldClassifier", "FoldRegressor", "PerceptronClassifier"]
