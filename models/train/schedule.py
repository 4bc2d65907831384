# SPDX-License-Identifier: MIT
"""What the training does at which share of its budget. Progress runs from 0 to 1, whether the budget is a number of
epochs or minutes of wall clock: on a busy machine the schedule then still ends."""

import math

WARM_UP = 0.04
# (until this progress, picture side). Crops of 48 pixels show things at the scale that whole 64 pixel pictures have.
SIDES = ((0.15, 32), (0.40, 40), (0.85, 48), (1.0, 64))


def learning_rate(progress, peak):
    """Linear rise, then half a cosine down to nothing."""
    if progress < WARM_UP:
        return peak * (0.05 + 0.95 * progress / WARM_UP)
    return peak * (0.5 + 0.5 * math.cos(math.pi * min(1.0, (progress - WARM_UP) / (1 - WARM_UP)))) + 1e-5


def side(progress, final):
    """The side at this progress for a network meant for `final` pixels, in steps of 8."""
    for until, pixels in SIDES:
        if progress < until:
            return max(16, round(pixels * final / 64 / 8) * 8)
    return final


def strength(progress):
    """Augmentation starts mild, is full for most of the time and gets milder at the end."""
    if progress > 0.93:
        return 0.5
    return min(1.0, 0.5 + progress * 2)


def mix_share(progress):
    """How many batches are blended; none in the first and last tenth."""
    return 0.2 if 0.1 < progress < 0.9 else 0.0
