"""The benchmarked models once more, in PyTorch, with the same names of parameters: one state fits both."""

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    torch = None


def step(model, state, images, labels):
    """A function that runs one training step of ``model`` from ``state``; None without PyTorch."""
    if torch is None:
        return None
    # A count of batches, which our batch normalisation does not keep, is all that may be missing.
    missing, unexpected = model.load_state_dict({k: torch.tensor(v) for k, v in state.items()}, strict=False)
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise ValueError(f"the twin's parameters differ: missing {missing}, unexpected {unexpected}.")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    images, labels = torch.tensor(images), torch.tensor(labels)

    def run():
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return run


def lenet5(num_classes):
    """The twin of minicv.models.classification.LeNet5."""
    if torch is None:
        return None

    class LeNet5(nn.Module):
        def __init__(self):
            super().__init__()
            self.c1, self.c3 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
            self.c5, self.f6, self.output = (
                nn.Linear(400, 120),
                nn.Linear(120, 84),
                nn.Linear(84, num_classes),
            )

        def forward(self, x):
            x = F.max_pool2d(F.relu(self.c1(x)), 2)
            x = F.max_pool2d(F.relu(self.c3(x)), 2)
            return self.output(F.relu(self.f6(F.relu(self.c5(x.flatten(1))))))

    return LeNet5()


def small_fcn(num_classes, widths=(12, 32, 64)):
    """The twin of minicv.models.segmentation.SmallFCN."""
    if torch is None:
        return None

    def block(inputs, outputs):
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
        )

    class Up(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.up = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)

        def forward(self, x):
            return self.up(x)

    class SmallFCN(nn.Module):
        def __init__(self):
            super().__init__()
            full, half, quarter = widths
            self.level1 = block(3, full)
            self.level2 = nn.Sequential(block(full, half), block(half, half))
            self.level3 = nn.Sequential(block(half, quarter), block(quarter, quarter))
            self.up2, self.fuse2 = Up(quarter, half), block(half, half)
            self.up1, self.fuse1 = Up(half, full), block(full, full)
            self.score = nn.Conv2d(full, num_classes, 1)

        def forward(self, x):
            full = self.level1(x - 0.5)
            half = self.level2(F.max_pool2d(full, 2))
            quarter = self.level3(F.max_pool2d(half, 2))
            half = self.fuse2(self.up2(quarter) + half)
            return self.score(self.fuse1(self.up1(half) + full))

    return SmallFCN()
