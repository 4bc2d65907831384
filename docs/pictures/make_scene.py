#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the landscape of the README's picture, so that no photograph has to be part of the sources.

    docs/pictures/make_scene.py scene.ppm      (needs numpy)

The labels on it come from cnnclassify and cnnoverlay:

    gst-launch-1.0 filesrc location=scene.ppm ! pnmdec ! videoconvert ! cnnclassify ! cnnoverlay top-k=3 ! \\
        videoconvert ! pngenc ! filesink location=docs/pictures/labelled.png
"""
import sys

import numpy as np

WIDTH, HEIGHT = 768, 432
random = np.random.default_rng(11)


def fractal(width, roughness, octaves=9):
    """A ridge line: sum of ever finer and lower random polygons."""
    line = np.zeros(width)
    for octave in range(octaves):
        knots = 2 ** (octave + 1) + 1
        line += np.interp(np.linspace(0, knots - 1, width), np.arange(knots), random.normal(size=knots)) * roughness**octave
    return line


def noise(height, width, cells, roughness=0.6, octaves=6):
    total = np.zeros((height, width))
    for octave in range(octaves):
        rows, columns = cells * 2**octave + 2, 2 * cells * 2**octave + 2
        grid = random.normal(size=(rows, columns))
        y, x = np.linspace(0, rows - 1.001, height), np.linspace(0, columns - 1.001, width)
        y0, x0 = y.astype(int), x.astype(int)
        fy, fx = (y - y0)[:, None], (x - x0)[None, :]
        top = grid[y0][:, x0] * (1 - fx) + grid[y0][:, x0 + 1] * fx
        bottom = grid[y0 + 1][:, x0] * (1 - fx) + grid[y0 + 1][:, x0 + 1] * fx
        total += (top * (1 - fy) + bottom * fy) * roughness**octave
    return total


def scene():
    rows = np.arange(HEIGHT)[:, None]
    depth = rows / HEIGHT
    sky = np.array([86, 140, 206]) * (1 - depth[..., None]) + np.array([206, 222, 236]) * depth[..., None]
    picture = np.broadcast_to(sky, (HEIGHT, WIDTH, 3)).copy()
    clouds = np.clip(noise(HEIGHT, WIDTH, 2) - 0.7 + depth * 0.4, 0, 1)[..., None] * 0.7
    picture = picture * (1 - clouds) + 248 * clouds
    haze = np.array([176, 196, 216])
    for base, height, rock, near in ((190, 74, (104, 112, 128), 0.45), (262, 62, (82, 86, 92), 0.75), (352, 30, (52, 72, 46), 1)):
        ridge = base - height * fractal(WIDTH, 0.52)[None, :]
        inside = rows >= ridge
        texture = noise(HEIGHT, WIDTH, 10, 0.75)
        slope = np.gradient(np.broadcast_to(ridge, (HEIGHT, WIDTH)) + 9 * texture, axis=1)
        light = np.clip(1 + 0.30 * slope + 0.10 * texture, 0.35, 1.7)[..., None]
        stone = np.array(rock) * light
        if near < 1:
            snow_line = ridge + 46 + 22 * texture
            snow = np.clip((snow_line - rows) / 16, 0, 1)[..., None] * np.clip(light - 0.25, 0, 1)
            stone = stone * (1 - snow) + np.array([238, 242, 250]) * snow
        stone = stone * near + haze * (1 - near)
        picture = np.where(inside[..., None], stone, picture)
    return np.clip(picture + random.normal(scale=2, size=picture.shape), 0, 255).astype(np.uint8)


def main():
    with open(sys.argv[1], "wb") as file:
        file.write(b"P6 %d %d 255\n" % (WIDTH, HEIGHT))
        file.write(scene().tobytes())


if __name__ == "__main__":
    main()
