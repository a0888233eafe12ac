import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from digitlab.lab.augmentation import Augmentation
from digitlab.preprocess.strokes import picture_from_strokes
from tests.strokes import PAD, TEMPLATES

N = 200
PLUS = [[(140, 40), (140, 240)], [(40, 140), (240, 140)]]
BAR = [[(140, 40), (140, 240)]]
DIGITS = torch.stack(
    [torch.from_numpy(picture_from_strokes(TEMPLATES[d], size=PAD)) for d in TEMPLATES]
)

ONE_BY_ONE = [
    Augmentation(shift=1.5),
    Augmentation(rotation=20),
    Augmentation(shear=0.3),
    Augmentation(scale=0.2),
    Augmentation(elastic=1.0),
    Augmentation(thickness=1.0),
    Augmentation(recentre=True, rotation=20),
]
EVERYTHING = Augmentation(
    shift=1, rotation=15, shear=0.2, scale=0.15, elastic=1, thickness=0.5, recentre=True
)


def name(augmentation):
    return "+".join(key for key, value in dataclasses.asdict(augmentation).items() if value)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def many(strokes):
    return torch.from_numpy(picture_from_strokes(strokes, size=PAD)).expand(N, 28, 28)


def moments(pictures):
    """Mass, centre of mass and covariance of each picture, in pixels: x to the right, y down."""
    mass = pictures.sum(dim=(1, 2))
    index = torch.arange(28.0)
    x = (pictures.sum(dim=1) * index).sum(dim=1) / mass
    y = (pictures.sum(dim=2) * index).sum(dim=1) / mass
    dx, dy = index - x[:, None], index - y[:, None]
    xx = (pictures.sum(dim=1) * dx**2).sum(dim=1) / mass
    yy = (pictures.sum(dim=2) * dy**2).sum(dim=1) / mass
    xy = torch.einsum("nyx,ny,nx->n", pictures, dy, dx) / mass
    return mass, x, y, xx, yy, xy


def box_sides(pictures, *, ink=0.25):
    sides = []
    for axis in (1, 2):
        occupied = (pictures > ink).any(dim=axis).int()
        sides.append(28 - occupied.argmax(dim=1) - occupied.flip(1).argmax(dim=1))
    return torch.stack(sides)


def test_none_of_it_changes_nothing():
    pictures = torch.rand(50, 28, 28, generator=generator())
    torch.testing.assert_close(Augmentation()(pictures, generator()), pictures, atol=1e-5, rtol=0)


@pytest.mark.parametrize("augmentation", [*ONE_BY_ONE, EVERYTHING], ids=name)
def test_each_option_changes_pictures_and_keeps_what_a_picture_is(augmentation):
    pictures = DIGITS.repeat(5, 1, 1)
    before = pictures.clone()
    changed = augmentation(pictures, generator())
    assert changed.shape == pictures.shape
    assert changed.dtype == torch.float32
    assert changed.min() >= 0
    assert changed.max() <= 1 + 1e-6
    # Each of them, by itself, and not all alike.
    assert ((changed - pictures).abs().mean(dim=(1, 2)) > 1e-3).float().mean() > 0.9
    assert (changed[:10] - changed[10:20]).abs().mean() > 1e-3
    torch.testing.assert_close(pictures, before, atol=0, rtol=0)


@pytest.mark.parametrize("augmentation", [*ONE_BY_ONE, EVERYTHING], ids=name)
def test_the_generator_decides(augmentation):
    first, again = (augmentation(DIGITS, generator(1)) for _ in range(2))
    torch.testing.assert_close(first, again, atol=0, rtol=0)
    assert not torch.equal(augmentation(DIGITS, generator(2)), first)
    global_state = torch.random.get_rng_state()
    augmentation(DIGITS, generator(1))
    assert torch.equal(torch.random.get_rng_state(), global_state)


@settings(deadline=None, max_examples=40)
@given(
    st.builds(
        Augmentation,
        shift=st.floats(0, 5),
        rotation=st.floats(0, 180),
        shear=st.floats(0, 1),
        scale=st.floats(0, 0.5),
        elastic=st.floats(0, 5),
        thickness=st.floats(0, 1),
        recentre=st.booleans(),
        contrast=st.floats(0, 3),
        untouched=st.floats(0, 1),
    ),
    st.integers(0, 2**32 - 1),
)
def test_any_augmentation_of_anything_is_pictures(augmentation, seed):
    random = torch.rand(4, 28, 28, generator=generator(seed))
    odd = torch.stack([torch.zeros(28, 28), torch.ones(28, 28), torch.eye(28), DIGITS[1]])
    changed = augmentation(torch.cat([random, odd]), generator(seed))
    assert changed.shape == (8, 28, 28)
    assert changed.isfinite().all()
    assert changed.min() >= 0
    assert changed.max() <= 1 + 1e-6


# What each option does


def test_shift_moves_the_centre_and_nothing_else():
    still, moved = many(PLUS), Augmentation(shift=1.0)(many(PLUS), generator())
    mass, x, y, xx, yy, _ = moments(moved)
    expected = moments(still)
    for found, before in ((x, expected[1]), (y, expected[2])):
        assert (found - before).std() == pytest.approx(1.0, rel=0.2)
        assert (found - before).mean() == pytest.approx(0, abs=0.25)
    assert (x - expected[1]).abs().max() > 1.5
    torch.testing.assert_close(mass, expected[0], rtol=0.03, atol=0)
    torch.testing.assert_close(xx, expected[3], rtol=0.05, atol=0)
    torch.testing.assert_close(yy, expected[4], rtol=0.05, atol=0)


def slants(pictures):
    """Direction of a bar's longer axis, in degrees from upright."""
    *_, xx, yy, xy = moments(pictures)
    return torch.rad2deg(0.5 * torch.atan2(2 * xy, yy - xx))


def test_rotation_turns_by_up_to_so_many_degrees():
    turned = Augmentation(rotation=20)(many(BAR), generator())
    found = slants(turned)
    assert found.abs().max() == pytest.approx(20, abs=1.5)
    assert found.mean() == pytest.approx(0, abs=3)
    assert found.std() == pytest.approx(20 / 3**0.5, rel=0.15)  # evenly spread
    mass, *_ = moments(turned)
    torch.testing.assert_close(mass, moments(many(BAR))[0], rtol=0.03, atol=0)


def test_shear_slants_upright_lines_and_leaves_level_ones():
    upright = Augmentation(shear=0.3)(many(BAR), generator())
    tangent = torch.tan(torch.deg2rad(slants(upright)))
    assert tangent.abs().max() == pytest.approx(0.3, abs=0.04)
    level = Augmentation(shear=0.3)(many([[(y, x) for x, y in BAR[0]]]), generator())
    _, _, _, xx, _, xy = moments(level)
    assert (xy / xx).abs().max() < 0.02


def test_scale_changes_width_and_height_each_for_itself():
    scaled = Augmentation(scale=0.2)(many(PLUS), generator())
    *_, xx, yy, _ = moments(scaled)
    *_, xx_before, yy_before, _ = moments(many(PLUS))
    wide, high = (xx / xx_before).sqrt(), (yy / yy_before).sqrt()
    for factor in (wide, high):
        assert factor.max() == pytest.approx(1 / 0.8, abs=0.06)
        assert factor.min() == pytest.approx(1 / 1.2, abs=0.06)
    assert torch.corrcoef(torch.stack([wide, high]))[0, 1].abs() < 0.2


def test_elastic_bends_straight_lines():
    def curvature(pictures):
        """How far the middle of an upright bar lies from the line between its ends."""
        index = torch.arange(28.0)

        def x_at(rows):
            part = pictures[:, rows].sum(dim=1)
            return (part * index).sum(dim=1) / part.sum(dim=1)

        return x_at(slice(13, 15)) - (x_at(slice(5, 8)) + x_at(slice(20, 23))) / 2

    assert curvature(many(BAR)).abs().max() < 0.05
    assert curvature(Augmentation(rotation=5)(many(BAR), generator())).abs().max() < 0.2
    assert curvature(Augmentation(elastic=1.0)(many(BAR), generator())).std() > 0.5


def test_thickness_adds_ink_or_takes_it_away_all_round():
    changed = Augmentation(thickness=1.0)(many(BAR), generator())
    mass, x, y, *_ = moments(changed)
    before, x_before, y_before, *_ = moments(many(BAR))
    assert mass.max() > 1.4 * before[0]
    assert mass.min() < 0.7 * before[0]
    torch.testing.assert_close(x, x_before, atol=0.2, rtol=0)
    torch.testing.assert_close(y, y_before, atol=0.2, rtol=0)
    thicker = changed[mass > before]
    assert (thicker >= many(BAR)[: len(thicker)] - 1e-6).all()


@pytest.mark.parametrize("thickness", [-0.1, 1.5])
def test_a_thickness_that_would_leave_the_range_is_refused(thickness):
    with pytest.raises(ValueError, match="hickness"):
        Augmentation(thickness=thickness)


@pytest.mark.parametrize("digit", TEMPLATES)
@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(Augmentation(), id="none"),
        pytest.param(Augmentation(rotation=10, shear=0.1), id="mild"),
        pytest.param(Augmentation(rotation=12, shear=0.2, scale=0.15, elastic=0.7), id="strong"),
    ],
)
def test_recentre_brings_any_bend_back_to_the_geometry_of_mnist(digit, bend):
    bent = dataclasses.replace(bend, recentre=True)(DIGITS[digit].expand(N, 28, 28), generator())
    _, x, y, *_ = moments(bent)
    for centre in (x, y):
        assert centre.mean() == pytest.approx(14, abs=0.25)
        assert (centre - 14).abs().max() < 1
    longest = box_sides(bent).amax(dim=0)
    assert ((longest - 20).abs() <= 1).float().mean() > 0.95


def test_without_recentre_a_bend_leaves_the_geometry_of_mnist():
    bent = Augmentation(scale=0.2, shift=1)(DIGITS.repeat(20, 1, 1), generator())
    _, x, y, *_ = moments(bent)
    assert ((x - 14).abs().maximum((y - 14).abs()) > 1).float().mean() > 0.3
    assert ((box_sides(bent).amax(dim=0) - 20).abs() > 1).float().mean() > 0.3


def test_a_shift_survives_the_recentring():
    shifted = Augmentation(recentre=True, shift=1.0)(DIGITS[3].expand(N, 28, 28), generator())
    _, x, y, *_ = moments(shifted)
    for centre in (x, y):
        assert centre.std() == pytest.approx(1, abs=0.15)


def test_contrast_makes_grey_edges_steeper_and_leaves_mid_grey_where_it_is():
    pictures = torch.tensor([0.0, 0.3, 0.5, 0.7, 1.0]).repeat(28 * 28 * 20).view(100, 28, 28)
    changed = Augmentation(contrast=1.0)(pictures, generator())
    moved = changed - pictures
    assert (moved[pictures == 0.3] < 0).all()
    assert (moved[pictures == 0.7] > 0).all()
    assert moved[pictures == 0.5].abs().max() < 1e-4
    assert changed[pictures == 0.7].max() == pytest.approx(0.9, abs=0.03)


def test_some_are_left_untouched_if_it_says_so():
    pictures = DIGITS.repeat(100, 1, 1)
    changed = Augmentation(rotation=20, untouched=0.25)(pictures, generator())
    spared = (changed == pictures).all(dim=2).all(dim=1).float().mean()
    assert 0.2 < spared < 0.3


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        Augmentation(untouched=share)
