import pytest
import torch

from digitlab.errors import WeightsError
from digitlab.lab.checkpoint import load_checkpoint, save_checkpoint

MADE_BY = {"recipe": {"name": "short", "epochs": 3}, "seed": 1}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "new" / "checkpoint.pt"


def test_a_state_comes_back_as_it_was_kept(file):
    state = [{"weights": torch.arange(5.0)}, {"loss": [0.5, 0.25]}, "text", None, (1, 2)]
    save_checkpoint(file, state, made_by=MADE_BY)
    again = load_checkpoint(file, made_by=MADE_BY)
    assert torch.equal(again[0].pop("weights"), state[0].pop("weights"))
    assert again == state
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_who_is_stopped_while_keeping_a_state_still_has_the_one_before(file, monkeypatch, error):
    save_checkpoint(file, 1, made_by=MADE_BY)

    def half(_, aside):
        aside.write_bytes(b"half")
        raise error

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(error):
        save_checkpoint(file, 2, made_by=MADE_BY)
    assert load_checkpoint(file, made_by=MADE_BY) == 1
    assert list(file.parent.iterdir()) == [file]


def test_what_a_kill_has_left_of_another_is_no_matter(file):
    save_checkpoint(file, 1, made_by=MADE_BY)
    file.with_name("checkpoint.pt.new").write_bytes(b"half of a checkpoint")
    assert load_checkpoint(file, made_by=MADE_BY) == 1
    save_checkpoint(file, 2, made_by=MADE_BY)
    assert load_checkpoint(file, made_by=MADE_BY) == 2
    assert list(file.parent.iterdir()) == [file]


def test_where_there_is_none_the_error_says_where_it_was_expected(file):
    with pytest.raises(WeightsError, match=r"no training to resume.*checkpoint\.pt"):
        load_checkpoint(file, made_by=MADE_BY)


def test_another_training_is_refused_and_the_difference_named(file):
    save_checkpoint(file, 1, made_by=MADE_BY)
    with pytest.raises(WeightsError, match="another seed: give the same"):
        load_checkpoint(file, made_by=MADE_BY | {"seed": 2})
    with pytest.raises(WeightsError, match="another recipe and seed"):
        load_checkpoint(file, made_by={"recipe": {"name": "short", "epochs": 4}, "seed": 2})


@pytest.mark.parametrize("keep", [0, 1, 10, 300])
def test_half_a_file_is_refused(file, keep):
    save_checkpoint(file, [torch.zeros(100)], made_by=MADE_BY)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(WeightsError, match="no checkpoint, or a damaged one"):
        load_checkpoint(file, made_by=MADE_BY)


def test_another_file_is_refused(file):
    file.parent.mkdir()
    torch.save({"weights": torch.zeros(3)}, file)
    with pytest.raises(WeightsError, match="no checkpoint"):
        load_checkpoint(file, made_by=MADE_BY)
