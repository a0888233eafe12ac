"""Augmentation: each digit is shown a little different each time, and stays the same digit.

All of it happens on whole batches of tensors, on the device that trains. What the network sees on
the pad has been through `digitlab.preprocess`, which scales and centres, so there is little use in
shifting digits about; what does vary between writers is slant, proportion, curve and pen. So a
digit is bent first, and then, where `Augmentation.recentre` says so, brought back to MNIST's
geometry: its longer side 20 pixels, its centre of mass on index 14.
"""

import functools
import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by

from digitlab.preprocess import BOX_SIZE, CENTRE, PICTURE_SIZE

__all__ = ["Augmentation"]

_MARGIN = 1.25  # how much larger than a picture a bent digit may be
_KNOTS = 5  # a side, of the smooth displacement
_INK = 0.25  # from here on a pixel counts for the box of a digit


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How far each picture is changed, each time it is shown.

    Attributes
    ----------
    shift : float
        Deviation of the shift to either side, in pixels.
    rotation : float
        Largest turn either way, in degrees.
    shear : float
        Largest slant either way: 0.2 moves the top of a digit by a fifth of its height.
    scale : float
        Largest change of width and of height, each for itself: 0.1 is 10 %.
    elastic : float
        Deviation of a smooth random displacement, in pixels (Simard et al. 2003).
    thickness : float
        Largest change of the strokes' thickness: 1 adds or takes away a whole pixel all round.
    recentre : bool
        Bring the bent digit back to MNIST's geometry, before it is shifted.
    contrast : float
        Largest gain of contrast around mid-grey: 1 doubles it. What was read off between pixels is
        blurred a little, more than any digit of MNIST is; this sharpens its edges again.
    untouched : float
        Share of the pictures that are left as they are: digits as sharp as those to be read.

    Examples
    --------
    >>> augmentation = Augmentation(rotation=10, recentre=True)
    >>> generator = torch.Generator().manual_seed(0)
    >>> augmentation(torch.rand(5, 28, 28), generator).shape
    torch.Size([5, 28, 28])
    """

    shift: float = 0.0
    rotation: float = 0.0
    shear: float = 0.0
    scale: float = 0.0
    elastic: float = 0.0
    thickness: float = 0.0
    recentre: bool = False
    contrast: float = 0.0
    untouched: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.thickness <= 1:
            raise ValueError(f"Thickness changes by 0 to 1 pixel, not {self.thickness}.")
        if not 0 <= self.untouched <= 1:
            raise ValueError(f"The share left untouched is from 0 to 1, not {self.untouched}.")

    def __call__(self, pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the pictures, changed at random.

        Parameters
        ----------
        pictures : torch.Tensor
            ``(n, 28, 28)``, in ``[0, 1]``, ink = 1.
        generator : torch.Generator
            On the pictures' device. It is asked for which to leave as they are, affine, elastic,
            shift, contrast, and thickness, in this order.

        Returns
        -------
        torch.Tensor
            ``(n, 28, 28)``, in ``[0, 1]``, ink = 1.
        """
        if self.untouched:
            drawn = torch.rand(len(pictures), generator=generator, device=pictures.device)
            chosen = drawn >= self.untouched
            changed = replace(self, untouched=0.0)(pictures[chosen], generator)
            return pictures.masked_scatter(chosen[:, None, None], changed)
        n = len(pictures)
        where = self._affine(n, generator)
        if self.elastic:
            where = where + self._elastic(n, generator)
        if self.recentre:
            # Seen from a little further away, so that what was bent out of the picture counts.
            where = where * _MARGIN
            where = _recentred(_sample(pictures, where), where)
        if self.shift:
            to_side = torch.randn(n, 1, 1, 2, generator=generator, device=pictures.device)
            where = where + to_side * (self.shift / (PICTURE_SIZE / 2))
        changed = _sample(pictures, where, mode="bicubic").clamp(0, 1)
        if self.contrast:
            steep = torch.rand(n, 1, 1, generator=generator, device=pictures.device)
            changed = ((changed - 0.5) * (1 + steep * self.contrast) + 0.5).clamp(0, 1)
        if self.thickness:
            changed = self._thickened(changed, generator)
        return changed

    def _affine(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Where each output pixel comes from: ``(n, 28, 28, 2)``, x and y from -1 to 1."""
        turn, slant, wide, high = _uniform(4, n, generator=generator)
        turn = turn * math.radians(self.rotation)
        cosine, sine, slant = turn.cos(), turn.sin(), slant * self.shear
        wide, high = 1 + wide * self.scale, 1 + high * self.scale
        to_x = wide * cosine, high * (slant * cosine - sine)
        to_y = wide * sine, high * (slant * sine + cosine)
        matrix = torch.stack([*to_x, *to_y], dim=1).view(n, 2, 2)
        return _mapped(matrix, matrix.new_zeros(n, 2))

    def _elastic(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """A smooth displacement of each pixel: noise on 5 x 5 knots, with splines in between."""
        knots = torch.randn(n, 2, _KNOTS**2, generator=generator, device=generator.device)
        smooth = (knots * (self.elastic / (PICTURE_SIZE / 2))) @ _between_knots(generator.device)
        return smooth.view(n, 2, PICTURE_SIZE, PICTURE_SIZE).permute(0, 2, 3, 1)

    def _thickened(self, pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Mix each picture with its dilation, or with its erosion."""
        amount = _uniform(len(pictures), 1, 1, generator=generator) * self.thickness
        # Eroding is dilating the paper: each picture is turned so that it has to be dilated.
        paper = torch.where(amount > 0, 0.0, 1.0)
        dilated = (_dilated((pictures - paper).abs()) - paper).abs()
        return torch.lerp(pictures, dilated, amount.abs())


def _uniform(*shape: int, generator: torch.Generator) -> torch.Tensor:
    """Random numbers from -1 to 1."""
    return torch.rand(shape, generator=generator, device=generator.device) * 2 - 1


def _dilated(pictures: torch.Tensor) -> torch.Tensor:
    """The largest of each pixel and its eight neighbours; faster than pooling with stride 1."""
    wide = F.pad(pictures, (1, 1, 1, 1))
    wide = torch.maximum(torch.maximum(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:])
    return torch.maximum(torch.maximum(wide[..., :-2], wide[..., 1:-1]), wide[..., 2:])


@functools.cache
def _between_knots(device: torch.device) -> torch.Tensor:
    """Bicubic interpolation from the knots to all pixels as one matrix ``(knots, pixels)``."""
    each = torch.eye(_KNOTS**2, device=device).view(-1, 1, _KNOTS, _KNOTS)
    return F.interpolate(each, size=PICTURE_SIZE, mode="bicubic").flatten(1)


def _mapped(matrix: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
    """Where each output pixel comes from, ``(n, 28, 28, 2)``: ``matrix`` (n, 2, 2) times its place.

    The same as `F.affine_grid`, which spends most of its time on one small product a picture.
    """
    at = (2 * torch.arange(PICTURE_SIZE, device=matrix.device) + 1) / PICTURE_SIZE - 1
    across = matrix[:, None, None, :, 0] * at[None, None, :, None]
    down = matrix[:, None, None, :, 1] * at[None, :, None, None] + offset[:, None, None]
    return across + down


def _sample(pictures: torch.Tensor, where: torch.Tensor, *, mode: str = "bilinear") -> torch.Tensor:
    """Read the pictures ``(n, 28, 28)`` off at other places, between pixels if need be."""
    return F.grid_sample(pictures[:, None], where, mode=mode, align_corners=False)[:, 0]


def _recentred(bent: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """Change ``where`` so that what now looks ``bent`` comes out in MNIST's geometry.

    The places are scaled and shifted, not the picture, which is so interpolated only once.
    """
    n, ink = len(bent), bent > _INK
    index = torch.arange(PICTURE_SIZE, device=bent.device, dtype=bent.dtype)
    longest, centres = bent.new_ones(n), []
    mass = bent.sum(dim=(1, 2)).clamp(min=1e-6)
    for axis in (1, 2):  # first down the columns: the extent in x; then in y
        occupied = ink.any(dim=axis)
        last = torch.where(occupied, index, -1).amax(dim=1)
        first = torch.where(occupied, index, PICTURE_SIZE).amin(dim=1)
        longest = torch.maximum(longest, last - first + 1)
        centres.append((bent.sum(dim=axis) * index).sum(dim=1) / mass)
    zoom = longest[:, None] / BOX_SIZE  # input pixels an output pixel
    # Pixel index i lies at (2 i + 1) / 28 - 1. The centre of mass must come from `centres` to 14.
    at = (2 * torch.stack(centres, dim=1) + 1) / PICTURE_SIZE - 1  # (n, 2)
    to = (2 * CENTRE + 1) / PICTURE_SIZE - 1
    grid = _mapped(torch.diag_embed(zoom.expand(n, 2)), at - zoom * to)
    places = where.permute(0, 3, 1, 2)  # two channels, x and y: a picture of places
    moved = F.grid_sample(places, grid, align_corners=False, padding_mode="border")
    return moved.permute(0, 2, 3, 1)
