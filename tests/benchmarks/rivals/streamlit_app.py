"""Streamlit with its drawable canvas in front of the same network."""

import streamlit
from PIL import Image
from reader import NOTHING, read
from streamlit_drawable_canvas import st_canvas

pad = st_canvas(
    stroke_width=18,
    stroke_color="#000000",
    width=280,
    height=280,
    background_color="",
    return_image_data=True,
)
drawn = pad.image_data
streamlit.write(NOTHING if drawn is None else read(Image.fromarray(drawn.astype("uint8"))))
