#!/usr/bin/python3
"""Trains the reader of machine-readable zones and writes `ocrb.model`. Needs python3-numpy, python3-pil, fonts-ocr-b.

    OPENBLAS_NUM_THREADS=1 nice /usr/bin/python3 models/ocrb/train.py

The same seed gives the same lines. Format of the model, little endian: `OCRB`, version (u8), inputs (u16), hidden
(u16), classes (u16), temperature (f32); then for each of the two layers its outputs' scales (f32), its weights (i8,
output by output) and its biases (f32). Classes: the alphabet of `lines.py`, then one for windows beside a cell.
"""
import argparse
import pathlib
import struct
import time

import numpy

import cells
import lines

HERE = pathlib.Path(__file__).parent
HIDDEN, CLASSES = 128, len(lines.ALPHABET) + 1
BESIDE = CLASSES - 1


def examples(rng, faces):
    """Features and classes of one drawn line, seen twice with different errors of its grid."""
    line, grey, matrix, (pitch, left, top) = lines.scene(rng, faces)
    middle = matrix @ [left + pitch * len(line) / 2, top + lines.CAPITAL / 2, 1]
    capital = (matrix @ [left, top + lines.CAPITAL, 1] - matrix @ [left, top, 1])[1]
    high, low = rng.uniform(0.6, 1.3, 2) * capital
    first = max(0, int(middle[1] / middle[2] - high))
    grey = grey[first : max(first + 4, int(middle[1] / middle[2] + low))]
    factor = max(1, int(capital / 22))
    ink = cells.reduced(cells.ink(grey), factor)
    found, classes = [], []
    for _ in range(2):
        wider, higher = 1 + rng.normal(0, 0.03), 1 + rng.normal(0, 0.05)
        lower, lean, shift = rng.normal(0, 0.05) * lines.CAPITAL, rng.normal(0, 0.002), rng.normal(0, 0.04)
        width = cells.PITCH * (len(line) + 4)
        x, y = numpy.meshgrid(numpy.arange(width) + 0.5, numpy.arange(cells.ROWS) + 0.5)
        # A wider cell is a wrong pitch, but its middle stays: the fit of the grid is good to a tenth of a cell.
        cell = numpy.floor(x / cells.PITCH)
        place = cell + 0.5 + (x / cells.PITCH - cell - 0.5) * wider + shift - 2
        row = (y - cells.ABOVE - cells.CAPITAL / 2) / cells.CAPITAL * higher + 0.5
        points = numpy.stack([left + pitch * place, top + lines.CAPITAL * row + lower + lean * (x - width / 2), numpy.ones_like(x)])
        u, v, d = numpy.tensordot(matrix, points, 1)
        strip = cells.sampled(ink, u / d / factor, (v / d - first) / factor)
        middles = cells.PITCH * (numpy.arange(len(line)) + 2) + cells.PITCH // 2
        middles = middles + numpy.clip(numpy.round(rng.normal(0, 0.9, len(line))), -2, 2).astype(int)
        found.append(cells.windows(strip, middles - cells.WINDOW // 2))
        classes += [lines.ALPHABET.index(c) for c in line]
        # Between two characters, and on the paper before and after the line, with what is printed and soiled there.
        beside = cells.PITCH * (rng.choice(len(line) - 2, 4, replace=False) + 3)
        beside = numpy.append(beside, [14, 22, width - 22, width - 14]) + rng.integers(-2, 3, 8)
        found.append(cells.windows(strip, beside - cells.WINDOW // 2))
        classes += [BESIDE] * 8
    found.append(cells.windows(numpy.pad(strip, ((0, 0), (40, 40)))[:, : 48], [4, 12, 16]))
    classes += [BESIDE] * 3
    return numpy.concatenate(found), numpy.array(classes)


def drawn(rng, faces, count):
    both = [examples(rng, faces) for _ in range(count)]
    return numpy.concatenate([b[0] for b in both]).astype(numpy.float16), numpy.concatenate([b[1] for b in both])


def log_softmax(values):
    values = values - values.max(1, keepdims=True)
    return values - numpy.log(numpy.exp(values).sum(1, keepdims=True))


class Net:
    """One hidden layer of rectified units, learnt with Adam."""

    def __init__(self, rng):
        f = numpy.float32
        self.parts = [
            rng.normal(0, (2 / cells.FEATURES) ** 0.5, (cells.FEATURES, HIDDEN)).astype(f),
            numpy.zeros(HIDDEN, f),
            rng.normal(0, (1 / HIDDEN) ** 0.5, (HIDDEN, CLASSES)).astype(f),
            numpy.zeros(CLASSES, f),
        ]
        self.means = [numpy.zeros_like(p) for p in self.parts]
        self.squares = [numpy.zeros_like(p) for p in self.parts]
        self.steps = 0

    def logits(self, features):
        w, b, v, c = self.parts
        return numpy.maximum(features.astype(numpy.float32) @ w + b, 0) @ v + c

    def learn(self, features, classes, rate):
        w, b, v, c = self.parts
        features = features.astype(numpy.float32)
        hidden = numpy.maximum(features @ w + b, 0)
        error = numpy.exp(log_softmax(hidden @ v + c))
        error[numpy.arange(len(classes)), classes] -= 1
        error /= len(classes)
        back = (error @ v.T) * (hidden > 0)
        slopes = [features.T @ back + 2e-5 * w, back.sum(0), hidden.T @ error + 2e-5 * v, error.sum(0)]
        self.steps += 1
        for part, slope, mean, square in zip(self.parts, slopes, self.means, self.squares):
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope * slope - square)
            part -= rate * (mean / (1 - 0.9**self.steps)) / (numpy.sqrt(square / (1 - 0.999**self.steps)) + 1e-8)


def quantised(weights):
    """(scales, i8) output by output."""
    by_output = weights.T
    scales = numpy.abs(by_output).max(1) / 127 + 1e-12
    return scales.astype("<f4"), numpy.round(by_output / scales[:, None]).astype(numpy.int8)


def temperature(logits, classes):
    """The divisor that makes the probabilities of held-out cells honest."""
    tried = numpy.arange(0.6, 2.5, 0.05)
    costs = [-log_softmax(logits / t)[numpy.arange(len(classes)), classes].mean() for t in tried]
    return float(tried[int(numpy.argmin(costs))])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--lines", type=int, default=5000)
    options.add_argument("--epochs", type=int, default=8)
    options.add_argument("--seed", type=int, default=9303)
    options.add_argument("--out", default=HERE / "ocrb.model")
    options = options.parse_args()
    start = time.monotonic()
    rng = numpy.random.default_rng(options.seed)
    faces = lines.fonts()
    features, classes = drawn(rng, faces, options.lines)
    held, held_classes = drawn(rng, faces, max(20, options.lines // 12))
    print(f"{len(classes)} cells drawn in {time.monotonic() - start:.0f} s", flush=True)
    net, batch = Net(rng), 256
    total = options.epochs * (len(classes) // batch)
    for epoch in range(options.epochs):
        order = rng.permutation(len(classes))
        for i in range(len(classes) // batch):
            some = order[i * batch : (i + 1) * batch]
            net.learn(features[some], classes[some], 0.003 * (1 - net.steps / total) + 1e-5)
        right = net.logits(held).argmax(1) == held_classes
        print(f"epoch {epoch + 1}: {100 * right.mean():.2f} % of held-out cells, {time.monotonic() - start:.0f} s", flush=True)
    (s1, w1), (s2, w2) = quantised(net.parts[0]), quantised(net.parts[2])
    net.parts[0], net.parts[2] = (w1 * s1[:, None]).T, (w2 * s2[:, None]).T
    logits = net.logits(held)
    warm = temperature(logits, held_classes)
    print(f"{100 * (logits.argmax(1) == held_classes).mean():.2f} % after rounding, temperature {warm:.2f}")
    with open(options.out, "wb") as file:
        file.write(b"OCRB" + struct.pack("<BHHHf", 1, cells.FEATURES, HIDDEN, CLASSES, warm))
        for scales, weights, biases in ((s1, w1, net.parts[1]), (s2, w2, net.parts[3])):
            file.write(scales.tobytes() + weights.tobytes() + biases.astype("<f4").tobytes())


if __name__ == "__main__":
    main()
