import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from digitlab.lab.batch_norm import NormalisedCNN
from digitlab.lab.teacher import Teacher, distillation_loss


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_loss_is_the_divergence_of_the_softened_answers(temperature):
    torch.manual_seed(0)
    answers, taught = torch.randn(2, 50, 10).log_softmax(dim=2)
    softened = (Categorical(logits=of / temperature) for of in (taught, answers))
    torch.testing.assert_close(
        distillation_loss(answers, taught, temperature=temperature),
        temperature**2 * kl_divergence(*softened),
    )


def test_nothing_is_nearer_than_the_same_answers():
    torch.manual_seed(0)
    answers, taught = torch.randn(2, 50, 10).log_softmax(dim=2)
    torch.testing.assert_close(distillation_loss(taught, taught, temperature=2.0), torch.zeros(50))
    assert (distillation_loss(answers, taught, temperature=2.0) > 0).all()


def test_a_teacher_gives_probabilities_and_is_wider_than_its_pupil():
    teacher = Teacher().eval()
    with torch.no_grad():
        probabilities = teacher(torch.rand(3, 1, 28, 28)).exp()
    assert probabilities.shape == (3, 10)
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(3))
    assert maps(teacher) > maps(NormalisedCNN())


def maps(network):
    return sum(m.out_channels for m in network.modules() if isinstance(m, torch.nn.Conv2d))


def test_dropout_acts_while_training_only():
    teacher, pictures = Teacher(dropout=0.5), torch.rand(5, 1, 28, 28)
    assert not torch.equal(teacher(pictures), teacher(pictures))
    teacher.eval()
    assert torch.equal(teacher(pictures), teacher(pictures))
