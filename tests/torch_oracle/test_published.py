"""The table of published weights is torchvision's own."""

from minicv.io import PUBLISHED
from tests.torch_oracle.vision import torchvision


def test_the_table_is_torchvisions():
    for entry in PUBLISHED:
        versions = torchvision.models.get_model_weights(entry.model)
        theirs = versions[entry.version]
        assert theirs.url == entry.url and theirs.meta["num_params"] == entry.parameters
        assert len(theirs.meta["categories"] or range(1000)) == entry.num_classes
        first = next(mine for mine in PUBLISHED if mine.model == entry.model)
        assert versions.DEFAULT.name == first.version
