"""What is printed, and the table of ``benchmarks/README.md``."""

from math import exp, fsum, log


def ratio(row):
    """Our median over PyTorch's; None without PyTorch."""
    return row["minicv"]["median"] / row["torch"]["median"] if "torch" in row else None


def mean(ratios):
    """The geometric mean: half and double cancel."""
    return exp(fsum(map(log, ratios)) / len(ratios))


def heading(group, sentence):
    """What stands above a group."""
    unit = "MB" if group == "memory" else "ms"
    columns = f"{f'minicv {unit} (quartiles)':>26}{f'torch {unit} (quartiles)':>26}{'ratio':>8}{'was':>8}{'floors':>8}"
    return f"\n{f'{group}: {sentence}':<66}{columns}"


def line(name, row, before):
    """A row as text; ``before`` is the same row of the last stored run, if there is one."""
    text = f"{name:<66}{_quartiles(row['minicv'])}"
    text += _quartiles(row["torch"]) if "torch" in row else " " * 26
    text += _number(ratio(row)) + _number(before and ratio(before)) + _number(times_floor(row))
    return text + ("  results differ!" if (row.get("differ") or 0) > 1e-3 else "")


def times_floor(row):
    """How many times its floor our median is; None where no kernel has one."""
    return row["minicv"]["median"] / row["floor"] if row.get("floor") else None


def summary(group, rows):
    """Geometric mean and largest ratio of a group, as text; empty without PyTorch."""
    ratios = [ratio(row) for row in rows if "torch" in row]
    if not ratios:
        return ""
    return f"{group}: geometric mean {mean(ratios):.2f}, largest {max(ratios):.2f}, of {len(ratios)}"


def markdown(document):
    """The tables of a stored run: for each group its mean, and for each row the ratio and the distance to the floor."""
    machine = ", ".join(
        f"{name} {value}" for name, value in (document["machine"] | document["versions"]).items()
    )
    lines = [f"{document['date']}: {machine}.", ""]
    lines += ["| group | rows | geometric mean of the ratios | largest |", "| --- | --- | --- | --- |"]
    for group, rows in document["results"].items():
        ratios = [ratio(row) for row in rows.values() if "torch" in row]
        if ratios:
            lines.append(f"| {group} | {len(ratios)} | {mean(ratios):.2f} | {max(ratios):.2f} |")
    for group, rows in document["results"].items():
        lines += [
            "",
            f"| {group} | ratio to PyTorch | times its floor | kernels |",
            "| --- | --- | --- | --- |",
        ]
        for name, row in rows.items():
            kernels = ", ".join(row.get("kernels", []))
            lines.append(
                f"| {name} | {_number(ratio(row)).strip()} | {_number(times_floor(row)).strip()} | {kernels} |"
            )
    return "\n".join(lines)


def _number(value):
    return f"{value:>8.2f}" if value else " " * 8


def _quartiles(numbers):
    return f"{numbers['median']:.3f} ({numbers['q1']:.3f}-{numbers['q3']:.3f})".rjust(26)
