"""How well the shipped network reads the images that people bring, and images made to provoke.

The real images are not part of this repository: they serve to measure, never to train by. All
digits of one source come from one hand and one camera, so the intervals are bootstrapped over
sources. Whoever chooses a constant looks at half of the sources only (``--half A``) and reports on
all.

    python tests/benchmarks/real_images.py --images ../shared/real-images --odd ../shared/odd-images
"""

import argparse
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageOps

from digitlab.classifier.onnx import Classifier
from digitlab.errors import DigitlabError
from tests.strokes import TEMPLATES

SINGLE = ("photo", "photo-crop", "paper-crop", "drawn", "drawn-small")


def main() -> int:
    """Measure, and print the tables."""
    options = _options()
    if not (options.images / "manifest.jsonl").is_file():
        print(
            f"No images at {options.images}: name their folder with --images. Nothing was "
            "measured.",
            file=sys.stderr,
        )
        return 0
    cv2.setNumThreads(1)
    classifier = Classifier.load(options.weights)
    lines = read_lines(options.images / "manifest.jsonl")
    if options.half:
        lines = [line for line in lines if half(line) == options.half]
    started = time.perf_counter()
    results = [judged(classifier, options.images, line) for line in lines]
    odd = [
        judged(classifier, options.odd, {"kind": "odd", "label": line["expected"], **line})
        for line in (read_lines(options.odd / "expected.jsonl") if options.odd.is_dir() else [])
    ]
    print(f"## {len(results)} images of {len({line['source'] for line in lines})} sources", end="")
    print(f", half {options.half}" if options.half else "", end=", ")
    print(f"{time.perf_counter() - started:.0f} s\n")
    print("| what | measured (95 % interval over sources) | of | to reach |\n|---|---|---|---|")
    measured = {}
    for name, chosen, good, target in _rows():
        population = [result for result in results if chosen(result)]
        values = [good(result) for result in population]
        sources = [result["source"] for result in population]
        if values:
            share, low, high = shares(values, sources)
            print(f"| {name} | {share:.1%} ({low:.1%} – {high:.1%}) | {len(values)} | {target} |")
            measured[name] = {"share": share, "interval": [low, high], "of": len(values)}
    known = [result for result in results if result.get("sequence")]
    if known:
        found = sum(matches(result["text"], result["sequence"]) for result in known)
        digits = sum(len(result["sequence"]) for result in known)
        extra = sum(max(0, len(r["text"]) - len(r["sequence"])) for r in known)
        exact = sum(result["text"] == result["sequence"] for result in known)
        print(
            f"| several, digits read right | {found / digits:.1%} ({extra} too many) | {digits} "
            f"| ≥ 96 % |\n"
            f"| several, images exactly | {exact} | {len(known)} | 40 of 45 |"
        )
        measured["several"] = {"digits": found / digits, "exact": exact, "of": len(known)}
    if odd:
        right = [r["right"] if r["label"] is not None else not r["accepted"] for r in odd]
        believed = [r for r, is_right in zip(odd, right, strict=True) if r["accepted"] > is_right]
        print(
            f"| odd images, right | {np.mean(right):.1%} | {len(odd)} | ≥ 95 % |\n"
            f"| odd images, wrong and believed | {len(believed)} | {len(odd)} | 0 |"
        )
        measured["odd"] = {"right": float(np.mean(right)), "believed": len(believed)}
        kinds = Counter(
            r["file"].split("-")[0] for r, is_right in zip(odd, right, strict=True) if not is_right
        )
        print(f"\nOdd images that fail: {dict(kinds.most_common()) or 'none'}.")
    milliseconds = photograph_time(classifier)
    measured["milliseconds"] = milliseconds
    print(f"\nA photograph of 12 megapixels, one thread: {milliseconds:.0f} ms (to reach: 150 ms).")
    if options.sheet:
        sheets(options, results + odd)
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = Path(__file__).resolve().parents[3] / "shared"
    parser.add_argument("--images", type=Path, default=shared / "real-images", metavar="DIR")
    parser.add_argument("--odd", type=Path, default=shared / "odd-images", metavar="DIR")
    parser.add_argument("--weights", type=Path, metavar="DIR")
    parser.add_argument("--half", choices=["A", "B"], help="only half of the sources")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="write the failures to look at")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def read_lines(file: Path) -> list[dict]:
    """Read a file of one JSON object a line."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def half(line: dict) -> str:
    """Half of the sources: to choose by, or to see what the choice is worth."""
    return "A" if int(line["source"][1:]) % 2 else "B"


def judged(classifier: Classifier, folder: Path, line: dict) -> dict:
    """What the product says to one image, and whether that is right."""
    content = (folder / line["file"]).read_bytes()
    result = {**line, "digit": None, "accepted": False, "picture": None, "text": "", "n": 0}
    try:
        reading = classifier.read(content)
        result["text"] = "".join(reading.text.split())
        result["n"] = len(reading.digits)
        result["boxes"] = [(found.box, found.prediction) for found in reading.digits]
        # Of one digit, `predict` says the same: not to do all twice.
        one = reading.digits[0].prediction if result["n"] == 1 else None
        prediction = one or classifier.predict(content)
        result |= {
            "digit": prediction.digit,
            "accepted": prediction.is_digit,
            "confidence": prediction.confidence,
            "picture": prediction.picture,
        }
    except DigitlabError as error:
        result["error"] = str(error)
    label = line["label"]
    if line["kind"] == "several":
        known = str(label).replace(" ", "")
        result["sequence"] = known if known.isdigit() else None
    elif label is not None:
        result["right"] = result["digit"] == int(label)
    return result


def _rows() -> list[tuple[str, Callable, Callable, str]]:
    """Each row of the table: its name, who counts, who of them is right, and the target."""

    def right(result):
        return result["right"]

    def accepted(result):
        return result["accepted"]

    def of(*kinds):
        return lambda result: result["kind"] in kinds

    return [
        ("single digits, right", of(*SINGLE), right, "≥ 97.5 %"),
        *((f"– {kind}", of(kind), right, "–") for kind in SINGLE),
        ("photographs as their author left them, right", of("photo"), right, "≥ 96 %"),
        ("single digits, accepted", of(*SINGLE), accepted, "≥ 95.5 %"),
        (
            "– right among them",
            lambda result: result["kind"] in SINGLE and result["accepted"],
            right,
            "≥ 99.3 %",
        ),
        ("single digits, read as several", of(*SINGLE), lambda r: r["n"] > 1, "≤ 1 %"),
        (
            "single digits, read right",
            of(*SINGLE),
            lambda r: r["text"] == str(r["label"]),
            "–",
        ),
        ("no digit, declined or refused", of("none"), lambda r: not r["accepted"], "≥ 95 %"),
        ("several, answered with one plain digit", of("several"), accepted, "0"),
    ]


def shares(values: list[bool], sources: list[str], *, times: int = 1000) -> tuple:
    """The share of what is true, and its 95 % interval, bootstrapped over sources."""
    names = sorted(set(sources))
    index = np.array([names.index(source) for source in sources])
    good = np.bincount(index, np.array(values, float), minlength=len(names))
    of = np.bincount(index, minlength=len(names))
    drawn = np.random.default_rng(0).integers(len(names), size=(times, len(names)))
    low, high = np.quantile(good[drawn].sum(axis=1) / of[drawn].sum(axis=1), [0.025, 0.975])
    return good.sum() / of.sum(), low, high


def matches(text: str, expected: str) -> int:
    """How many digits are found in their order: those the best alignment leaves as they are."""
    # Distance and matches of aligning a beginning of the text with a beginning of what is expected.
    row = [(j, 0) for j in range(len(expected) + 1)]
    for i, a in enumerate(text, start=1):
        before, row = row, [(i, 0)]
        for j, b in enumerate(expected, start=1):
            same = a == b
            row.append(
                min(
                    (before[j - 1][0] + (not same), before[j - 1][1] - same),
                    (before[j][0] + 1, before[j][1]),
                    (row[j - 1][0] + 1, row[j - 1][1]),
                )
            )
    return -row[-1][1]


def photograph_time(classifier: Classifier, *, times: int = 5) -> float:
    """Milliseconds from the file of a 12-megapixel photograph to the answer, the median."""
    paper = Image.new("L", (1000, 750), 205)
    for stroke in TEMPLATES[7]:
        ImageDraw.Draw(paper).line(
            [(360 + x, 240 + y) for x, y in stroke], fill=60, width=12, joint="curve"
        )
    large = np.asarray(paper.resize((4000, 3000), Image.Resampling.BICUBIC), np.float32)
    light = np.linspace(0.8, 1.1, 4000, dtype=np.float32)
    noise = np.random.default_rng(0).normal(scale=6, size=large.shape)
    photo = Image.fromarray((large * light + noise).clip(0, 255).astype(np.uint8)).convert("RGB")
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=85)
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        classifier.predict(file.getvalue())
        spent.append(1e3 * (time.perf_counter() - started))
    return float(np.median(spent))


def sheets(options: argparse.Namespace, results: list[dict]) -> None:
    """Write contact sheets of what fails: each image with what the network saw of it."""
    options.sheet.mkdir(parents=True, exist_ok=True)
    failures: dict[str, list[dict]] = {}
    for result in results:
        single = result["label"] is not None and result["kind"] != "several"
        if single and not result["right"]:
            failures.setdefault(f"wrong-{result['kind']}", []).append(result)
        elif single and not result["accepted"]:
            failures.setdefault("right but declined", []).append(result)
        elif not single and result["accepted"]:
            failures.setdefault(f"believed-{result['kind']}", []).append(result)
        if single and result["n"] > 1:
            failures.setdefault("single as several", []).append(result)
        if result.get("sequence") and result["text"] != result["sequence"]:
            failures.setdefault("sequences", []).append(result)
    for name, found in failures.items():
        side = 420 if name == "sequences" else 150
        columns = 1500 // (side + 60)
        sheet = Image.new("RGB", (1500, -(-len(found) // columns) * (side + 32)), "white")
        pen = ImageDraw.Draw(sheet)
        for number, result in enumerate(found):
            x, y = number % columns * (side + 60), number // columns * (side + 32)
            folder = options.odd if result["kind"] == "odd" else options.images
            with Image.open(folder / result["file"]) as image:
                image = ImageOps.exif_transpose(image).convert("RGBA")
            scale = side / max(image.size)
            ground = Image.new("RGBA", image.size, (255, 235, 255, 255))
            image = Image.alpha_composite(ground, image).convert("RGB")
            how = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
            image = image.resize([max(1, round(length * scale)) for length in image.size], how)
            if name in ("sequences", "single as several"):
                marks = ImageDraw.Draw(image)
                for box, prediction in result.get("boxes", []):
                    place = [length * scale for length in box]
                    colour = "blue" if prediction.is_digit else "red"
                    marks.rectangle(place, outline=colour)
                    marks.text((place[0], place[1] - 11), str(prediction.digit), fill=colour)
            sheet.paste(image, (x, y))
            if result["picture"] is not None:
                seen = Image.fromarray((255 * (1 - result["picture"])).astype(np.uint8))
                sheet.paste(seen.resize((56, 56), Image.Resampling.NEAREST), (x + side + 2, y))
            sign = "+" if result["accepted"] else "-"
            said = result["text"] if name == "sequences" else result["digit"]
            pen.text((x, y + side), f"{result['label']} > {said} {sign}", fill="red")
            short = result["file"].split("/")[-1]
            pen.text((x, y + side + 12), f"{short} {result.get('source', '')}", fill="black")
        sheet.save(options.sheet / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
