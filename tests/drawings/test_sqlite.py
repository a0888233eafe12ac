import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digitlab import DrawingsError
from digitlab.drawings.drawing import Guess
from digitlab.drawings.sqlite import SCHEMA_VERSION, DrawingsFile
from digitlab.drawings.store import Drawings

SIZE = (1000, 1000)
NOBODY = 65534


def path_of(number: int) -> list[list[tuple[float, float]]]:
    """A drawing that no other number has."""
    return [[(0, 0), (number % 1000, number // 1000), (1000, 1000)]]


def number_of(drawing) -> int:
    x, y = (round(xy) for xy in drawing.strokes[0][1])
    return x + 1000 * y


def is_whole(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


@pytest.fixture
def drawings(tmp_path) -> Drawings:
    return Drawings(tmp_path / "kept" / "drawings.sqlite3")


@pytest.fixture
def writers(drawings):
    """Start processes that add drawings and tell each one's number once it is kept."""
    program = textwrap.dedent("""
        import sys, time
        from digitlab.drawings import Drawings
        from tests.drawings.test_sqlite import SIZE, path_of
        path, first, last, rest = sys.argv[1], *map(int, sys.argv[2:])
        drawings = Drawings(path)
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(first, last):
            begun = time.monotonic()
            drawings.add(path_of(number), size=SIZE, label=number % 10)
            print(number, flush=True)
            time.sleep(rest * (time.monotonic() - begun))
    """)
    started = []

    def start(*spans: tuple[int, int], rest: int = 0) -> list[subprocess.Popen]:
        for span in spans:
            numbers = map(str, (*span, rest))
            command = [sys.executable, "-c", program, str(drawings.path), *numbers]
            started.append(
                subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
                )
            )
        for process in started:
            assert process.stdout.readline() == "ready\n"
        for process in started:  # all at once, also into the file that is not there yet
            process.stdin.write("go\n")
            process.stdin.flush()
        return started

    yield start
    for process in started:
        process.kill()
        process.communicate()


ROOT = Path(__file__).parents[2]


def test_many_processes_write_at_once_and_nothing_is_lost(drawings, writers):
    spans = [(20 * i, 20 * (i + 1)) for i in range(6)]
    for process in writers(*spans):
        told, _ = process.communicate()
        assert process.returncode == 0
        assert len(told.split()) == 20
    assert sorted(map(number_of, drawings)) == list(range(120))
    assert is_whole(drawings.path)


def test_killed_writers_lose_nothing_that_was_acknowledged(drawings, writers):
    # SQLite's lock isn't fair: of writers without end, one that never rests keeps the others out.
    processes = writers((0, 100_000), (100_000, 200_000), (200_000, 300_000), rest=1)
    told = []
    for process in processes:
        told += [int(process.stdout.readline()) for _ in range(5)]
    for process in processes:
        process.send_signal(signal.SIGKILL)
    for process in processes:
        told += map(int, process.stdout)
        assert process.wait() == -signal.SIGKILL
    kept = sorted(map(number_of, drawings))
    assert set(told) <= set(kept)
    # Each may have been killed after it wrote its last drawing and before it could tell.
    assert len(kept) <= len(told) + len(processes)
    assert is_whole(drawings.path)
    drawings.add(path_of(999_999), size=SIZE, label=1)
    assert len(drawings) == len(kept) + 1


def test_a_writer_killed_in_the_middle_leaves_the_file_as_it_was(drawings, tmp_path):
    drawings.add(path_of(7), size=SIZE, label=7)
    size = drawings.path.stat().st_size
    # More than SQLite may hold back in memory, so part of it is in the file when the kill comes.
    long_stroke = [xy for i in range(4000) for xy in (i % 1000, i // 4)]
    lines = (f'{{"label": 1, "strokes": [[{i}, 1000], {long_stroke}]}}\n' for i in range(15))
    (tmp_path / "many.jsonl").write_text("".join(lines))
    program = textwrap.dedent("""
        import os, signal, sqlite3, sys
        from digitlab.drawings import Drawings
        connect = sqlite3.connect
        def killed_before_commit(*arguments, **options):
            connection = connect(*arguments, **options)
            connection.execute("PRAGMA cache_size = 10")
            connection.set_trace_callback(
                lambda said: said == "COMMIT" and os.kill(os.getpid(), signal.SIGKILL)
            )
            return connection
        sqlite3.connect = killed_before_commit
        Drawings(sys.argv[1]).load(sys.argv[2])
    """)
    command = [sys.executable, "-c", program, drawings.path, tmp_path / "many.jsonl"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert drawings.path.stat().st_size > size, "the kill came before anything was written"
    assert [number_of(drawing) for drawing in drawings] == [7]
    assert is_whole(drawings.path)
    assert drawings.load(tmp_path / "many.jsonl") == 15


def test_nothing_is_created_by_reading(drawings):
    assert len(drawings) == 0
    assert list(drawings) == []
    assert drawings.remove(1) is False
    assert not drawings.path.parent.exists()


def test_nothing_but_the_file_is_left_beside_it(drawings):
    drawings.add(path_of(1), size=SIZE, label=1)
    assert list(drawings.path.parent.iterdir()) == [drawings.path]


def test_an_empty_file_is_begun(drawings):
    drawings.path.parent.mkdir()
    drawings.path.touch()
    assert len(drawings) == 0
    drawings.add(path_of(1), size=SIZE, label=1)
    assert len(drawings) == 1


@pytest.mark.parametrize("name", ["a b.sqlite3", "100%25.sqlite3", "what?mode=memory", "#1", "ü"])
def test_any_name_of_a_file_will_do(tmp_path, name):
    Drawings(tmp_path / name).add(path_of(1), size=SIZE, label=1)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert len(Drawings(tmp_path / name)) == 1


def uses(drawings: Drawings):
    yield lambda: len(drawings)
    yield lambda: list(drawings)
    yield lambda: drawings.pictures()
    yield lambda: drawings.remove(1)
    yield lambda: drawings.add(path_of(1), size=SIZE, label=1)


def assert_refused(drawings: Drawings, said: str):
    content = drawings.path.read_bytes()
    for use in uses(drawings):
        with pytest.raises(DrawingsError, match=said) as caught:
            use()
        assert str(drawings.path) in str(caught.value)
    assert drawings.path.read_bytes() == content


def test_a_file_that_is_no_sqlite_file_is_refused_and_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("Buy milk. " * 500)
    assert_refused(Drawings(tmp_path / "notes.txt"), "not a database.*some other file")


def test_another_programs_sqlite_file_is_refused_and_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "songs.db") as connection:
        connection.execute("CREATE TABLE drawings (id INTEGER PRIMARY KEY)")
    connection.close()
    assert_refused(Drawings(tmp_path / "songs.db"), "another program")


def test_a_file_of_a_newer_digitlab_is_refused_and_left_alone(drawings):
    drawings.add(path_of(1), size=SIZE, label=1)
    with sqlite3.connect(drawings.path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    assert_refused(drawings, "newer digitlab.*Upgrade")


def test_a_file_of_the_first_version_opens_whatever_the_order_of_its_columns(tmp_path):
    with sqlite3.connect(tmp_path / "old.sqlite3") as connection:
        connection.executescript("""
            PRAGMA application_id = 1684501612;
            PRAGMA user_version = 1;
            CREATE TABLE drawings (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                suspect INTEGER NOT NULL, writer TEXT NOT NULL, source TEXT NOT NULL,
                strokes TEXT NOT NULL, x REAL NOT NULL, y REAL NOT NULL, extent REAL NOT NULL,
                width REAL NOT NULL, height REAL NOT NULL,
                label INTEGER, digit INTEGER, confidence REAL, is_digit INTEGER, time TEXT,
                UNIQUE (strokes, x, y, extent, width, height)
            );
            INSERT INTO drawings VALUES (
                7, 1, 'ada', 'class', '[[0,0,0,1000]]', 60, 50, 190, 280, 300,
                4, 9, 0.25, 0, '2025-03-14T15:09:26+00:00'
            );
        """)
    connection.close()
    drawings = Drawings(tmp_path / "old.sqlite3")
    [kept] = drawings
    assert (kept.id, kept.label, kept.source, kept.writer, kept.suspect) == (
        7,
        4,
        "class",
        "ada",
        1,
    )
    assert (kept.strokes, kept.size) == ([[(60, 50), (60, 240)]], (280, 300))
    assert kept.prediction == Guess(9, 0.25, False)
    assert kept.time == datetime(2025, 3, 14, 15, 9, 26, tzinfo=UTC)
    assert drawings.add(kept.strokes, size=kept.size, label=1) == 7
    assert [(drawing.label, drawing.prediction) for drawing in drawings] == [(1, None)]


def test_a_damaged_file_is_an_error_that_says_so(drawings):
    drawings.add(path_of(1), size=SIZE, label=1)
    content = bytearray(drawings.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    drawings.path.write_bytes(content)
    with pytest.raises(DrawingsError, match="damaged: move it away"):
        list(drawings)


@pytest.fixture
def unprivileged():
    """A folder that may only be read, and nobody's rights where the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Drawings(folder / "there.sqlite3").add(path_of(5), size=SIZE, label=5)
        (folder / "there.sqlite3").chmod(0o444)
        folder.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


@pytest.mark.parametrize("name", ["new.sqlite3", "new/drawings.sqlite3"])
def test_a_folder_that_may_only_be_read_is_an_error_when_something_is_added(unprivileged, name):
    drawings = Drawings(unprivileged / name)
    assert len(drawings) == 0
    with pytest.raises(DrawingsError, match=r"cannot be written: .*DIGITLAB_DRAWINGS"):
        drawings.add(path_of(1), size=SIZE, label=1)


def test_a_file_that_may_only_be_read_can_be_read(unprivileged):
    drawings = Drawings(unprivileged / "there.sqlite3")
    assert [number_of(drawing) for drawing in drawings] == [5]
    with pytest.raises(DrawingsError, match=r"cannot be written: .*DIGITLAB_DRAWINGS"):
        drawings.add(path_of(1), size=SIZE, label=1)


def test_a_folder_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DrawingsError, match="cannot be written"):
        Drawings(tmp_path / "file" / "drawings.sqlite3").add(path_of(1), size=SIZE, label=1)


def test_a_file_that_others_keep_locked_is_an_error_after_a_while(drawings, monkeypatch):
    monkeypatch.setattr(DrawingsFile, "PATIENCE", 0.05)
    drawings.add(path_of(1), size=SIZE, label=1)
    other = sqlite3.connect(drawings.path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DrawingsError, match="Another program is writing"):
            drawings.add(path_of(2), size=SIZE, label=2)
        assert len(drawings) == 1  # reading does not wait for those who write
    finally:
        other.close()
    drawings.add(path_of(2), size=SIZE, label=2)
    assert len(drawings) == 2


def test_a_writer_waits_for_the_one_before_it(drawings, writers):
    drawings.add(path_of(500), size=SIZE, label=1)
    other = sqlite3.connect(drawings.path, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        (process,) = writers((0, 1))
        time.sleep(0.3)
        assert process.poll() is None
        assert len(other.execute("SELECT id FROM drawings").fetchall()) == 1
    finally:
        other.close()
    assert process.communicate()[0] == "0\n"
    assert len(drawings) == 2


@pytest.fixture
def full_disk(monkeypatch):
    """Let SQLite find no room for more than a few pages."""
    connect = sqlite3.connect

    def limited(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 6")
        return connection

    monkeypatch.setattr(sqlite3, "connect", limited)


def test_on_a_full_disk_nothing_is_kept_in_halves(drawings, full_disk):
    def fill() -> None:
        for number in range(1000):
            drawings.add(path_of(number), size=SIZE, label=1)
            added.append(number)

    added = []
    with pytest.raises(DrawingsError, match="disk is full: make room"):
        fill()
    assert sorted(map(number_of, drawings)) == added != []
    assert is_whole(drawings.path)
