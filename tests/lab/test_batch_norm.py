import torch

from digitlab.lab.batch_norm import NormalisedCNN
from digitlab.lab.model import PARAMETER_COUNT


def used(*, dropout=0.0):
    """Return a network whose batch norms have seen something."""
    torch.manual_seed(0)
    network = NormalisedCNN(dropout=dropout)
    for parameter in network.parameters():
        if parameter.requires_grad:  # whatever training may do to it, negative scales too
            torch.nn.init.normal_(parameter, std=0.2)
    for _ in range(5):
        network(torch.rand(50, 1, 28, 28))
    return network.eval()


def test_folding_changes_no_answer():
    network, pictures = used(dropout=0.5), torch.rand(100, 1, 28, 28)
    folded = network.folded()
    assert sum(parameter.numel() for parameter in folded.parameters()) == PARAMETER_COUNT
    torch.testing.assert_close(folded(pictures), network(pictures), atol=1e-4, rtol=1e-4)


def test_folding_leaves_the_network_as_it_was():
    network = used()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.folded().fc2.weight.data.zero_()
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_dropout_acts_while_training_only():
    network, pictures = used(dropout=0.5), torch.rand(5, 1, 28, 28)
    assert torch.equal(network(pictures), network(pictures))
    network.train()
    assert not torch.equal(network(pictures), network(pictures))
