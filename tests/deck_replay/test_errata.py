"""The list of the decks' slips names a test for each, and the test exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES = (ROOT / "lectures" / "errata.md").read_text(encoding="utf-8").splitlines()
ROWS = [line for line in LINES if line.startswith("|")][2:]  # after the head of the table


@pytest.mark.parametrize("row", ROWS)
def test_row_names_a_test(row):
    (test,) = re.findall(r"`(tests/[^`]+)` \|$", row)
    file, *names = test.split("::")
    assert names, "a file is not enough"
    source = (ROOT / file).read_text(encoding="utf-8")
    for name in names:
        assert re.search(rf"(class|def) {name}\b", source), test
