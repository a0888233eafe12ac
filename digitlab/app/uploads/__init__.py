"""``POST /upload``: images that programs send, read in processes of their own."""
