"""The table: one line a row, and for every group the geometric mean and the largest ratio."""

from math import exp, fsum, log


def ratio(row):
    """Our median time over PyTorch's; None without PyTorch."""
    return row["minicv"]["median"] / row["torch"]["median"] if "torch" in row else None


def line(name, row):
    """A row as text."""
    ours = f"{name:<64}{_times(row['minicv'])}"
    if "torch" not in row:
        return f"{ours}{'-':>25}"
    wrong = row.get("differ") is not None and row["differ"] > 1e-3
    return f"{ours}{_times(row['torch'])}{ratio(row):>9.2f}" + ("  results differ!" if wrong else "")


def heading(group, sentence):
    """What stands above a group."""
    return (
        f"\n{f'{group}: {sentence}':<64}{'minicv ms (quartiles)':>25}{'torch ms (quartiles)':>25}{'ratio':>9}"
    )


def summary(group, rows):
    """Geometric mean and largest ratio of a group, as text; empty without PyTorch."""
    ratios = [ratio(row) for row in rows if "torch" in row]
    if not ratios:
        return ""
    return f"{group}: geometric mean {mean(ratios):.2f}, largest {max(ratios):.2f}, of {len(ratios)}"


def mean(ratios):
    """The geometric mean: half and double cancel."""
    return exp(fsum(map(log, ratios)) / len(ratios))


def _times(times):
    return f"{times['median']:>11.3f} ({times['q1']:.3f}-{times['q3']:.3f})".ljust(25)
