"""The ``digitlab`` command.

Nothing heavy is imported until a command needs it, so ``digitlab --help`` answers at once and the
commands of the pad work where torch is not installed. Exit codes: 0 done; 1 it could not be done
(no data, damaged weights, an unreadable picture); 2 the command was used wrongly, or needs the lab
where only the pad is installed. Every error is one clear message on stderr, never a traceback.
"""

import io
import itertools
import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digitlab import __version__
from digitlab.errors import DigitlabError, ImageError, LabMissingError, lab_needed
from digitlab.places import beside, resource

if TYPE_CHECKING:
    from digitlab.classifier import Reading
    from digitlab.drawings import Drawings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="digitlab", message="%(prog)s %(version)s")
def cli() -> None:
    """Visit a laboratory for the first convolutional network a person ever trains."""


def _text(pattern: str, expected: str) -> Callable[[str], str]:
    """Take text that matches a pattern."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise click.BadParameter(f"{text!r} is {expected}")
        return text

    return check


def _base_url(text: str) -> str:
    from digitlab.app.guard.base import base_path

    if (path := base_path(text)) is None:
        raise click.BadParameter(f"{text!r} is no path: expected one such as /courses/pad/")
    return path


def _secret(_: click.Context, parameter: click.Parameter, secret: str | None) -> str | None:
    """Refuse an empty one, which would let everybody in."""
    variable = str(parameter.envvar)
    if secret == "" or (secret is None and os.environ.get(variable) == ""):
        raise click.BadParameter(
            f"It is empty. Give one, or leave it out and unset {variable}, to let everybody in."
        )
    return secret


def _choose_drawings(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Let ``--file`` stand before or after the command's name."""
    from digitlab.drawings import Drawings

    if path is not None or context.obj is None:
        context.obj = Drawings(path)


_Decorator = Callable[[Callable[..., Any]], Any]

_path = partial(click.Path, path_type=Path)
_FILE = _path(dir_okay=False)

_COMMANDS = beside(__file__, "commands.toml")

_KINDS: dict[str, Any] = vars(click) | {"Path": _path, "Text": _text, "Url": lambda: _base_url}


def _option(usage: str, *, takes: Any = None, into: str = "", **settings: Any) -> _Decorator:
    """An option as its help shows it, such as ``--port P``; ``into`` renames the parameter."""
    name, _, metavar = usage.partition(" ")
    for kind, limits in (takes or {}).items():
        settings["type"] = _KINDS[kind](**limits)
    if "envvar" in settings:
        settings["callback"] = _secret
    settings = {"show_default": True, "metavar": metavar or None} | settings
    return click.option(*filter(None, (name, into)), **settings)


def _command(name: str, group: click.Group = cli, **settings: Any) -> _Decorator:
    """Make a command of a function, with its example and its options in ``commands.toml``."""
    told = _COMMANDS[name]

    def command(function: Callable[..., Any]) -> Any:
        for option in reversed(told.get("options", ())):
            function = _option(**option)(function)
        return group.command(name, epilog=f"Example: {told['example']}", **settings)(function)

    return command


@_command("app")
def app(*, check: bool, **options: Any) -> int:
    """Serve the drawing pad as a web page."""
    if sys.flags.optimize > 1:
        raise click.UsageError(
            "Jupyter needs its docstrings: start Python without -OO (PYTHONOPTIMIZE=2); -O is fine."
        )
    try:
        Path.home()
    except RuntimeError:  # no HOME, and no entry in the list of users, as in some containers
        os.environ["HOME"] = os.devnull  # Jupyter asks where it is, and finds nothing there
    # A server does small things for many: the threads of a matrix library would only spin.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # jsonschema builds a grammar of addresses at import, which takes two seconds, unless there is
    # none; nothing here is checked by it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # "not to be had"
    from digitlab.app.options import Options
    from digitlab.app.server import serve

    if check:
        from digitlab.app import check as machine

        lines, is_enough = machine.check(Options(**options))
        click.echo("\n".join(lines))
        return 0 if is_enough else 1
    serve(**options)
    return 0


@_command("train")
def train(recipe: str, device: str, output: Path | None, **options: Any) -> int:
    """Train a network on MNIST and keep its weights.

    The shipped weights stay untouched unless --output names their folder. Each epoch leaves a
    checkpoint there, until the training is over: if it is stopped, give the same options and
    --resume.
    """
    with lab_needed():
        from digitlab.lab import load_mnist, model, pick_device, train
    try:
        device = pick_device(device)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--device") from error
    output = output or Path("runs", f"{recipe}-seed{options['seed']}")
    mnist, checkpoint = load_mnist(), output / "checkpoint.pt"
    run = None
    with suppress(KeyboardInterrupt):
        run = train(recipe, mnist=mnist, checkpoint=checkpoint, device=device, **options)
    to_go_on = "To go on, give the same options and --resume."
    if run is None or not run.history.seconds:
        nothing = "There is nothing to keep yet: the first epoch was not over."
        return _failed(f"Stopped. {to_go_on if checkpoint.exists() else nothing}", 130)
    model.save(run.model, output, metadata=run.metadata())
    accuracy, seconds = f"{100 * (run.validation_accuracy or 0):.2f} %", run.history.seconds
    click.echo(f"Validation accuracy: {accuracy} after {seconds[-1]:.0f} s on {device}")
    if run.interrupted:
        click.echo(f"Stopped after {len(seconds)} of {run.recipe.epochs} epochs. {to_go_on}")
    else:
        checkpoint.unlink(missing_ok=True)
    click.echo(f"Weights: {output}. To test them: digitlab evaluate --weights {output}")
    return 0


@_command("evaluate")
def evaluate(weights: Path | None) -> None:
    """Measure a network on MNIST's 10,000 test digits."""
    with lab_needed():
        from digitlab.lab import evaluate, load_mnist, model
    network = model.load(weights or resource("models"))
    click.echo(f"Test accuracy: {evaluate(network, load_mnist().test)}")


@_command("predict")
@click.argument("files", nargs=-1, required=True, type=_path(allow_dash=True), metavar="FILE…")
def predict(files: tuple[Path, ...], weights: Path | None, as_json: bool, several: bool) -> int:
    """Say which digit each picture shows; - is the standard input.

    A file that cannot be read is reported on stderr; the others are answered all the same, and the
    exit code is 1 at the end.
    """
    from digitlab.app.uploads.reply import answer
    from digitlab.classifier import Classifier

    # A pipe or an old terminal may know no UTF-8; a file's name may be no UTF-8 at all.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    classifier, code = Classifier.load(weights), 0
    for file in files:
        try:
            reading = classifier.read(sys.stdin.buffer.read() if str(file) == "-" else file)
        except (DigitlabError, OSError) as error:
            code = _failed(f"{file}: {error}", 1)
            continue
        said = _in_a_line(reading.text) if several else _in_words(reading)
        told = json.dumps({"file": str(file)} | answer(reading)) if as_json else f"{file}: {said}"
        click.echo(told)
    return code


def _in_words(reading: "Reading") -> str:
    prediction, runner_up = reading.prediction, reading.prediction.runner_up
    if prediction.several is not None:
        return f"several digits: {_in_a_line(prediction.several)}"
    sure, second = 100 * prediction.confidence, 100 * prediction.probabilities[runner_up]
    doubt = "" if prediction.is_digit else " - not a digit?"
    return f"{prediction.digit} ({sure:.1f} %, then {runner_up}: {second:.1f} %){doubt}"


def _in_a_line(text: str) -> str:
    return " / ".join(text.splitlines()) or "none that can be read"


@_command("data")
def data(sample: Path | None) -> None:
    """Fetch MNIST where it is missing, and verify it."""
    with lab_needed():
        from digitlab.lab import data, download

        folder = download.fetch()
    click.echo(f"MNIST is complete in {folder}: {len(download.FILES)} files, SHA-256 verified.")
    if sample is not None:
        data.sample_sheet(data.load_mnist().train).save(sample, format="PNG", optimize=True)
        click.echo(f"A hundred training digits are in {sample}.")


@_command("course")
def course(to: Path | None, edition: str, collect: Path | None) -> None:
    """Hand the notebooks out to a class, and read what comes back."""
    if (to is None) == (collect is None):
        raise click.UsageError("Say where the notebooks go (--to), or where they are (--collect).")
    with lab_needed():
        from digitlab.course import handouts

    if to is not None:
        written = handouts.hand_out(to, edition)
        click.echo(f"{len(written)} notebooks are in {to}, in the {edition} edition.")
        return
    for lesson, learners in handouts.collect(collect or Path()).items():
        click.echo(f"\n{lesson}")
        width = max(map(len, learners))
        for number, name in enumerate(next(iter(learners.values())), 1):
            click.echo(f"{'':{width}}  {number}: {name}")
        for learner, marks in learners.items():
            right = list(marks.values()).count("✓")
            click.echo(f"{learner:{width}}  {' '.join(marks.values())}  {right} of {len(marks)}")
    click.echo("\n✓ right, ✗ wrong, … not begun, ? not run")


@_command("sheet")
@click.argument("file", type=_FILE, default="sheet.pdf")
def sheet(file: Path, paper: str) -> None:
    """Write a sheet to print, on which a class writes digits by hand.

    Photograph the filled-in sheets, and keep the digits: digitlab drawings --from-photo FILE…
    """
    from digitlab.drawings.sheet import save_sheet

    save_sheet(file, paper)
    click.echo(f"Print {file} in full size, in colour if you can.")


_drawings_file = _option(**_COMMANDS["drawings"]["file"], callback=_choose_drawings)


class _DrawingsGroup(click.Group):
    """Lets ``--from-photo`` take several files, up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        option, takes = "--from-photo", False
        for before, word in itertools.pairwise(["", *args]):
            takes = word == option or (takes and word[:1] != "-" and word not in self.commands)
            # click wants the option before each file.
            spread += [option, word] if takes and option not in (before, word) else [word]
        return super().parse_args(ctx, spread)


@_command("drawings", cls=_DrawingsGroup, invoke_without_command=True)
@_drawings_file
@click.pass_context
def drawings(context: click.Context, photos: tuple[Path, ...], contact_sheets: Path) -> int | None:
    """Count the corrected drawings, add those on a sheet of paper, or hand them on.

    They come from pads where one can say which digit it really was, and are kept in a file on this
    computer only: data/drawings.sqlite3 in a checkout, elsewhere in the user's data folder; the
    environment variable DIGITLAB_DRAWINGS names another. Of an image that was uploaded to a pad
    nothing is stored.
    """
    if photos:
        return max(_keep_photo(context.obj, photo, contact_sheets) for photo in photos)
    if context.invoked_subcommand is not None:
        return None
    total, path = context.obj.total(), context.obj.path
    if not total.kept:
        click.echo(f"No drawings are kept in {path} yet.")
        return None
    click.echo(f"{_count(total.kept)} in {path}")
    click.echo(f"{'digit':>11}  {'kept':>6}  read right")
    for label, tally in context.obj.tally().items():
        name = "not a digit" if label is None else label
        click.echo(f"{name:>11}  {tally.kept:6,}  {tally.right:,} of {tally.read:,}")
    if total.read:
        share = f"{100 * total.right / total.read:.1f} %"
        click.echo(f"Read right: {share} ({total.right:,} of {total.read:,})")
    return None


def _keep_photo(drawings: "Drawings", photo: Path, contact_sheets: Path) -> int:
    """Keep what is on the photograph of a sheet, and say what it was; return the exit code."""
    try:
        report = drawings.from_photo(photo)
    except ImageError as error:
        return _failed(f"{photo}: {error}", 1)
    picture = contact_sheets / f"{photo.stem}-digits.png"
    contact_sheets.mkdir(parents=True, exist_ok=True)
    report.contact_sheet().save(picture)
    click.echo(f"{photo}: {report}. Look at them: {picture}")
    return 0


@_command("export", drawings)
@click.argument("file", type=_FILE)
@_drawings_file
@click.pass_obj
def export_drawings(drawings: "Drawings", file: Path) -> None:
    """Write all drawings to FILE in the pen-strokes format, JSON Lines.

    A FILE that ends in .gz is packed. One that is there already is replaced.
    """
    click.echo(f"Written to {file}: {_count(drawings.export(file))} from {drawings.path}.")


@_command("import", drawings)
@click.argument("file", type=_path(exists=True, dir_okay=False))
@_drawings_file
@click.pass_obj
def import_drawings(drawings: "Drawings", file: Path) -> None:
    """Add the drawings in FILE, pen strokes in JSON Lines.

    Those that are kept already stay as they are. If a line is wrong, none is added.
    """
    n = drawings.load(file)
    click.echo(f"New: {_count(n)}. Kept now: {_count(len(drawings))} in {drawings.path}.")


def _count(n: int) -> str:
    return f"{n:,} drawing{'' if n == 1 else 's'}"


def _failed(message: object, code: int) -> int:
    """Say on stderr what went wrong; return the exit code."""
    click.echo(f"digitlab: {message}", err=True)
    return code


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit.

    Parameters
    ----------
    arguments : list of str, optional
        The words after ``digitlab``; those of the process when not given.

    Raises
    ------
    SystemExit
        Always, with the exit code.
    """
    try:
        # Not click's standalone mode: it would put the usage above each error.
        code = cli.main(arguments, prog_name="digitlab", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = error.exit_code
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "digitlab"
        code = _failed(f"{error.format_message()} See: {where} --help", error.exit_code)
    except click.Abort:  # Ctrl-C
        code = 130
    except (DigitlabError, OSError) as error:  # OSError: a full disk, a folder that is read-only
        code = _failed(error, 2 if isinstance(error, LabMissingError) else 1)
    sys.exit(code)
