"""Batch normalisation for training, folded away before the network ships.

Batch norm (Ioffe & Szegedy 2015) makes training faster and steadier. Once training is over it is
just one more multiplication and addition a channel, and those go into the layer before it: the
`CNN` that ships gives the same answers with 421,642 parameters and no batch norm.
"""

import copy

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from digitlab.lab.model import CNN, DEVIATION, MEAN

__all__ = ["NormalisedCNN"]


class NormalisedCNN(nn.Module):
    """The network of `digitlab.lab.CNN` with batch norm after its first three layers.

    Parameters
    ----------
    dropout : float
        Share of the hidden layer's outputs that are left out at random while training.

    Examples
    --------
    >>> network = NormalisedCNN().eval()
    >>> pictures = torch.rand(2, 1, 28, 28)
    >>> torch.allclose(network(pictures), network.folded()(pictures), atol=1e-5)
    True
    """

    def __init__(self, *, dropout: float = 0.0) -> None:
        super().__init__()
        cnn = CNN()
        self.conv1, self.norm1 = cnn.conv1, nn.BatchNorm2d(32)
        self.conv2, self.norm2 = cnn.conv2, nn.BatchNorm2d(64)
        self.fc1, self.norm3 = cnn.fc1, nn.BatchNorm1d(128)
        self.fc2 = cnn.fc2
        self.dropout = nn.Dropout(dropout)
        # The factor of the first two stays 1: the layer after the ReLU can do all that it could. So
        # they never turn a channel over, and the maximum may be taken before them.
        for norm in (self.norm1, self.norm2):
            norm.weight.requires_grad_(False)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return log-probabilities ``(n, 10)`` of pictures ``(n, 1, 28, 28)``."""
        x = (pictures - MEAN) / DEVIATION
        x = F.relu(self.norm1(F.max_pool2d(self.conv1(x), 2)))
        x = F.relu(self.norm2(F.max_pool2d(self.conv2(x), 2)))
        x = self.dropout(F.relu(self.norm3(self.fc1(x.flatten(1)))))
        return F.log_softmax(self.fc2(x), dim=1)

    def folded(self) -> CNN:
        """Return the plain network that gives the same answers in evaluation mode."""
        # Between a convolution and its norm there is max pooling. The norm's factor is positive, so
        # the maximum may as well be taken after it, and the norm may go into the convolution.
        trained, cnn = copy.deepcopy(self).eval(), CNN()
        cnn.conv1 = fuse_conv_bn_eval(trained.conv1, trained.norm1)
        cnn.conv2 = fuse_conv_bn_eval(trained.conv2, trained.norm2)
        cnn.fc1 = fuse_linear_bn_eval(trained.fc1, trained.norm3)
        cnn.fc2 = trained.fc2
        cnn.zero_grad()
        return cnn.to(memory_format=torch.contiguous_format).train(self.training)
