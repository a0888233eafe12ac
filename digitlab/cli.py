"""The ``digitlab`` command.

Nothing heavy is imported until a command needs it, so ``digitlab --help`` answers at once and the
commands of the pad work where torch is not installed. Exit codes: 0 done; 1 it could not be done
(no data, damaged weights, an unreadable picture); 2 the command was used wrongly, or needs the lab
where only the pad is installed. Every error is one clear message on stderr, never a traceback.
"""

import os
import re
import sys
from pathlib import Path

import click

from digitlab import __version__
from digitlab.errors import DigitlabError, LabMissingError, lab_needed
from digitlab.places import resource

RECIPES = ("quick", "best", "plain")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="digitlab", message="%(prog)s %(version)s")
def cli():
    """Visit a laboratory for the first convolutional network a person ever trains."""


def _origins(_context, parameter: click.Parameter, origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if not re.fullmatch(r"https?://[\w.-]+(:\d+)?", origin):
            raise click.BadParameter(
                f"{origin!r} is no origin: expected a scheme and a host, as https://course.example",
                param=parameter,
            )
    return origins


@cli.command(epilog="Example: digitlab app --port 8900 --no-browser")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="P",
    default=8866,
    show_default=True,
    help="Port to listen on.",
)
@click.option(
    "--ip",
    metavar="A",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 opens the pad to the network.",
)
@click.option(
    "--no-browser",
    "open_browser",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Do not open a browser window.",
)
@click.option(
    "--weights",
    type=click.Path(exists=True, path_type=Path),
    help="Folder of weights, or .onnx file, in place of the shipped network.",
)
@click.option(
    "--max-visitors",
    type=click.IntRange(min=1),
    metavar="N",
    default=100,
    show_default=True,
    help="How many may draw at the same time; each takes 25 MB.",
)
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    metavar="S",
    default=5.0,
    show_default=True,
    help="Seconds that SIGTERM leaves those who are drawing.",
)
@click.option("--metrics", is_flag=True, help="Tell figures at /metrics, as Prometheus reads them.")
@click.option("--log", is_flag=True, help="Write a line to stderr for each event.")
@click.option(
    "--token",
    metavar="T",
    envvar="DIGITLAB_TOKEN",
    help="Let in only who has it: http://…/?token=T (or DIGITLAB_TOKEN in the environment).",
)
@click.option(
    "--password",
    metavar="P",
    envvar="DIGITLAB_PASSWORD",
    help="Let in only who can type it (or DIGITLAB_PASSWORD in the environment).",
)
@click.option(
    "--allow-embedding",
    "embedders",
    multiple=True,
    metavar="ORIGIN",
    callback=_origins,
    help="Let pages of this origin show the pad in a frame: https://course.example",
)
def app(**options):
    """Serve the drawing pad as a web page."""
    # A server does small things for many: the threads of a matrix library would only spin.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # jsonschema builds a grammar of addresses at import, which takes two seconds, unless there is
    # none; nothing here is checked by it.
    sys.modules.setdefault("rfc3987_syntax", None)
    from digitlab.app import serve

    serve(**options)


@cli.command(epilog="Example: digitlab train --recipe quick --seed 1")
@click.option(
    "--recipe",
    type=click.Choice(RECIPES),
    default="quick",
    show_default=True,
    help="quick: to 99 % fast; best: what ships; plain: the loop of every tutorial.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="S",
    default=0,
    show_default=True,
    help="Of everything random.",
)
@click.option(
    "--target",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="A",
    help="Stop at this validation accuracy, such as 0.99.",
)
@click.option(
    "--device",
    metavar="D",
    default="auto",
    show_default=True,
    help="cpu, cuda or mps; auto takes the fastest there is.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the weights go.  [default: runs/RECIPE-seedS]",
)
def train(recipe: str, seed: int, target: float | None, device: str, output: Path | None):
    """Train a network on MNIST and keep its weights.

    The shipped weights stay untouched unless --output names their folder.
    """
    with lab_needed():
        from digitlab.lab import load_mnist, model, training
    try:
        device = training.pick_device(device)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--device") from error
    output = output or Path("runs", f"{recipe}-seed{seed}")
    mnist = load_mnist()
    output.mkdir(parents=True, exist_ok=True)  # before training: better to fail now than after
    run = training.train(recipe, mnist=mnist, seed=seed, device=device, target=target)
    if not run.history.validation_accuracy:
        raise click.Abort  # Ctrl-C within the first epoch: there is nothing yet to keep
    model.save(run.model, output, metadata=run.metadata())
    accuracy, seconds = max(run.history.validation_accuracy), run.history.seconds[-1]
    click.echo(f"Validation accuracy: {100 * accuracy:.2f} % after {seconds:.0f} s on {device}")
    click.echo(f"Weights: {output}. To test them: digitlab evaluate --weights {output}")


@cli.command(epilog="Example: digitlab evaluate --weights runs/quick-seed1")
@click.option(
    "--weights",
    type=click.Path(exists=True, path_type=Path),
    metavar="DIR",
    help="Folder of weights.  [default: the shipped ones]",
)
def evaluate(weights: Path | None):
    """Measure a network on MNIST's 10,000 test digits."""
    with lab_needed():
        from digitlab.lab import evaluation, load_mnist, model
    network = model.load(weights or resource("models"))
    report = evaluation.evaluate(network, load_mnist().test)
    click.echo(f"Test accuracy: {report}")


@cli.command(epilog="Example: digitlab predict two.png seven.jpg")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.pass_context
def predict(context: click.Context, files: tuple[Path, ...]):
    """Say which digit each picture shows.

    A file that cannot be read is reported on stderr; the others are answered all the same.
    """
    from digitlab.classifier import Classifier

    classifier = Classifier.load()
    unreadable = 0
    for file in files:
        try:
            prediction = classifier.predict(file)
        except DigitlabError as error:
            _complain(f"{file}: {error}")
            unreadable += 1
            continue
        runner_up = prediction.runner_up
        doubt = "" if prediction.is_digit else " - not a digit?"
        click.echo(
            f"{file}: {prediction.digit} ({100 * prediction.confidence:.1f} %, "
            f"then {runner_up}: {100 * prediction.probabilities[runner_up]:.1f} %){doubt}"
        )
    context.exit(1 if unreadable else 0)


@cli.command(epilog="Example: digitlab data")
@click.option(
    "--sample",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="PATH",
    help="Also write a hundred training digits as one PNG picture.",
)
def data(sample: Path | None):
    """Fetch MNIST where it is missing, and verify it."""
    with lab_needed():
        from digitlab.lab import download

        folder = download.fetch()
    click.echo(f"MNIST is complete in {folder}: {len(download.FILES)} files, SHA-256 verified.")
    if sample is not None:
        from digitlab.lab.data import load_mnist, sample_sheet

        sample_sheet(load_mnist().train).save(sample, format="PNG", optimize=True)
        click.echo(f"A hundred training digits are in {sample}.")


def _choose_drawings(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Let ``--file`` stand before or after the command's name."""
    from digitlab.drawings import Drawings

    if path is not None or context.obj is None:
        context.obj = Drawings(path)


_drawings_file = click.option(
    "--file",
    "drawings_file",  # the commands have a FILE of their own
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    expose_value=False,
    callback=_choose_drawings,
    help="Another file of drawings.",
)


@cli.group(invoke_without_command=True, epilog="Example: digitlab drawings export mine.jsonl.gz")
@_drawings_file
@click.pass_context
def drawings(context: click.Context):
    """Count the corrected drawings, or hand them on.

    They come from pads where one can say which digit it really was, and are kept in a file on this
    computer only: data/drawings.sqlite3 in a checkout, elsewhere in the user's data folder; the
    environment variable DIGITLAB_DRAWINGS names another. Only pen strokes are kept: of an image
    that was uploaded nothing is stored.
    """
    if context.invoked_subcommand is not None:
        return
    total, path = context.obj.total(), context.obj.path
    if not total.kept:
        click.echo(f"No drawings are kept in {path} yet.")
        return
    click.echo(f"{_so_many(total.kept)} in {path}")
    click.echo(f"{'digit':>11}  {'kept':>6}  read right")
    for label, tally in context.obj.tally().items():
        name = "not a digit" if label is None else label
        click.echo(f"{name:>11}  {tally.kept:6,}  {tally.right:,} of {tally.read:,}")
    if total.read:
        share = f"{100 * total.right / total.read:.1f} %"
        click.echo(f"Read right: {share} ({total.right:,} of {total.read:,})")


@drawings.command("export", epilog="Example: digitlab drawings export mine.jsonl.gz")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_drawings_file
@click.pass_obj
def export_drawings(drawings, file: Path):
    """Write all drawings to FILE in the pen-strokes format, JSON Lines.

    A FILE that ends in .gz is packed. One that is there already is replaced.
    """
    n = drawings.export(file)
    click.echo(f"Written to {file}: {_so_many(n)} from {drawings.path}.")


@drawings.command("import", epilog="Example: digitlab drawings import mine.jsonl.gz")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_drawings_file
@click.pass_obj
def import_drawings(drawings, file: Path):
    """Add the drawings in FILE, pen strokes in JSON Lines.

    Those that are kept already stay as they are. If a line is wrong, none is added.
    """
    n = drawings.load(file)
    click.echo(f"New: {_so_many(n)}. Kept now: {_so_many(len(drawings))} in {drawings.path}.")


def _so_many(n: int) -> str:
    return f"{n:,} drawing{'' if n == 1 else 's'}"


def _complain(message: str) -> None:
    click.echo(f"digitlab: {message}", err=True)


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
        _complain(f"{error.format_message()} See: {where} --help")
        code = error.exit_code
    except click.ClickException as error:
        _complain(error.format_message())
        code = error.exit_code
    except click.Abort:  # Ctrl-C
        code = 130
    except LabMissingError as error:
        _complain(str(error))
        code = 2
    except (DigitlabError, OSError) as error:  # OSError: a full disk, a folder that is read-only
        _complain(str(error))
        code = 1
    sys.exit(code)
