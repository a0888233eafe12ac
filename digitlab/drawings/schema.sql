-- The table of corrected drawings. An id is never given twice (AUTOINCREMENT): to remove a drawing
-- again cannot hit another one. `sqlite.py` knows the columns by their names.
CREATE TABLE drawings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,

    -- By these a drawing is known, so that each has one label, however often it comes.
    strokes TEXT NOT NULL,
    x REAL NOT NULL,
    y REAL NOT NULL,
    extent REAL NOT NULL,
    width REAL NOT NULL,
    height REAL NOT NULL,

    -- What was said of it, by a person and by a network.
    label INTEGER,
    digit INTEGER,
    confidence REAL,
    is_digit INTEGER,
    time TEXT,
    source TEXT NOT NULL,
    writer TEXT NOT NULL,
    suspect INTEGER NOT NULL,

    UNIQUE (strokes, x, y, extent, width, height)
)
