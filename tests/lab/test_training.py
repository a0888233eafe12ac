import dataclasses
import json
import multiprocessing
import os
import signal
import types

import pytest
import torch

from digitlab.errors import WeightsError
from digitlab.lab import batches, training
from digitlab.lab.augmentation import Augmentation
from digitlab.lab.data import Digits, Mnist, load_mnist
from digitlab.lab.devices import pick_device
from digitlab.lab.evaluation import accuracy
from digitlab.lab.history import History, Run
from digitlab.lab.model import CNN, PARAMETER_COUNT, load, load_metadata, save
from digitlab.lab.recipes import RECIPES, Recipe
from digitlab.lab.training import train

SHORT = Recipe(name="short", epochs=3, batch_size=50, learning_rate=4e-3, bfloat16=False)


def change(**options):
    return dataclasses.replace(SHORT, **options)


class WithoutTest(types.SimpleNamespace):
    """A part of MNIST that fails the test in which its test digits are touched."""

    @property
    def test(self):
        pytest.fail("training looked at the test digits")


def first(digits, n):
    return Digits(images=digits.images[:n].clone(), labels=digits.labels[:n].clone())


@pytest.fixture(scope="module")
def some_mnist():
    """Enough to learn something from."""
    whole = load_mnist()
    return WithoutTest(train=first(whole.train, 600), validation=first(whole.validation, 100))


@pytest.fixture(scope="module")
def mnist(some_mnist):
    """Enough to go through the motions: four steps an epoch."""
    validation = first(some_mnist.validation, 50)
    return WithoutTest(train=first(some_mnist.train, 200), validation=validation)


def trained(mnist, recipe=SHORT, **options):
    return train(recipe, **{"mnist": mnist, "device": "cpu", "progress": False} | options)


def killed(train_digits, validation, file):
    """Train in a process that is killed after its second epoch."""

    def kill(history):
        if len(history.loss) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    trained(Mnist(train_digits, validation, validation), checkpoint=file, on_epoch=kill)


def assert_same_weights(one, other):
    for name, tensor in one.state_dict().items():
        torch.testing.assert_close(tensor, other.state_dict()[name], atol=0, rtol=0)


def same_weights(one, other):
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(tensor, its_other) for tensor, its_other in pairs)


@pytest.fixture(scope="module")
def learned(some_mnist):
    return trained(some_mnist)


@pytest.fixture(scope="module")
def run(mnist):
    return trained(mnist)


# What comes of it


def test_it_learns(learned, some_mnist):
    history = learned.history
    assert history.loss[-1] < 0.7 * history.loss[0]
    assert history.loss[0] < 2.5  # guessing costs ln 10 = 2.3
    assert history.validation_accuracy[-1] > 0.6
    assert accuracy(learned.model, some_mnist.validation) == max(history.validation_accuracy)


def test_the_history_has_an_entry_for_each_epoch(run):
    history = run.history
    assert len(history.loss) == len(history.validation_accuracy) == len(history.seconds) == 3
    assert history.seconds == sorted(history.seconds)
    assert history.seconds[0] > 0


def test_the_network_is_the_one_of_the_design_ready_to_use(run):
    assert type(run.model) is CNN
    assert not run.model.training
    assert {parameter.device.type for parameter in run.model.parameters()} == {"cpu"}
    assert {parameter.dtype for parameter in run.model.parameters()} == {torch.float32}
    assert not run.interrupted


def test_what_it_was_made_by_goes_with_it_into_the_files(run, mnist, tmp_path):
    save(run.model, tmp_path, metadata=run.metadata())
    metadata = load_metadata(tmp_path)
    assert metadata["recipe"]["name"] == "short"
    assert metadata["recipe"]["learning_rate"] == 4e-3
    assert metadata["seed"] == 0
    assert metadata["device"] == "cpu"
    assert metadata["interrupted"] is False
    assert metadata["epochs_run"] == 3
    assert metadata["validation_accuracy"] == max(run.history.validation_accuracy)
    assert metadata["torch"] in torch.__version__
    assert {"digitlab", "numpy"} <= metadata.keys()
    assert metadata["training_digits_sha256"] == mnist.train.sha256()
    assert_same_weights(load(tmp_path), run.model)


def test_every_recipe_can_be_written_down():
    for recipe in RECIPES.values():
        run = Run(CNN(), History(), recipe, 0, "cpu", True)
        assert json.loads(json.dumps(run.metadata()))["recipe"]["name"] == recipe.name


# Seeds

DETERMINED = [
    pytest.param(SHORT, id="as it is"),
    pytest.param(change(augmentation=Augmentation(shift=1, elastic=1)), id="augmentation"),
    pytest.param(change(average=0.9), id="average"),
    pytest.param(change(data_loader=True), id="data loader"),
    pytest.param(change(batch_norm=True, dropout=0.2), id="batch norm and dropout"),
    pytest.param(change(hardest=0.5), id="hardest"),
    pytest.param(change(batch_norm=True, dropout=0.2, taught=2.0), id="a teacher"),
]


@pytest.mark.parametrize("recipe", DETERMINED)
def test_a_seed_decides_everything(mnist, recipe):
    recipe = dataclasses.replace(recipe, epochs=1)
    first = trained(mnist, recipe, seed=1)
    torch.rand(7)  # whatever else was drawn before
    again, other = trained(mnist, recipe, seed=1), trained(mnist, recipe, seed=2)
    assert_same_weights(first.model, again.model)
    assert first.history.loss == again.history.loss
    assert not same_weights(first.model, other.model)


# Recipes


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(change(optimizer="sgd", learning_rate=0.05), id="sgd"),
        pytest.param(change(one_cycle=False, learning_rate=1e-3), id="constant rate"),
        pytest.param(change(augmentation=Augmentation(shift=0.5)), id="augmentation"),
        pytest.param(change(data_loader=True), id="data loader"),
        pytest.param(change(bfloat16=True), id="bfloat16"),
        pytest.param(change(batch_norm=True, dropout=0.1), id="batch norm"),
        pytest.param(change(average=0.8), id="average"),
        pytest.param(change(hardest=0.5), id="hardest"),
        pytest.param(change(average=0.8, batch_norm=True), id="average and batch norm"),
        pytest.param(change(batch_norm=True, dropout=0.1, taught=2.0), id="a teacher"),
    ],
)
def test_every_kind_of_recipe_learns(some_mnist, recipe):
    run = trained(some_mnist, recipe)
    assert run.history.validation_accuracy[-1] > 0.4
    assert type(run.model) is CNN
    assert sum(parameter.numel() for parameter in run.model.parameters()) == PARAMETER_COUNT
    # What is given back is what was measured, average, folded batch norm and all.
    best = max(run.history.validation_accuracy)
    assert accuracy(run.model, some_mnist.validation) == pytest.approx(best, abs=0.01)


def test_the_average_is_the_result_and_not_the_last_step(mnist):
    plain, averaged = trained(mnist), trained(mnist, change(average=0.9))
    assert plain.history.loss == averaged.history.loss  # the same steps
    assert not same_weights(plain.model, averaged.model)


def test_the_plain_recipe_pulls_digits_through_a_data_loader(mnist, monkeypatch):
    made = []

    class Watched(batches.DataLoader):
        def __init__(self, *arguments, **options):
            made.append(options)
            super().__init__(*arguments, **options)

    monkeypatch.setattr(batches, "DataLoader", Watched)
    trained(mnist, dataclasses.replace(RECIPES["plain"], epochs=1))
    assert [options["batch_size"] for options in made] == [64]
    trained(mnist, change(epochs=1))
    assert len(made) == 1


def test_the_plain_recipe_is_the_loop_of_the_tutorials():
    plain = RECIPES["plain"]
    assert (plain.optimizer, plain.learning_rate, plain.batch_size) == ("sgd", 0.003, 64)
    assert (plain.epochs, plain.one_cycle, plain.augmentation) == (10, False, None)
    assert (plain.average, plain.batch_norm, plain.bfloat16) == (0, False, False)


def test_recipes_go_by_their_names():
    assert {"quick", "good", "best", "plain"} <= RECIPES.keys()
    assert all(recipe.name == name for name, recipe in RECIPES.items())


def test_a_recipe_may_be_named(mnist, monkeypatch):
    monkeypatch.setitem(RECIPES, "short", SHORT)
    assert trained(mnist, "short").recipe is SHORT


@pytest.mark.parametrize("data_loader", [False, True])
def test_every_digit_is_shown_once_an_epoch_in_a_new_order(mnist, monkeypatch, data_loader):
    shown = []
    losses = training._losses

    def watched(answers, labels):
        shown.append(labels)
        return losses(answers, labels)

    monkeypatch.setattr(training, "_losses", watched)
    trained(mnist, change(epochs=2, batch_size=60, data_loader=data_loader))
    assert [len(labels) for labels in shown] == [60, 60, 60, 20] * 2
    expected = mnist.train.labels.bincount().tolist()
    assert torch.cat(shown[:4]).bincount().tolist() == expected
    assert torch.cat(shown[4:]).bincount().tolist() == expected
    assert shown[0].tolist() != shown[4].tolist()


def test_after_the_first_epoch_the_hardest_digits_are_shown(mnist, monkeypatch):
    lost = []

    def step(_, pictures, labels):
        lost.append(pictures.mean(dim=(1, 2)))  # as hard as they have ink
        return lost[-1]

    monkeypatch.setattr(training._Learner, "step", step)
    run = trained(mnist, change(epochs=2, batch_size=60, hardest=0.3))
    assert [len(losses) for losses in lost] == [60, 60, 60, 20, 60]
    hardest = torch.cat(lost[:4]).topk(60).values
    torch.testing.assert_close(lost[4].sort(descending=True).values, hardest)
    assert run.history.loss == pytest.approx(
        [torch.cat(lost[:4]).mean().item(), hardest.mean().item()]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "adagrad"}, "adagrad.*adamw, sgd"),
        ({"data_loader": True, "augmentation": Augmentation(shift=1)}, "augmentation"),
        ({"data_loader": True, "hardest": 0.5}, "hardest"),
        ({"hardest": 0.0}, "share.*0.0"),
        ({"hardest": 1.5}, "share.*1.5"),
        ({"dropout": 0.2}, "batch_norm"),
    ],
)
def test_what_would_have_no_effect_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        change(**options)


def test_an_unknown_recipe_is_refused_and_the_known_ones_named(mnist):
    with pytest.raises(ValueError, match="no recipe 'slow'; there are quick, good, best, plain"):
        trained(mnist, "slow")


@pytest.mark.parametrize("part", ["train", "validation"])
def test_without_digits_there_is_no_training(mnist, part):
    parts = vars(mnist) | {part: first(mnist.train, 0)}
    with pytest.raises(ValueError, match="no digits: expected some to train on"):
        trained(WithoutTest(**parts))


# Devices


def test_a_device_that_is_not_there_is_refused(mnist):
    with pytest.raises(ValueError, match="cannot compute on 'warp'"):
        trained(mnist, device="warp")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="cannot compute on 'cuda'"):
            pick_device("cuda")


def test_a_device_is_found():
    assert pick_device("cpu") == "cpu"
    assert torch.zeros(1, device=pick_device("auto")).item() == 0


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_the_fastest_device_goes_first(monkeypatch, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert pick_device("auto") == expected


# Ending early


def measured(monkeypatch, *results):
    """Let validation give these results, one after another; an exception is raised."""
    results = iter(results)

    def instead(*_):
        result = next(results)
        if isinstance(result, BaseException):
            raise result
        return result

    monkeypatch.setattr(training, "accuracy", instead)


def test_a_target_ends_it(mnist, monkeypatch):
    measured(monkeypatch, 0.3, 0.98, 0.99, 1.0)
    run = trained(mnist, change(epochs=4), target=0.99)
    assert run.history.validation_accuracy == [0.3, 0.98, 0.99]
    assert not run.interrupted


def test_a_target_out_of_reach_changes_nothing(mnist, run):
    assert_same_weights(trained(mnist, target=1.01).model, run.model)


def test_on_epoch_is_told_after_each_epoch(mnist):
    lengths = []
    trained(mnist, on_epoch=lambda history: lengths.append(len(history.validation_accuracy)))
    assert lengths == [1, 2, 3]


def test_the_best_epoch_is_kept_not_the_last(mnist, monkeypatch):
    measured(monkeypatch, 0.5, 0.9, 0.7)
    run = trained(mnist)
    measured(monkeypatch, 0.5, 0.9, KeyboardInterrupt())
    assert_same_weights(trained(mnist).model, run.model)
    measured(monkeypatch, 0.5, 0.6, 0.7)
    assert not same_weights(trained(mnist).model, run.model)


def test_of_equally_good_epochs_the_last_is_kept(mnist, monkeypatch):
    measured(monkeypatch, 0.9, 0.9, 0.9)
    last = trained(mnist)
    measured(monkeypatch, 0.1, 0.2, 0.3)
    assert_same_weights(trained(mnist).model, last.model)


def test_of_averaged_weights_the_last_are_kept(mnist, monkeypatch):
    averaging = change(average=0.9)
    measured(monkeypatch, 0.5, 0.6, 0.7)
    last = trained(mnist, averaging)
    measured(monkeypatch, 0.5, 0.9, 0.7)
    run = trained(mnist, averaging)
    assert_same_weights(run.model, last.model)
    assert run.metadata()["validation_accuracy"] == 0.7


def test_an_interrupt_after_an_epoch_gives_the_best_so_far(mnist, run):
    def interrupt(history):
        if len(history.loss) == 2:
            raise KeyboardInterrupt

    stopped = trained(mnist, on_epoch=interrupt)
    assert stopped.interrupted
    assert stopped.metadata()["epochs_run"] == 2
    assert stopped.history.loss == run.history.loss[:2]
    best = max(stopped.history.validation_accuracy)
    assert accuracy(stopped.model, mnist.validation) == best


def test_an_interrupt_in_the_middle_of_an_epoch_gives_the_best_so_far(mnist, monkeypatch):
    loss, calls = training._losses, []

    def interrupting(*arguments, **options):
        calls.append(None)
        if len(calls) == 6:  # an epoch is 4 steps
            raise KeyboardInterrupt
        return loss(*arguments, **options)

    monkeypatch.setattr(training, "_losses", interrupting)
    stopped = trained(mnist)
    assert stopped.interrupted
    assert len(stopped.history.loss) == 1
    assert accuracy(stopped.model, mnist.validation) == stopped.history.validation_accuracy[0]


def test_an_interrupt_during_validation_leaves_a_history_that_can_be_plotted(mnist, monkeypatch):
    measured(monkeypatch, 0.5, KeyboardInterrupt())
    history = trained(mnist).history
    assert len(history.loss) == len(history.validation_accuracy) == len(history.seconds) == 1


def test_an_interrupt_before_the_first_epoch_ends_gives_an_untrained_network(mnist, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "_losses", interrupt)
    stopped = trained(mnist)
    assert stopped.interrupted
    assert stopped.history == History()
    assert stopped.metadata()["validation_accuracy"] is None
    assert stopped.model(torch.zeros(1, 1, 28, 28)).isfinite().all()


# Going on


def test_there_is_no_going_on_without_a_checkpoint(mnist):
    with pytest.raises(ValueError, match="no checkpoint to resume"):
        trained(mnist, resume=True)


@pytest.mark.parametrize(
    "recipe",
    [
        *DETERMINED,
        pytest.param(
            change(
                augmentation=Augmentation(rotation=9, recentre=True, untouched=0.4),
                average=0.9,
                batch_norm=True,
                dropout=0.2,
                hardest=0.6,
            ),
            id="all at once",
        ),
    ],
)
@pytest.mark.parametrize("epochs", [1, 2])
def test_who_goes_on_comes_to_where_they_would_have_been(mnist, tmp_path, recipe, epochs):
    file = tmp_path / "checkpoint.pt"

    def stop(history):
        if len(history.loss) == epochs:
            raise KeyboardInterrupt

    whole = trained(mnist, recipe)
    assert trained(mnist, recipe, checkpoint=file, on_epoch=stop).interrupted
    torch.rand(7)  # whatever else was drawn since
    resumed = trained(mnist, recipe, checkpoint=file, resume=True)
    assert not resumed.interrupted
    assert_same_weights(whole.model, resumed.model)
    assert resumed.history.loss == whole.history.loss
    assert resumed.history.validation_accuracy == whole.history.validation_accuracy
    assert resumed.history.seconds == sorted(resumed.history.seconds)


def test_the_best_epoch_so_far_is_kept_too(mnist, tmp_path, monkeypatch):
    measured(monkeypatch, 0.9, 0.8, 0.7)
    best = trained(mnist).model
    measured(monkeypatch, 0.9, 0.8, KeyboardInterrupt(), 0.7)
    trained(mnist, checkpoint=tmp_path / "checkpoint.pt")
    resumed = trained(mnist, checkpoint=tmp_path / "checkpoint.pt", resume=True)
    assert_same_weights(resumed.model, best)


def test_who_is_killed_goes_on_from_the_last_epoch(mnist, run, tmp_path):
    file = tmp_path / "checkpoint.pt"
    child = multiprocessing.get_context("spawn").Process(
        target=killed, args=(mnist.train, mnist.validation, file)
    )
    child.start()
    child.join(timeout=120)
    assert child.exitcode == -signal.SIGKILL
    resumed = trained(mnist, checkpoint=file, resume=True)
    assert len(resumed.history.loss) == 3
    assert_same_weights(resumed.model, run.model)


def test_what_was_finished_is_not_trained_again(mnist, run, tmp_path):
    trained(mnist, checkpoint=tmp_path / "checkpoint.pt")
    again = trained(mnist, checkpoint=tmp_path / "checkpoint.pt", resume=True)
    assert_same_weights(again.model, run.model)
    assert again.history.loss == run.history.loss


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 1}, "another seed"),
        ({"recipe": change(epochs=4)}, "another recipe"),
    ],
)
def test_another_training_is_not_gone_on_with(mnist, tmp_path, options, message):
    trained(mnist, change(epochs=1), checkpoint=tmp_path / "checkpoint.pt")
    options = {"recipe": change(epochs=1)} | options
    with pytest.raises(WeightsError, match=message):
        trained(mnist, checkpoint=tmp_path / "checkpoint.pt", resume=True, **options)


def test_another_error_is_not_swallowed(mnist):
    def fail(history):
        raise RuntimeError("the plot is broken")

    with pytest.raises(RuntimeError, match="the plot is broken"):
        trained(mnist, on_epoch=fail)


def test_the_bar_shows_loss_and_validation_accuracy(mnist, capsys):
    trained(mnist, change(epochs=1), progress=True)
    shown = capsys.readouterr().err
    assert "4/4" in shown
    assert "loss 1." in shown or "loss 2." in shown
    assert "validation" in shown
    trained(mnist, change(epochs=1), progress=False)
    assert capsys.readouterr().err == ""


def test_the_digits_are_left_as_they_were(mnist):
    images, labels = mnist.train.images.clone(), mnist.train.labels.clone()
    trained(mnist, change(epochs=1, augmentation=Augmentation(shift=1)))
    assert torch.equal(mnist.train.images, images)
    assert torch.equal(mnist.train.labels, labels)


def test_the_digits_are_loaded_where_none_are_given(mnist, monkeypatch):
    small = Mnist(train=mnist.train, validation=mnist.validation, test=None)
    monkeypatch.setattr(training, "load_mnist", lambda: small)
    assert len(trained(None, change(epochs=1)).history.loss) == 1


# What is no digit


def test_of_what_is_no_digit_the_network_is_taught_to_say_nothing():
    sure = torch.log(torch.tensor([[0.91] + [0.01] * 9]))
    unsure = torch.full((1, 10), 0.1).log()

    def loss(answer, label):
        return training._losses(answer, torch.tensor([label])).item()

    assert loss(sure, 0) == pytest.approx(0.0943, abs=1e-4)  # -ln 0.91
    assert loss(sure, 3) == pytest.approx(4.6052, abs=1e-4)  # -ln 0.01
    assert loss(unsure, training.NO_DIGIT) == pytest.approx(2.3026, abs=1e-4)  # ln 10
    assert loss(sure, training.NO_DIGIT) > loss(unsure, training.NO_DIGIT)


# A teacher


class Mistaken(torch.nn.Module):
    """A teacher that takes everything for a seven, whatever the labels say."""

    def __init__(self, *, dropout):
        super().__init__()
        self.answer = torch.nn.Parameter(torch.tensor([0.0] * 7 + [6.0] + [0.0] * 2))

    def forward(self, pictures):
        return self.answer.log_softmax(dim=0).expand(len(pictures), 10)


def test_a_network_with_a_teacher_learns_its_answers_and_no_labels(some_mnist, monkeypatch):
    monkeypatch.setattr(training, "Teacher", Mistaken)
    run = trained(some_mnist, change(taught=2.0))
    answers = run.model(some_mnist.validation.images[:, None]).argmax(dim=1)
    assert (answers == 7).float().mean() > 0.95


def test_a_teacher_learns_the_labels(some_mnist, monkeypatch):
    kept = []

    class Kept(training.Teacher):
        def __init__(self, **options):
            super().__init__(**options)
            kept.append(self)

    monkeypatch.setattr(training, "Teacher", Kept)
    trained(some_mnist, change(taught=2.0, batch_norm=True))
    [teacher] = kept
    assert accuracy(teacher, some_mnist.validation) > 0.4
