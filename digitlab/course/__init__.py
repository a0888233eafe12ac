"""What only the notebooks use: checked exercises, figures, and things to experiment on.

`exercises` has a module for each notebook, named after it; `figures` draws. The rest are the rival
that every network has to beat (`nearest_average`), digits put elsewhere (`placing`), and a hand
that writes where nobody has drawn yet (`calculator_hand`).

This room is the top of the upper floor: it may import everything below it, and nothing imports it.
"""
