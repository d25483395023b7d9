"""The one table of ONNX operators that a network has a place for, each as what it does to affine values."""

from __future__ import annotations

from collections.abc import Callable

from . import onnx_linear as linear
from . import onnx_moves as moves
from . import onnx_units as units
from .onnx_step import Result, Step

MOVES = (
    "Transpose", "Squeeze", "Unsqueeze", "Concat", "Split", "Slice", "Gather", "GatherElements", "GatherND", "Expand",
    "Tile", "DepthToSpace", "SpaceToDepth", "Trilu", "ReverseSequence", "Compress", "CenterCropPad", *moves.SCATTERS,
)  # fmt: skip

OPERATORS: dict[str, Callable[[Step], Result]] = {
    "Gemm": linear.gemm,
    "MatMul": linear.matmul,
    "Einsum": linear.einsum,
    "Conv": linear.conv,
    "ConvTranspose": linear.conv_transpose,
    "BatchNormalization": linear.batch_normalization,
    "MaxPool": linear.max_pool,
    "AveragePool": linear.average_pool,
    "GlobalMaxPool": linear.reduce_max,
    "GlobalAveragePool": linear.reduce_mean,
    "ReduceMax": linear.reduce_max,
    "ReduceMin": linear.reduce_min,
    "ReduceMean": linear.reduce_mean,
    "ReduceSum": linear.reduce_sum,
    "ReduceL1": linear.reduce_sum,
    "Add": linear.add,
    "Sum": linear.add,
    "Mean": linear.mean,
    "Sub": linear.subtract,
    "Mul": units.multiply,
    "Div": linear.divide,
    "Pow": units.power,
    "Neg": lambda step: step.value().negative(),
    "Max": linear.largest,
    "Min": linear.least,
    **dict.fromkeys(units.UNIT_OPS, units.unit),
    **dict.fromkeys(units.ROW_OPS, units.row_unit),
    "LeakyRelu": units.leaky,
    "PRelu": units.prelu,
    "Clip": units.clip,
    "HardSigmoid": units.hard_sigmoid,
    "ThresholdedRelu": units.thresholded,
    "Shrink": units.shrink,
    "Sign": units.sign,
    **dict.fromkeys(("Greater", "Less", "GreaterOrEqual", "LessOrEqual"), units.compared),
    "Not": units.negated,
    **dict.fromkeys(("And", "Or", "Xor"), units.connected),
    "Where": units.where,
    "Cast": units.cast,
    "CastLike": units.cast,
    **dict.fromkeys(MOVES, moves.moved),
    "Identity": moves.same,
    "Dropout": moves.same,
    "Flatten": moves.flatten,
    "Reshape": moves.reshape,
    "Pad": moves.pad,
    "Resize": moves.resize,
    "Upsample": moves.resize,
    "Shape": moves.shape_of,
    "Size": moves.shape_of,
}

ML_OPERATORS: dict[str, Callable[[Step], Result]] = {
    "Scaler": linear.scaler,
    "LinearRegressor": linear.linear_rows,
    "LinearClassifier": units.linear_classifier,
    "Normalizer": units.normalizer,
    "Imputer": units.imputer,
    "ArrayFeatureExtractor": moves.feature_extractor,
}
"""Operators of the domain ai.onnx.ml: what scikit-learn's converter writes around a network."""
