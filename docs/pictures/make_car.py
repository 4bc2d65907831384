#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the car of docs/concepts.md, so that no photograph has to be part of the sources.

    docs/pictures/make_car.py car.ppm      (needs numpy)
"""
import sys

import numpy as np

from make_scene import noise

WIDTH, HEIGHT, SAMPLES = 480, 320, 4  # SAMPLES: points a pixel each way


def curve(*points):
    """A closed outline through the points, rounded by Catmull-Rom splines."""
    p = np.array(points, float)
    before, after, next_after = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = np.linspace(0, 1, 12, endpoint=False)[:, None, None]
    out = 0.5 * (2 * p + (after - before) * t + (2 * before - 5 * p + 4 * after - next_after) * t**2
                 + (3 * p - before - 3 * after + next_after) * t**3)
    return out.transpose(1, 0, 2).reshape(-1, 2)


def coverage(outline):
    """Share of each pixel inside the outline, by the even-odd rule."""
    y, x = [(np.arange(n * SAMPLES) + 0.5) / SAMPLES for n in (HEIGHT, WIDTH)]
    inside = np.zeros((len(y), len(x)), bool)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, 0)):
        rows = np.flatnonzero((y >= min(y0, y1)) & (y < max(y0, y1)))
        for row in rows:
            inside[row, : np.searchsorted(x, x0 + (y[row] - y0) / (y1 - y0) * (x1 - x0))] ^= True
    return inside.reshape(HEIGHT, SAMPLES, WIDTH, SAMPLES).mean((1, 3))[..., None]


def disc(x, y, across, down=None):
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    return np.stack([x + across * np.cos(angle), y + (down or across) * np.sin(angle)], 1)


def paint(picture, outline, colour, opacity=1.0):
    share = coverage(outline) * opacity
    picture[:] = picture * (1 - share) + np.asarray(colour, float) * share


def background():
    rows = np.arange(HEIGHT)[:, None, None] / HEIGHT
    picture = np.array([120, 168, 222]) * (1 - rows) + np.array([226, 232, 236]) * rows + np.zeros((1, WIDTH, 1))
    clouds = np.clip(noise(HEIGHT, WIDTH, 2) - 0.4, 0, 1)[..., None] * 0.6
    picture = picture * (1 - clouds) + 250 * clouds
    trees = 150 + 16 * noise(1, WIDTH, 4)[0][None, :, None]
    leaves = noise(HEIGHT, WIDTH, 16, 0.7)[..., None]
    y = np.arange(HEIGHT)[:, None, None]
    picture = np.where(y > trees, np.array([62, 88, 48]) * (1 + 0.16 * leaves), picture)
    kerb = 206
    picture = np.where(y > kerb, np.array([150, 148, 142]) + 3 * leaves, picture)
    grain = noise(HEIGHT, WIDTH, 20, 0.6)[..., None]
    road = np.array([92, 93, 96]) * (0.9 + 0.25 * (y - kerb) / (HEIGHT - kerb)) + 4 * grain
    return np.where(y > kerb + 8, road, picture)


def car(picture, left, ground, size, colour):
    """A saloon seen from the side, `size` pixels long, its wheels on the line `ground`."""
    def at(*points):
        return curve(*[(left + size * x, ground + size * y) for x, y in points])

    def round_at(x, y, radius, flat=1.0):
        return disc(left + size * x, ground + size * y, size * radius, size * radius * flat)

    dark, glass = np.array(colour) * 0.55, np.array([58, 72, 84])
    paint(picture, round_at(0.5, 0.005, 0.50, 0.07), (18, 18, 20), 0.75)
    paint(picture, at((0.02, -0.07), (0.01, -0.15), (0.05, -0.185), (0.22, -0.205), (0.34, -0.285), (0.45, -0.305),
                      (0.60, -0.30), (0.73, -0.25), (0.83, -0.20), (0.95, -0.18), (0.99, -0.12), (0.985, -0.06),
                      (0.90, -0.045), (0.50, -0.045), (0.10, -0.045)), colour)
    paint(picture, at((0.09, -0.075), (0.50, -0.078), (0.91, -0.075), (0.92, -0.048), (0.50, -0.044), (0.08, -0.048)), dark)
    paint(picture, at((0.04, -0.165), (0.30, -0.185), (0.60, -0.185), (0.96, -0.155), (0.60, -0.170), (0.30, -0.170)),
          np.minimum(np.array(colour) * 1.25 + 40, 255), 0.8)
    paint(picture, at((0.255, -0.205), (0.35, -0.268), (0.45, -0.285), (0.465, -0.283), (0.465, -0.205)), glass)
    paint(picture, at((0.485, -0.205), (0.485, -0.284), (0.59, -0.280), (0.70, -0.235), (0.735, -0.205)), glass)
    paint(picture, at((0.30, -0.215), (0.38, -0.268), (0.42, -0.275), (0.34, -0.215)), (150, 172, 190), 0.6)
    paint(picture, at((0.53, -0.215), (0.56, -0.275), (0.60, -0.268), (0.58, -0.215)), (150, 172, 190), 0.6)
    for x in (0.475, 0.735):
        paint(picture, at((x, -0.205), (x + 0.006, -0.20), (x + 0.004, -0.075), (x - 0.004, -0.075)), dark)
    for x in (0.50, 0.27):
        paint(picture, at((x, -0.172), (x + 0.04, -0.172), (x + 0.04, -0.163), (x, -0.163)), dark)
    paint(picture, at((0.93, -0.165), (0.97, -0.155), (0.985, -0.13), (0.94, -0.135)), (250, 246, 214))
    paint(picture, at((0.015, -0.160), (0.05, -0.165), (0.05, -0.13), (0.015, -0.13)), (150, 20, 20))
    for x in (0.20, 0.79):
        paint(picture, round_at(x, -0.062, 0.083), (20, 20, 22))
        paint(picture, round_at(x, -0.064, 0.066), (34, 34, 36))
        paint(picture, round_at(x, -0.064, 0.046), (176, 180, 186))
        for spoke in range(5):
            angle = spoke * 2 * np.pi / 5 + x
            paint(picture, round_at(x + 0.027 * np.cos(angle), -0.064 + 0.027 * np.sin(angle), 0.012), (70, 72, 76))
        paint(picture, round_at(x, -0.064, 0.011), (210, 212, 216))


def scene():
    picture = background()
    car(picture, 150, 262, 300, (186, 30, 36))
    return np.clip(picture, 0, 255).astype(np.uint8)


def main():
    with open(sys.argv[1], "wb") as file:
        file.write(b"P6 %d %d 255\n" % (WIDTH, HEIGHT))
        file.write(scene().tobytes())


if __name__ == "__main__":
    main()
