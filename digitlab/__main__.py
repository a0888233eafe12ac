"""``python -m digitlab`` is the same as ``digitlab``."""

from digitlab.cli import main

if __name__ == "__main__":
    main()
