"""Random ONNX graphs of every operator that foldline reads, over inputs of every shape class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
OPSETS = (9, 11, 13, 17, 18, 21)
ML = "ai.onnx.ml"
# The shape that is declared; a text is an axis without a fixed size.
INPUTS: tuple[tuple[Any, ...], ...] = (
    ("N", 4), (4,), (1, 4), (3, 4), (4, 1), (2, 2, 3), ("N", 2, 4, 4), (1, 2, 6), (2, 2, 4, 3), ("N", 4, 2, 2),
    (1, 1, 1, 5), ("N", 3, 1, 1), (6,),
)  # fmt: skip


class Graph:
    """A graph that grows by one operator at a time; ``last`` is its newest value."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.opset = int(self.rng.choice(OPSETS))
        self.declared = INPUTS[self.rng.integers(len(INPUTS))]
        self.shape = tuple(1 if isinstance(n, str) else n for n in self.declared)
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}
        self.known: dict[str, tuple[int, ...]] = {}  # shapes that onnx does not infer
        self.last = "x"

    def constant(self, value: Any, kind: Any = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value, dtype=kind)
        return name

    def normal(self, shape: Sequence[int]) -> Array:
        return (self.rng.integers(-12, 13, size=tuple(shape)) / 8).astype(np.float32)

    def add(self, op: str, inputs: Sequence[str], n: int = 1, domain: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its first output."""
        import onnx

        outs = [f"v{len(self.nodes)}_{i}" for i in range(n)]
        name = f"n{len(self.nodes)}"
        self.nodes.append(onnx.helper.make_node(op, list(inputs), outs, name=name, domain=domain, **attributes))
        return outs[0]

    def whole(self, op_input: bool, name: str, values: Sequence[int]) -> tuple[list[str], dict[str, Any]]:
        """Whole numbers as an input of newer opsets or an attribute of older ones."""
        if op_input:
            return [self.constant(values, np.int64)], {}
        return [], {name: list(map(int, values))}

    def broadcast(self, shape: Sequence[int]) -> Array:
        """Constants of a shape that spreads over this one."""
        sides = [n if self.rng.random() < 0.6 else 1 for n in shape]
        return self.normal(sides[int(self.rng.integers(len(sides) + 1)) :])

    def axis(self, rank: int) -> int:
        return int(self.rng.integers(-rank, rank))

    def model(self, out: str) -> Any:
        import onnx

        info, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
        graph = onnx.helper.make_graph(
            self.nodes,
            "g",
            [info("x", kind, list(self.declared))],
            [info(out, kind, None)],
            [onnx.numpy_helper.from_array(v, k) for k, v in self.constants.items()],
            value_info=[info(name, kind, shape) for name, shape in self.known.items()],
        )
        sets = [onnx.helper.make_opsetid("", self.opset), onnx.helper.make_opsetid(ML, 1)]
        return onnx.helper.make_model(graph, opset_imports=sets, ir_version=8)


Maker = Callable[[Graph, str, tuple[int, ...]], str | None]


def plain(op: str, **attributes: Any) -> Maker:
    return lambda g, x, shape: g.add(op, [x], **attributes)


def number(op: str, *names: str, lo: float = -1.0, hi: float = 1.0) -> Maker:
    """An operator of numbers in its attributes."""
    return lambda g, x, shape: g.add(
        op, [x], **{name: float(g.rng.integers(int(8 * lo), int(8 * hi)) / 8) for name in names}
    )


def prelu(g: Graph, x: str, shape: tuple[int, ...]) -> str:
    return g.add("PRelu", [x, g.constant(g.broadcast(shape))])


def clip(g: Graph, x: str, shape: tuple[int, ...]) -> str:
    end = float(np.finfo(np.float32).max)
    pairs = [(-0.5, 0.75), (-1.0, 1.0), (0.0, 6.0), (-end, 0.5), (0.25, end), (0.5, 0.5), (0.0, np.inf), (-np.inf, 1.0)]
    pairs += [(-1e20, 0.5), (-0.25, 1e30), (-1e20, np.inf)]
    lo, hi = pairs[g.rng.integers(len(pairs))]
    if g.opset < 11:
        return g.add("Clip", [x], min=float(np.clip(lo, -end, end)), max=float(np.clip(hi, -end, end)))
    return g.add("Clip", [x, g.constant(lo), g.constant(hi)][: 3 if g.rng.random() < 0.8 else 2])


def with_constant(op: str) -> Maker:
    def make(g: Graph, x: str, shape: tuple[int, ...]) -> str:
        values = g.broadcast(shape)
        if op in ("Mul", "Div"):
            values = np.where(values == 0, 0.5, values).astype(np.float32)
        pair = [x, g.constant(values)]
        return g.add(op, pair if op == "Div" or g.rng.random() < 0.6 else pair[::-1])

    return make


def with_itself(op: str) -> Maker:
    def make(g: Graph, x: str, shape: tuple[int, ...]) -> str:
        other = g.add(str(g.rng.choice(["Relu", "Neg", "Abs"])), [x])
        extra = [g.constant(g.broadcast(shape))] if op in ("Sum", "Mean", "Max", "Min") and g.rng.random() < 0.5 else []
        return g.add(op, [x, other, *extra])

    return make


def matmul(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if not shape:
        return None
    n = int(g.rng.integers(1, 4))
    kind = int(g.rng.integers(4))
    if kind == 0:
        return g.add("MatMul", [x, g.constant(g.normal((shape[-1], n)))])
    if kind == 1:
        return g.add("MatMul", [x, g.constant(g.normal(shape[-1:]))])
    rows = shape[-2] if len(shape) > 1 else shape[-1]
    if kind == 2:
        return g.add("MatMul", [g.constant(g.normal((n, rows))), x])
    ahead = shape[:-2] if g.rng.random() < 0.5 else (2, *shape[1:-2])
    return g.add("MatMul", [x, g.constant(g.normal((*ahead, shape[-1], n)))])


def gemm(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if len(shape) != 2:
        return None
    left, ta, tb = bool(g.rng.integers(2)), int(g.rng.integers(2)), int(g.rng.integers(2))
    n = int(g.rng.integers(1, 4))
    turned = shape[::-1] if (tb if left else ta) else shape
    sides = (n, turned[0]) if left else (turned[1], n)
    if ta if left else tb:
        sides = sides[::-1]
    other = g.constant(g.normal(sides))
    out = (n, turned[1]) if left else (turned[0], n)
    scales = {"alpha": 0.5, "beta": 2.0} if g.rng.random() < 0.5 else {}
    bias = [g.constant(g.broadcast(out))] if g.rng.random() < 0.7 or g.opset < 11 else []
    return g.add("Gemm", [*([other, x] if left else [x, other]), *bias], transA=ta, transB=tb, **scales)


def einsum(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if g.opset < 13 or not shape:
        return None
    letters = "abcd"[: len(shape)]
    at = int(g.rng.integers(len(shape)))
    rules = [
        f"{letters},{letters[at]}k->{letters.replace(letters[at], 'k')}",
        f"k{letters[at]},{letters}->k",
        letters + "->" + letters[::-1],
    ]
    rule = rules[g.rng.integers(3)]
    if rule == rules[2]:
        return g.add("Einsum", [x], equation=rule)
    if rule == rules[0]:
        return g.add("Einsum", [x, g.constant(g.normal((shape[at], 2)))], equation=rule)
    return g.add("Einsum", [g.constant(g.normal((2, shape[at]))), x], equation=rule)


def window(g: Graph, shape: tuple[int, ...], *, pool: bool) -> dict[str, Any] | None:
    n = len(shape) - 2
    if n not in (1, 2):
        return None
    kernel = [int(g.rng.integers(1, min(3, size) + 1)) for size in shape[2:]]
    strides = [int(g.rng.integers(1, 3)) for _ in range(n)]
    most = [k // 2 for k in kernel] if pool else [2] * n
    pads = [int(g.rng.integers(0, m + 1)) for m in most * 2]
    if g.rng.random() < 0.2:
        return {
            "kernel_shape": kernel,
            "strides": strides,
            "auto_pad": str(g.rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID"])),
        }
    return {"kernel_shape": kernel, "strides": strides, "pads": pads}


def conv(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    about = window(g, shape, pool=False) if len(shape) > 2 else None
    if about is None:
        return None
    groups = shape[1] if g.rng.random() < 0.3 else 1
    out = groups * int(g.rng.integers(1, 3))
    kernels = g.constant(g.normal((out, shape[1] // groups, *about["kernel_shape"])))
    bias = [g.constant(g.normal((out,)))] if g.rng.random() < 0.6 else []
    return g.add("Conv", [x, kernels, *bias], group=groups, **about)


def conv_transpose(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    about = window(g, shape, pool=True) if len(shape) > 2 else None
    if about is None or "auto_pad" in about:
        return None
    about["pads"] = [0] * len(about["pads"])
    kernels = g.constant(g.normal((shape[1], 2, *about["kernel_shape"])))
    return g.add("ConvTranspose", [x, kernels], **about)


def pooled(op: str) -> Maker:
    def make(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
        about = window(g, shape, pool=True) if len(shape) > 2 else None
        if about is None:
            return None
        if op == "AveragePool":
            about["count_include_pad"] = int(g.rng.integers(2))
        if g.opset >= 11 and "pads" in about and g.rng.random() < 0.3:
            about["ceil_mode"] = 1
        return g.add(op, [x], **about)

    return make


def over_positions(op: str) -> Maker:
    return lambda g, x, shape: g.add(op, [x]) if len(shape) > 2 else None


def batch_normalization(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if len(shape) < 2:
        return None
    numbers = [g.normal(shape[1:2]) for _ in range(3)] + [np.abs(g.normal(shape[1:2])) + 0.5]
    return g.add("BatchNormalization", [x, *map(g.constant, numbers)], epsilon=1e-3)


def reduced(op: str) -> Maker:
    def make(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
        if not shape:
            return None
        keep = int(g.rng.integers(2))
        axes = sorted({g.axis(len(shape)) % len(shape) for _ in range(int(g.rng.integers(1, 3)))})
        if g.rng.random() < 0.2:
            return g.add(op, [x], keepdims=keep)
        more, attributes = g.whole(g.opset >= (13 if op == "ReduceSum" else 18), "axes", axes)
        return g.add(op, [x, *more], keepdims=keep, **attributes)

    return make


def transpose(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if not shape:
        return None
    return g.add("Transpose", [x], perm=g.rng.permutation(len(shape)).tolist())


def reshape(g: Graph, x: str, shape: tuple[int, ...]) -> str:
    n = int(np.prod(shape))
    sides = [k for k in range(1, n + 1) if n % k == 0]
    first = int(g.rng.choice(sides))
    wanted = [[first, -1], [-1], [1, first, -1], [1, first, n // first, 1]][g.rng.integers(4)]
    return g.add("Reshape", [x, g.constant(wanted, np.int64)])


def flatten(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    return g.add("Flatten", [x], axis=int(g.rng.integers(0, len(shape) + 1))) if shape else None


def squeeze(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    ones = [i for i, n in enumerate(shape) if n == 1]
    if not ones:
        return None
    more, attributes = g.whole(g.opset >= 13, "axes", [int(g.rng.choice(ones))])
    return g.add("Squeeze", [x, *more], **attributes)


def unsqueeze(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if len(shape) > 3:
        return None
    more, attributes = g.whole(g.opset >= 13, "axes", [int(g.rng.integers(0, len(shape) + 1))])
    return g.add("Unsqueeze", [x, *more], **attributes)


def concat(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if not shape:
        return None
    other = g.add("Relu", [x]) if g.rng.random() < 0.6 else g.constant(g.normal(shape))
    return g.add(
        "Concat",
        [x, other, x][: int(g.rng.integers(2, 4))],
        axis=int(g.rng.integers(0, len(shape))) if g.opset < 11 else g.axis(len(shape)),
    )


def split(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    axes = [i for i, n in enumerate(shape) if n > 1]
    if not axes:
        return None
    axis = int(g.rng.choice(axes))
    first = int(g.rng.integers(1, shape[axis]))
    more, attributes = g.whole(g.opset >= 13, "split", [first, shape[axis] - first])
    out = g.add("Split", [x, *more], 2, axis=axis, **attributes)
    return out if g.rng.random() < 0.5 else out[:-1] + "1"


def slice_(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    axes = [i for i, n in enumerate(shape) if n > 1]
    if not axes:
        return None
    axis = int(g.rng.choice(axes))
    n = shape[axis]
    starts, ends, step = [(0, n - 1, 1), (1, 2**31, 1), (-2, n, 1), (0, n, 2), (-1, -(2**31), -1)][g.rng.integers(5)]
    if g.opset < 10:
        return g.add("Slice", [x], starts=[starts], ends=[min(ends, n)], axes=[axis]) if step == 1 else None
    parts = [[starts], [ends], [axis - (len(shape) if g.rng.random() < 0.5 else 0)], [step]]
    return g.add("Slice", [x, *(g.constant(part, np.int64) for part in parts)])


def gather(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if not shape:
        return None
    axis = g.axis(len(shape))
    n = shape[axis]
    low = -n if g.opset >= 11 else 0
    size = [(), (2,), (1, 2)][g.rng.integers(3)]
    return g.add("Gather", [x, g.constant(g.rng.integers(low, n, size=size), np.int64)], axis=axis)


def gather_elements(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if g.opset < 11 or not shape:
        return None
    axis = g.axis(len(shape))
    return g.add("GatherElements", [x, g.constant(g.rng.integers(0, shape[axis], size=shape), np.int64)], axis=axis)


def gather_nd(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if g.opset < 12 or not shape:
        return None
    at = np.stack([g.rng.integers(0, n, size=3) for n in shape[: int(g.rng.integers(1, len(shape) + 1))]], axis=1)
    return g.add("GatherND", [x, g.constant(at, np.int64)])


def expand(g: Graph, x: str, shape: tuple[int, ...]) -> str:
    wanted = [2 if n == 1 and g.rng.random() < 0.5 else n for n in shape]
    return g.add("Expand", [x, g.constant([2, *wanted] if len(shape) < 4 else wanted, np.int64)])


def tile(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    return g.add("Tile", [x, g.constant(g.rng.integers(1, 3, size=len(shape)), np.int64)]) if shape else None


def depth_to_space(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if len(shape) != 4 or shape[1] % 4:
        return None
    mode = {"mode": str(g.rng.choice(["DCR", "CRD"]))} if g.opset >= 11 else {}
    return g.add("DepthToSpace", [x], blocksize=2, **mode)


def space_to_depth(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    return g.add("SpaceToDepth", [x], blocksize=2) if len(shape) == 4 and shape[2] % 2 == shape[3] % 2 == 0 else None


def trilu(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if g.opset < 14 or len(shape) < 2:
        return None
    return g.add("Trilu", [x, g.constant(int(g.rng.integers(-1, 2)), np.int64)], upper=int(g.rng.integers(2)))


def pad(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if not shape:
        return None
    mode = str(g.rng.choice(["constant", "reflect", "edge"]))
    most = [min(2, n - 1) if mode == "reflect" else 2 for n in shape]
    pads = [int(g.rng.integers(0, m + 1)) for m in most * 2]
    if g.opset < 11:
        return g.add("Pad", [x], mode=mode, pads=pads, **({"value": 2.5} if mode == "constant" else {}))
    fill = [g.constant(2.5)] if mode == "constant" and g.rng.random() < 0.6 else []
    if g.opset >= 18 and g.rng.random() < 0.6:
        axis = g.axis(len(shape))
        ends = [pads[axis % len(shape)], pads[axis % len(shape) + len(shape)]]
        return g.add("Pad", [x, g.constant(ends, np.int64), *(fill or [""]), g.constant([axis], np.int64)], mode=mode)
    return g.add("Pad", [x, g.constant(pads, np.int64), *fill], mode=mode)


def resize(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if len(shape) not in (3, 4):
        return None
    scales = g.constant([1, 1, *g.rng.choice([0.5, 1, 1.5, 2, 3], size=len(shape) - 2)])
    if g.opset == 9:
        scales = g.constant([1, 1, *g.rng.choice([1, 2, 3], size=len(shape) - 2)])
        return g.add("Upsample", [x, scales], mode="nearest")
    about: dict[str, Any] = {"mode": "nearest"}
    if g.opset >= 11:
        about["coordinate_transformation_mode"] = str(
            g.rng.choice(["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"])
        )
        about["nearest_mode"] = str(g.rng.choice(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]))
    if g.opset >= 13 and g.rng.random() < 0.4:
        sizes = [*shape[:2], *g.rng.integers(1, 8, size=len(shape) - 2).tolist()]
        return g.add("Resize", [x, "", "", g.constant(sizes, np.int64)], **about)
    return g.add("Resize", [x, *([g.constant(np.zeros(0))] if g.opset == 11 else [""]), scales], **about)


def by_its_shape(g: Graph, x: str, shape: tuple[int, ...]) -> str:
    sizes = g.add("Shape", [x])
    if g.rng.random() < 0.5:
        return g.add("Reshape", [g.add("Relu", [x]), sizes])
    count = g.add("Cast", [g.add("Size", [x])], to=1)
    return g.add("Div", [x, count])


def chosen(g: Graph, x: str, shape: tuple[int, ...]) -> str:
    """What a comparison chooses: a bend at a threshold, with or without a jump."""
    ops = ["Greater", "Less"] + (["GreaterOrEqual", "LessOrEqual"] if g.opset >= 13 else [])
    threshold = float(g.rng.choice([0.0, 0.25]))
    mask = g.add(str(g.rng.choice(ops)), [x, g.constant(threshold)])
    if g.rng.random() < 0.3:
        mask = g.add("Not", [mask])
    kind = int(g.rng.integers(4))
    if kind == 0:
        return g.add("Where", [mask, x, g.constant(threshold)])
    if kind == 1:
        return g.add("Where", [mask, g.constant(-0.5), x])
    if kind == 2:
        return g.add("Where", [mask, x, g.add("Mul", [x, g.constant(0.1)])])
    return g.add("Mul", [g.add("Cast", [mask], to=1), x])


def fixed_choice(g: Graph, x: str, shape: tuple[int, ...]) -> str:
    mask = g.constant(g.rng.integers(0, 2, size=shape), np.bool_)
    return g.add("Where", [mask, x, g.constant(g.broadcast(shape))])


def folded(g: Graph, x: str, shape: tuple[int, ...]) -> str:
    """A constant that other operators make of constants."""
    c = g.constant(g.normal(shape or (1,)))
    made = g.add(str(g.rng.choice(["Exp", "Sqrt", "Erf", "Sin"])), [g.add("Abs", [c])])
    return g.add("Add", [x, made])


def quantised(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if g.opset < 13 or not shape:
        return None
    q = g.constant(g.rng.integers(-100, 100, size=(shape[-1], 2)), np.int8)
    W = g.add("DequantizeLinear", [q, g.constant(0.013), g.constant(3, np.int8)])
    return g.add("MatMul", [x, W])


def scaler(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if len(shape) != 2:
        return None
    out = g.add("Scaler", [x], domain=ML, offset=g.normal(shape[1:]).tolist(), scale=[0.5] * shape[1])
    g.known[out] = shape
    return out


def linear_regressor(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if len(shape) != 2:
        return None
    C = g.normal((2, shape[1])).reshape(-1).tolist()
    out = g.add("LinearRegressor", [x], domain=ML, coefficients=C, intercepts=[0.5, -1.0], targets=2)
    g.known[out] = (shape[0], 2)
    return out


def columns(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
    if len(shape) != 2:
        return None
    return g.add("ArrayFeatureExtractor", [x, g.constant(g.rng.integers(0, shape[1], size=2), np.int64)], domain=ML)


def last_row(op: str) -> Maker:
    """Softmax and its like stand at the end."""

    def make(g: Graph, x: str, shape: tuple[int, ...]) -> str | None:
        flat = g.add("Reshape", [x, g.constant([1, -1], np.int64)])
        return g.add(op, [flat], axis=int(g.rng.choice([1, -1])) if g.opset >= 11 else 1)

    return make


def power(g: Graph, x: str, shape: tuple[int, ...]) -> str:
    """x to the power of 1, over a shape that may be larger."""
    return g.add("Pow", [x, g.constant(np.ones_like(g.broadcast(shape)))])


MAKERS: dict[str, Maker] = {
    "Pow": power,
    **{op: plain(op) for op in ("Relu", "Abs", "Sigmoid", "Tanh", "Softplus", "Neg", "Identity", "Dropout", "Sign")},
    "LeakyRelu": number("LeakyRelu", "alpha"),
    "HardSigmoid": number("HardSigmoid", "alpha", "beta", lo=0.125),
    "PRelu": prelu,
    "Clip": clip,
    **{op: with_constant(op) for op in ("Add", "Sub", "Mul", "Div", "Max", "Min")},
    **{f"{op} of values": with_itself(op) for op in ("Add", "Sub", "Max", "Min", "Sum", "Mean")},
    "MatMul": matmul,
    "Gemm": gemm,
    "Einsum": einsum,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": pooled("MaxPool"),
    "AveragePool": pooled("AveragePool"),
    "GlobalMaxPool": over_positions("GlobalMaxPool"),
    "GlobalAveragePool": over_positions("GlobalAveragePool"),
    "BatchNormalization": batch_normalization,
    **{op: reduced(op) for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1")},
    "Transpose": transpose,
    "Reshape": reshape,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Concat": concat,
    "Split": split,
    "Slice": slice_,
    "Gather": gather,
    "GatherElements": gather_elements,
    "GatherND": gather_nd,
    "Expand": expand,
    "Tile": tile,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    "Trilu": trilu,
    "Pad": pad,
    "Resize": resize,
    "Shape": by_its_shape,
    "Where": chosen,
    "Where of constants": fixed_choice,
    "folded": folded,
    "DequantizeLinear": quantised,
    "ThresholdedRelu": lambda g, x, shape: g.add("ThresholdedRelu", [x], alpha=0.5) if g.opset >= 10 else None,
    "Shrink": number("Shrink", "lambd", "bias", lo=0.125),
    "Cast": lambda g, x, shape: g.add("Cast", [g.add("Cast", [x], to=11)], to=1),
    "Scaler": scaler,
    "LinearRegressor": linear_regressor,
    "ArrayFeatureExtractor": columns,
    "Softmax": last_row("Softmax"),
    "LogSoftmax": last_row("LogSoftmax"),
}
LAST = ("Softmax", "LogSoftmax")
LARGEST = 64  # numbers of one value: tournaments and matrices stay small


def random_graph(seed: int) -> tuple[Any, tuple[int, ...], list[str]]:
    """Return a model, the shape of one input, and the operators it is made of; one of them goes round with the seed."""
    g = Graph(seed)
    names = list(MAKERS)
    wanted = [str(name) for name in g.rng.choice(names, size=int(g.rng.integers(2, 6)))]
    wanted.insert(int(g.rng.integers(len(wanted) + 1)), names[seed % len(names)])
    wanted = [name for name in wanted if name not in LAST] + [name for name in wanted if name in LAST][:1]
    shape, used = g.shape, []
    for name in wanted:
        before = len(g.nodes)
        out = MAKERS[name](g, g.last, shape)
        found = None if out is None else _shape_of(g, out)
        if out is None or found is None or not 0 < np.prod(found) <= LARGEST or len(found) > 4:
            del g.nodes[before:]
            continue
        g.last, shape = out, found
        used.append(name)
    if not used:
        g.last = g.add("Relu", [g.last])
    return g.model(g.last), g.shape, used


def _shape_of(g: Graph, out: str) -> tuple[int, ...] | None:
    """The shape of a value as onnx infers it."""
    import onnx

    if out in g.known:
        return g.known[out]
    declared, g.declared = g.declared, g.shape
    try:
        inferred = onnx.shape_inference.infer_shapes(g.model(out), strict_mode=True, data_prop=True)
    except Exception:
        return None
    finally:
        g.declared = declared
    kind = inferred.graph.output[0].type.tensor_type
    dims = [d.dim_value for d in kind.shape.dim] if kind.HasField("shape") else [0]
    return None if any(n == 0 for n in dims) else tuple(dims)
