"""``minicv explain OP``: every step of an op on a small example, in words and numbers."""

import re

import numpy as np

import minicv
import minicv.functional as F

from ..geometry import conv_size, conv_transpose_size, pool_size, span
from ..trace import short

HELP = """Walk through conv2d, conv_transpose2d, max_pool2d or max_unpool2d step by step. The steps are recorded
while the op runs, and are those that the figures of the lectures show."""

EXAMPLES = {"conv2d": "4x4", "conv_transpose2d": "2x2", "max_pool2d": "4x4", "max_unpool2d": "4x4"}


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("op", choices=sorted(EXAMPLES), help="the op")
    parser.add_argument(
        "--input", metavar="HxW", help='size, filled with 1, 2, 3, ..., or the numbers themselves: "1 2;3 4"'
    )
    parser.add_argument(
        "--kernel", metavar="HxW", help="the same for the filter; of pooling, the size of the window"
    )
    parser.add_argument("--stride", type=int, help="default 1; of pooling, the size of the window")
    parser.add_argument("--padding", type=int, default=0, help="default 0")
    parser.add_argument("--dilation", type=int, default=1, help="default 1 (not for max_unpool2d)")
    parser.add_argument("--output-padding", type=int, default=0, help="default 0 (conv_transpose2d only)")


def run(args):
    """Print the sizes, the arguments, the steps and the result."""
    x = numbers("--input", args.input or EXAMPLES[args.op])
    _refuse_foreign_options(args)
    lines = EXPLANATIONS[args.op](args, minicv.tensor(x[None, None], dtype="float32"))
    print("\n".join(lines))
    return 0


def numbers(option, text):
    """Read ``4x3`` as a 4 x 3 array of 1, 2, 3, ..., and ``1 2;3 4`` as the numbers given."""
    size = re.fullmatch(r"\s*(\d+)\s*[xX]\s*(\d+)\s*", text)
    if size:
        h, w = int(size[1]), int(size[2])
        if not 1 <= h * w <= 400:
            raise ValueError(
                f"explain: {option} must have 1 to 400 cells, so that every step can be read; got {text}."
            )
        return np.arange(1.0, h * w + 1).reshape(h, w)
    try:
        rows = [[float(number) for number in row.replace(",", " ").split()] for row in text.split(";")]
    except ValueError:
        rows = [[]]
    if not rows[0] or len({len(row) for row in rows}) > 1:
        raise ValueError(
            f'explain: {option} must be a size such as 4x4 or rows of numbers such as "1 2;3 4"; got {text!r}.'
        )
    return np.array(rows)


def _refuse_foreign_options(args):
    if args.output_padding and args.op != "conv_transpose2d":
        raise ValueError(f"explain: --output-padding belongs to conv_transpose2d; {args.op} has none.")
    if args.dilation != 1 and args.op == "max_unpool2d":
        raise ValueError("explain: max_unpool2d has no --dilation; the indices say where each value goes.")


def _window_size(args):
    """The size of a pooling window, given as 2x2 or 2."""
    text = args.kernel or "2x2"
    match = re.fullmatch(r"\s*(\d+)(?:\s*[xX]\s*(\d+))?\s*", text)
    if not match:
        raise ValueError(f"explain: --kernel of a pooling must be a size such as 2x2; got {text!r}.")
    return int(match[1]), int(match[2] or match[1])


def _conv2d(args, x):
    w = minicv.tensor(numbers("--kernel", args.kernel or "3x3")[None, None], dtype="float32")
    geometry = {"stride": _or(args.stride, 1), "padding": args.padding, "dilation": args.dilation}
    trace = minicv.trace(F.conv2d, x, w, **geometry)
    return [
        *_windows_formula(x.shape[2:], w.shape[2:], conv_size, **geometry),
        *_table("input", x),
        *_table("filter", w),
        *_steps(trace),
        *_table("output", trace.result),
    ]


def _conv_transpose2d(args, x):
    w = minicv.tensor(numbers("--kernel", args.kernel or "3x3")[None, None], dtype="float32")
    geometry = {"stride": _or(args.stride, 1), "padding": args.padding, "dilation": args.dilation}
    extra = args.output_padding
    trace = minicv.trace(F.conv_transpose2d, x, w, output_padding=extra, **geometry)
    s, p, d = geometry.values()
    lines = []
    for axis, n, k in zip(("height", "width"), x.shape[2:], w.shape[2:], strict=True):
        size = conv_transpose_size(n, k, s, p, extra, d)
        lines.append(f"output {axis}: ({n} - 1) * {s} - 2 * {p} + {span(k, d)} + {extra} = {size}")
    return [
        *lines,
        "",
        *_table("input", x),
        *_table("filter", w),
        *_steps(trace),
        *_table("output", trace.result),
    ]


def _max_pool2d(args, x):
    kernel = _window_size(args)
    stride = _or(args.stride, kernel)
    trace = minicv.trace(F.max_pool2d, x, kernel, stride, args.padding, args.dilation, return_indices=True)
    strides = (stride, stride) if isinstance(stride, int) else stride
    return [
        *_windows_formula(x.shape[2:], kernel, pool_size, strides, args.padding, args.dilation),
        *_table("input", x),
        *_steps(trace),
        *_table("output", trace.result[0]),
        *_table("indices (row * width + column)", trace.result[1]),
    ]


def _max_unpool2d(args, x):
    kernel = _window_size(args)
    stride = _or(args.stride, kernel)
    _, indices = F.max_pool2d(x, kernel, stride, args.padding, return_indices=True)
    values = minicv.arange(1.0, indices.size + 1.0).reshape(indices.shape)
    trace = minicv.trace(F.max_unpool2d, values, indices, kernel, stride, args.padding, output_size=x.shape)
    return [
        f"max pooling of the {x.shape[2]} x {x.shape[3]} input remembers where each maximum lay;",
        "max unpooling puts new values, 1, 2, 3, ..., back at those places.",
        "",
        *_table("what was pooled", x),
        *_table("indices (row * width + column)", indices),
        *_table("input", values),
        *_steps(trace),
        *_table("output", trace.result),
    ]


EXPLANATIONS = {
    "conv2d": _conv2d,
    "conv_transpose2d": _conv_transpose2d,
    "max_pool2d": _max_pool2d,
    "max_unpool2d": _max_unpool2d,
}


def _or(value, default):
    """The option, or its default where it was not given (0 is given: the op refuses it with a sentence)."""
    return default if value is None else value


def _windows_formula(size, kernel, formula, stride, padding, dilation):
    """The output size, with the numbers put in, and a warning where the division leaves a rest."""
    strides = (stride, stride) if isinstance(stride, int) else stride
    lines = []
    for axis, n, k, s in zip(("height", "width"), size, kernel, strides, strict=True):
        total = n + 2 * padding - span(k, dilation)
        out = formula(n, k, s, padding, dilation)
        lines.append(f"output {axis}: floor(({n} + 2 * {padding} - {span(k, dilation)}) / {s}) + 1 = {out}")
        if total % s:
            lines[-1] += f"   ({total} / {s} leaves {total % s}: as many cells at the end are never read)"
    return [*lines, ""]


def _steps(trace):
    return [str(trace), ""]


def _table(title, x):
    """An array as aligned columns under a title."""
    rows = [[short(value) for value in row] for row in x.numpy()[0, 0].tolist()]
    width = max(len(cell) for row in rows for cell in row)
    return [title, *("  " + "  ".join(cell.rjust(width) for cell in row) for row in rows), ""]
