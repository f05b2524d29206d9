"""The demonstrations behind ``minicv demo``: each trains, measures, draws, and writes one page to look at."""
