"""Gradio's sketchpad in front of the same network: what its guide for sketch recognition builds."""

import sys

import gradio
from reader import NOTHING, read


def answer(sketch: dict | None) -> str:
    """Read the composite of what was drawn."""
    return NOTHING if sketch is None else read(sketch["composite"])


with gradio.Blocks(analytics_enabled=False) as page:
    pad = gradio.Sketchpad(elem_id="pad", canvas_size=(280, 280), image_mode="RGBA", type="pil")
    result = gradio.Textbox(NOTHING, label="Result", elem_id="result")
    pad.change(answer, pad, result, show_progress="hidden")

page.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), share=False)
