import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import digitlab
from digitlab import Classifier
from digitlab.cli import cli, main
from digitlab.places import resource
from digitlab.preprocess import stored_digits
from tests.drawings.test_sheet import filled
from tests.strokes import PAD, TEMPLATES

COMMANDS = ("app", "train", "evaluate", "predict", "data", "drawings", "sheet")


@pytest.fixture
def run(capsys):
    """Run ``digitlab WORD…`` in this process; return its exit code and what it wrote."""

    def run(*words) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def digits(tmp_path) -> list[Path]:
    """Ten picture files, one of each digit, cut from the bundled sample and enlarged."""
    paths = []
    with Image.open(resource("data/sample.png")) as sheet:
        for digit in range(10):
            cut = sheet.crop((0, 28 * digit, 28, 28 * (digit + 1)))
            paths.append(tmp_path / f"a {digit}.png")
            cut.resize((140, 140)).save(paths[-1])
    return paths


@pytest.fixture
def little_mnist(monkeypatch):
    """Let MNIST be small, so that training is a matter of seconds."""
    from digitlab.lab.data import Digits, Mnist, load_mnist

    whole = load_mnist()

    def first(part: Digits, n: int) -> Digits:
        return Digits(images=part.images[:n], labels=part.labels[:n])

    little = Mnist(first(whole.train, 2000), first(whole.validation, 500), first(whole.test, 500))
    monkeypatch.setattr("digitlab.lab.load_mnist", lambda: little)
    return little


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_an_example(run, command):
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"Usage: digitlab {command}" in out
    assert f"Example: digitlab {command}" in out


def test_help_lists_the_commands(run):
    code, out, _ = run("--help")
    assert code == 0
    assert set(COMMANDS) <= set(re.findall(r"^  (\w+) ", out, re.MULTILINE))


def test_version(run):
    assert run("--version") == (0, f"digitlab {digitlab.__version__}\n", "")


def test_without_a_command_it_shows_the_help(run):
    code, _, err = run()
    assert code == 2
    assert "Commands:" in err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["draw"], "draw"),
        (["app", "--prot", "8866"], "--prot"),
        (["app", "--port", "0"], "--port"),
        (["app", "--port", "eight"], "--port"),
        (["app", "--weights", "no/such/folder"], "--weights"),
        (["app", "--password", ""], "--password"),
        (["app", "--token", ""], "--token"),
        (["app", "--allow-host", "http://pad.example"], "--allow-host"),
        (["train", "--recipe", "slow"], "--recipe"),
        (["train", "--seed", "-1"], "--seed"),
        (["train", "--target", "99"], "--target"),
        (["train", "--device", "abacus"], "--device"),
        (["evaluate", "--weights", "no/such/folder"], "--weights"),
        (["predict"], "FILE"),
        (["data", "--sample"], "--sample"),
        (["drawings", "exprot"], "exprot"),
        (["drawings", "--from-photo", "no/such/photo.jpg"], "no/such/photo.jpg"),
        (["drawings", "--from-photo"], "--from-photo"),
        (["drawings", "--from-photo", "--contact-sheets", "."], "--from-photo"),
        (["sheet", "--paper", "a5"], "--paper"),
        (["drawings", "--flie", "a.sqlite3"], "--flie"),
        (["drawings", "--file", "."], "--file"),
        (["drawings", "export"], "FILE"),
        (["drawings", "export", "a.jsonl", "b.jsonl"], "b.jsonl"),
        (["drawings", "import"], "FILE"),
        (["drawings", "import", "no/such/file.jsonl"], "no/such/file.jsonl"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(run, words, named):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith("digitlab: ")
    assert named in err
    assert "--help" in err
    assert err.count("\n") == 1


def test_predict_answers_for_each_file(run, digits):
    code, out, err = run("predict", *digits)
    assert (code, err) == (0, "")
    classifier = Classifier.load()
    for digit, (path, line) in enumerate(zip(digits, out.splitlines(), strict=True)):
        prediction = classifier.predict(path)
        confidence = f"{100 * prediction.confidence:.1f}"
        runner_up = prediction.runner_up
        second = f"{100 * prediction.probabilities[runner_up]:.1f}"
        assert line == f"{path}: {digit} ({confidence} %, then {runner_up}: {second} %)"


def test_predict_asks_back_where_it_looks_like_no_digit(run, tmp_path):
    paper = Image.new("L", (200, 200), "white")
    brush = ImageDraw.Draw(paper)
    for line in ([(40, 180), (100, 20), (160, 180)], [(65, 120), (135, 120)]):  # an A
        brush.line(line, fill="black", width=12)
    paper.save(tmp_path / "letter.png")
    code, out, _ = run("predict", str(tmp_path / "letter.png"))
    assert code == 0
    assert out.endswith("%) - not a digit?\n")


def test_predict_goes_on_after_a_bad_file(run, digits, tmp_path):
    text = tmp_path / "notes.png"
    text.write_text("not a picture")
    blank = tmp_path / "blank.png"
    Image.new("L", (28, 28)).save(blank)
    missing = tmp_path / "missing.png"
    code, out, err = run("predict", text, digits[3], blank, missing, digits[7])
    assert code == 1
    assert [line.split(": ")[1][0] for line in out.splitlines()] == ["3", "7"]
    complaints = err.splitlines()
    assert len(complaints) == 3
    for path, complaint in zip((text, blank, missing), complaints, strict=True):
        assert complaint.startswith(f"digitlab: {path}: ")


@pytest.mark.parametrize("variable", ["DIGITLAB_TOKEN", "DIGITLAB_PASSWORD"])
def test_an_empty_secret_in_the_environment_is_refused_too(run, monkeypatch, variable):
    monkeypatch.setenv(variable, "")
    code, _, err = run("app")
    assert code == 2
    assert variable in err


def test_predict_writes_json_that_says_all(run, digits, tmp_path):
    missing = tmp_path / "missing.png"
    code, out, err = run("predict", "--json", missing, digits[2])
    assert code == 1
    assert "missing.png" in err
    said = json.loads(out)
    assert (said["file"], said["digit"]) == (str(digits[2]), 2)
    assert len(said["probabilities"]) == 10


def test_predict_reads_the_standard_input(run, digits, monkeypatch):
    with digits[4].open() as file:
        monkeypatch.setattr("sys.stdin", file)
        code, out, _ = run("predict", "-")
    assert (code, out[:4]) == (0, "-: 4")


def test_predict_takes_other_weights(run, digits, tmp_path):
    shutil.copy(resource("models/digitlab.onnx"), tmp_path / "mine.onnx")
    code, out, _ = run("predict", digits[5], "--weights", tmp_path / "mine.onnx")
    assert (code, out.split(": ")[1][0]) == (0, "5")
    (tmp_path / "mine.onnx").write_bytes(b"half of it")
    code, out, err = run("predict", digits[5], "--weights", tmp_path / "mine.onnx")
    assert (code, out, err.count("\n")) == (1, "", 1)


def test_evaluate_reports_the_shipped_network(run):
    code, out, err = run("evaluate")
    assert (code, err) == (0, "")
    figures = re.fullmatch(
        r"Test accuracy: (\d\d\.\d\d) % \(95 % interval (\d\d\.\d\d) % to (\d\d\.\d\d) %, "
        r"(\d+) errors in 10,000\)\n",
        out,
    )
    accuracy, low, high, errors = map(float, figures.groups())
    assert low < accuracy < high
    assert accuracy >= 99.0
    assert accuracy == pytest.approx(100 - errors / 100)


@pytest.mark.training
def test_train_keeps_weights_that_evaluate_and_the_pad_can_use(run, little_mnist, tmp_path):
    folder = tmp_path / "new" / "weights"
    code, out, _ = run("train", "--seed", 3, "--device", "cpu", "--output", folder)
    assert code == 0
    assert re.search(r"^Validation accuracy: \d+\.\d\d % after \d+ s on cpu$", out, re.MULTILINE)
    assert f"digitlab evaluate --weights {folder}" in out

    code, out, _ = run("evaluate", "--weights", folder)
    assert code == 0
    # The same digits through the other runtime, counted by hand.
    pictures, labels = little_mnist.test.images.numpy(), little_mnist.test.labels.numpy()
    answers = Classifier.load(folder).probabilities(pictures).argmax(axis=1)
    assert f"{np.mean(answers == labels):.2%}".replace("%", " %") in out
    assert f"{np.sum(answers != labels)} errors in 500" in out


@pytest.mark.training
def test_train_writes_to_runs_when_not_told_where(run, little_mnist, tmp_path, monkeypatch):
    shipped = {path: path.stat().st_mtime_ns for path in resource("models").iterdir()}
    monkeypatch.chdir(tmp_path)
    code, _, _ = run("train", "--recipe", "quick", "--seed", 2, "--target", 0.01)
    assert code == 0
    assert any((tmp_path / "runs" / "quick-seed2").iterdir())
    assert {path: path.stat().st_mtime_ns for path in resource("models").iterdir()} == shipped


def interrupted_in_epoch(monkeypatch, number):
    """Let Ctrl-C come in this epoch of each training."""
    from digitlab.lab import training

    measure, calls = training.accuracy, []

    def accuracy(*arguments):
        calls.append(None)
        if len(calls) == number:
            raise KeyboardInterrupt
        return measure(*arguments)

    monkeypatch.setattr(training, "accuracy", accuracy)


@pytest.mark.training
def test_ctrl_c_in_the_first_epoch_says_so_and_leaves_no_folder(
    run, little_mnist, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    interrupted_in_epoch(monkeypatch, 1)
    code, out, err = run("train", "--device", "cpu")
    assert (code, out) == (130, "")
    assert err.endswith("Stopped. There is nothing to keep yet: the first epoch was not over.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.training
def test_ctrl_c_before_anything_was_trained_says_so_too(run, little_mnist, tmp_path, monkeypatch):
    from digitlab.lab import training

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "with_drawings", interrupt)
    code, _, err = run("train", "--recipe", "best", "--device", "cpu")
    assert code == 130
    assert "nothing to keep yet" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.training
def test_a_training_that_was_stopped_can_be_resumed(run, little_mnist, tmp_path, monkeypatch):
    folders = whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert run("train", "--device", "cpu", "--output", whole)[0] == 0
    with monkeypatch.context() as patch:
        interrupted_in_epoch(patch, 2)
        code, out, _ = run("train", "--device", "cpu", "--output", parts)
    assert code == 0
    assert "Stopped after 1 of 2 epochs. To go on, give the same options and --resume." in out
    assert run("evaluate", "--weights", parts)[0] == 0
    code, out, _ = run("train", "--device", "cpu", "--output", parts, "--resume")
    assert code == 0
    assert "Stopped" not in out
    # As if it had never been stopped, and no checkpoint is left.
    first, second = (sorted(path.name for path in folder.iterdir()) for folder in folders)
    assert first == second == ["digitlab.onnx", "digitlab.safetensors"]
    pictures = little_mnist.test.images.numpy()
    one, other = (Classifier.load(folder).probabilities(pictures) for folder in folders)
    assert np.array_equal(one, other)


@pytest.mark.training
def test_ctrl_c_after_the_last_epoch_loses_no_training(run, little_mnist, tmp_path, monkeypatch):
    from digitlab.lab import training

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training._Learner, "finished", interrupt)
        code, _, err = run("train", "--device", "cpu", "--output", tmp_path)
    assert code == 130
    assert err.endswith("Stopped. To go on, give the same options and --resume.\n")
    monkeypatch.setattr(training._Learner, "step", lambda *_: pytest.fail("trained again"))
    code, _, _ = run("train", "--device", "cpu", "--output", tmp_path, "--resume")
    assert code == 0
    assert not (tmp_path / "checkpoint.pt").exists()


def test_what_was_never_started_cannot_be_resumed(run, little_mnist, tmp_path):
    code, out, err = run("train", "--output", tmp_path / "new", "--resume")
    assert (code, out) == (1, "")
    assert re.fullmatch(r"digitlab: There is no training to resume: .*checkpoint\.pt\.\n", err)
    assert list(tmp_path.iterdir()) == []


def test_the_recipes_are_those_of_the_training():
    from digitlab.lab.recipes import RECIPES

    [choice] = [option.type for option in cli.commands["train"].params if option.name == "recipe"]
    assert set(choice.choices) == set(RECIPES)


def test_damaged_weights_are_one_line_and_exit_code_1(run, tmp_path):
    (tmp_path / "digitlab.safetensors").write_bytes(b"half of it")
    code, out, err = run("evaluate", "--weights", tmp_path)
    assert (code, out) == (1, "")
    assert err.startswith("digitlab: ")
    assert "digitlab.safetensors" in err
    assert err.count("\n") == 1


def test_data_says_where_mnist_is(run):
    from digitlab.places import data_path

    code, out, err = run("data")
    assert (code, err) == (0, "")
    assert str(data_path(variable="DIGITLAB_DATA") / "MNIST" / "raw") in out


def test_data_makes_the_sample(run, tmp_path):
    code, _, _ = run("data", "--sample", tmp_path / "sample.png")
    assert code == 0
    with Image.open(tmp_path / "sample.png") as made, Image.open(resource("data/sample.png")) as it:
        assert np.array_equal(np.asarray(made), np.asarray(it))


def test_data_out_of_reach_is_exit_code_1_without_traceback(run, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITLAB_DATA", str(tmp_path))
    monkeypatch.setattr("digitlab.lab.download.default_sources", dict)
    code, out, err = run("data")
    assert (code, out) == (1, "")
    assert err.startswith("digitlab: MNIST is incomplete")
    assert "Traceback" not in err


def test_a_place_that_cannot_be_written_is_exit_code_1(run, tmp_path):
    code, _, err = run("data", "--sample", tmp_path / "no such folder" / "sample.png")
    assert code == 1
    assert "no such folder" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("path", ["//other.example", "/<b>/", "courses", "/a b/"])
def test_a_base_url_that_is_no_path_is_refused(run, path):
    code, _, said = run("app", "--base-url", path)
    assert code == 2
    assert "no path: expected one such as /courses/pad/" in said


def test_app_hands_its_options_on(run, tmp_path, monkeypatch):
    served = []
    monkeypatch.setattr("digitlab.app.server.serve", lambda **options: served.append(options))
    assert run("app")[0] == 0
    assert (
        run("app", "--port", 99, "--ip", "0.0.0.0", "--no-browser", "--weights", tmp_path)[0] == 0
    )
    usual = {
        "max_visitors": 100,
        "grace": 5.0,
        "metrics": False,
        "log": False,
        "log_addresses": False,
        "token": None,
        "password": None,
        "embedders": (),
        "hosts": (),
        "base_url": "/",
    }
    assert served == [
        usual | {"ip": "127.0.0.1", "port": 8866, "open_browser": True, "weights": None},
        usual | {"ip": "0.0.0.0", "port": 99, "open_browser": False, "weights": tmp_path},
    ]


@pytest.mark.parametrize(
    ("command", "missing"), [("train", "torch"), ("evaluate", "torch"), ("data", "tqdm")]
)
def test_without_the_lab_it_says_which_command_installs_it(command, missing):
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"from digitlab.cli import main; main([{command!r}])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert missing in ended.stderr
    assert 'pip install "digitlab[lab]"' in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.fixture
def kept(tmp_path, monkeypatch) -> Path:
    """A file with ten drawings, of which nine were read right, and a 3 was taken for a 5."""
    from digitlab.drawings.drawing import Guess
    from digitlab.drawings.store import Drawings

    monkeypatch.setenv("DIGITLAB_DRAWINGS", str(tmp_path / "kept.sqlite3"))
    for digit, strokes in TEMPLATES.items():
        said = Guess(5 if digit == 3 else digit, 0.9, True)
        Drawings().add(strokes, size=PAD, label=digit, prediction=said)
    return tmp_path / "kept.sqlite3"


@pytest.mark.parametrize("command", ["export", "import"])
def test_the_commands_of_drawings_explain_themselves(run, command):
    code, out, _ = run("drawings", command, "--help")
    assert code == 0
    assert f"Usage: digitlab drawings {command} [OPTIONS] FILE" in out
    assert f"Example: digitlab drawings {command} " in out
    assert "--file PATH" in out


def test_drawings_are_counted_by_digit_and_by_how_they_were_read(run, kept):
    from digitlab.drawings.store import Drawings

    Drawings().add([[(10, 10), (90, 20)]], size=PAD, label=None)
    code, out, err = run("drawings")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"11 drawings in {kept}"
    rows = {
        name.strip(): rest
        for name, rest in (re.split(r"  +", row.strip(), maxsplit=1) for row in lines[1:-1])
    }
    assert re.fullmatch(r"1 +1 of 1", rows["7"])
    assert re.fullmatch(r"1 +0 of 1", rows["3"])
    assert re.fullmatch(r"1 +0 of 0", rows["not a digit"])
    assert lines[-1] == "Read right: 90.0 % (9 of 10)"


def test_no_drawings_are_no_error_and_leave_no_file(run, tmp_path):
    path = tmp_path / "none.sqlite3"
    assert run("drawings", "--file", path) == (0, f"No drawings are kept in {path} yet.\n", "")
    assert not path.exists()


def test_drawings_are_handed_on_from_file_to_file(run, kept, tmp_path):
    packed, other = tmp_path / "mine.jsonl.gz", tmp_path / "other.sqlite3"
    assert run("drawings", "export", packed) == (
        0,
        f"Written to {packed}: 10 drawings from {kept}.\n",
        "",
    )
    for words, new in (
        (["drawings", "import", packed, "--file", other], 10),
        (["drawings", "--file", other, "import", packed], 0),
    ):
        said = f"New: {new} drawings. Kept now: 10 drawings in {other}.\n"
        assert run(*words) == (0, said, "")
    assert "Read right: 90.0 % (9 of 10)" in run("drawings", "--file", other)[1]


def test_a_bad_line_is_exit_code_1_and_nothing_is_imported(run, kept, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"label": 1, "strokes": [[0, 0, 0, 1000]]}\n{"label": 1}\n')
    code, out, err = run("drawings", "import", bad)
    assert (code, out) == (1, "")
    assert err == f'digitlab: {bad}, line 2: "strokes" is missing.\n'
    assert run("drawings")[1].startswith("10 drawings")


@pytest.mark.parametrize("words", [[], ["export", "out.jsonl"], ["import", "in.jsonl"]])
def test_a_file_that_holds_no_drawings_is_exit_code_1(run, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("Buy milk. " * 500)
    (tmp_path / "in.jsonl").write_text('{"label": 1, "strokes": [[0, 0, 0, 1000]]}\n')
    code, out, err = run("drawings", "--file", "notes.txt", *words)
    assert (code, out) == (1, "")
    assert err.startswith("digitlab: ")
    assert "notes.txt" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out.jsonl").exists()


def test_python_m_digitlab_is_the_same_command():
    ended = subprocess.run(
        [sys.executable, "-m", "digitlab", "--version"], capture_output=True, text=True, check=True
    )
    assert ended.stdout == f"digitlab {digitlab.__version__}\n"


@pytest.fixture
def number(tmp_path):
    """A picture of a stored 4 with a stored 2 beside it."""
    path = tmp_path / "number.png"
    side_by_side = np.concatenate([stored_digits()[0][40], stored_digits()[0][20]], axis=1)
    Image.fromarray(255 - (255 * np.pad(side_by_side, 4)).astype(np.uint8)).save(path)
    return path


def test_predict_says_so_where_a_picture_shows_several_digits(run, number):
    assert run("predict", number) == (0, f"{number}: several digits: 42\n", "")


def test_predict_reads_several_digits_when_asked_to(run, number):
    assert run("predict", "--several", number) == (0, f"{number}: 42\n", "")


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", "drei → 3.png"), ("utf-8", "drei → 3.png"), ("latin-1", "drei \\u2192 3.png")],
)
def test_predict_writes_what_any_terminal_can_show(digits, tmp_path, encoding, shown):
    odd = shutil.copy(digits[3], tmp_path / "drei → 3.png")
    bytes_only = shutil.copy(digits[7], os.fsencode(tmp_path) + b"/7\xff.png")
    ended = subprocess.run(
        [sys.executable, "-m", "digitlab", "predict", tmp_path / "kein „Bild“", odd, bytes_only],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        check=False,
    )
    assert ended.returncode == 1
    first, second = ended.stdout.decode(
        "latin-1" if encoding == "latin-1" else "utf-8"
    ).splitlines()
    assert f"{shown}: 3 " in first
    assert ": 7 " in second
    assert b"cannot be read" in ended.stderr


def test_a_sheet_becomes_drawings(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("sheet", "--paper", "letter") == (
        0,
        "Print sheet.pdf in full size, in colour if you can.\n",
        "",
    )
    assert Path("sheet.pdf").read_bytes().startswith(b"%PDF")
    filled("letter").reduce(2).save("class 1.png")
    Image.new("L", (500, 500), "white").save("wall.jpg")
    code, out, err = run(
        *("drawings", "--file", "a.sqlite3", "--from-photo", "wall.jpg", "class 1.png"),
        *("--contact-sheets", "found"),
    )
    assert code == 1
    assert "wall.jpg: This photograph shows none of the four markers" in err
    sheet = Path("found", "class 1-digits.png")
    said = "97 digits, 3 boxes empty, 1 looks like no digit"
    assert out == f"class 1.png: {said}. Look at them: {sheet}\n"
    with Image.open(sheet) as picture:
        assert picture.width > 500
    assert run("drawings", "--file", "a.sqlite3")[1].startswith("97 drawings in")
