"""What the browser gets: the page, made ready in advance, and its scripts in one bundle."""
