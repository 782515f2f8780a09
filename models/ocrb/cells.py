"""From a line picture to the features of its cells. `src/recognise/ocrb` does the same: change both or none.

Every line is brought to one size: a pitch of `PITCH` pixels, capitals of `CAPITAL` pixels, `ABOVE` pixels of white
above and below. A window of 20 x 28 pixels round the middle of a cell then gives 420 numbers: 8 directions of
gradient in 5 x 7 squares of 4 pixels, and the ink of 10 x 14 squares of 2 pixels.
"""
import numpy

PITCH, CAPITAL, ABOVE = 16, 20, 4
ROWS = CAPITAL + 2 * ABOVE
WINDOW = 20
DIRECTIONS = 8
FEATURES = DIRECTIONS * 5 * 7 + 10 * 14


def ink(grey):
    """Grey picture -> ink from 0 to 1, against the paper and the black of three squares of its height."""
    h, w = grey.shape
    side = max(h, 8)
    centres, papers, blacks = [], [], []
    for start in range(0, w, side):
        part = grey[:, max(0, start - side) : min(w, start + 2 * side)]
        counts = numpy.bincount(part.ravel(), minlength=256).cumsum()
        papers.append(int(numpy.searchsorted(counts, counts[-1] * 85 // 100, side="right")))
        blacks.append(int(numpy.searchsorted(counts, counts[-1] * 3 // 100, side="right")))
        centres.append(start + side / 2)
    papers, blacks = numpy.array(papers, float), numpy.array(blacks, float)
    contrasts = papers - blacks
    contrasts = numpy.maximum(contrasts, max(contrasts.max() / 2, 8))
    x = numpy.arange(w) + 0.5
    paper, contrast = numpy.interp(x, centres, papers), numpy.interp(x, centres, contrasts)
    return numpy.clip(((paper - grey) / contrast - 0.1) / 0.75, 0, 1)


def reduced(values, factor):
    """Every square of `factor` pixels averaged; what is left at the right and below is dropped."""
    if factor <= 1:
        return values
    h, w = values.shape[0] // factor * factor, values.shape[1] // factor * factor
    return values[:h, :w].reshape(h // factor, factor, w // factor, factor).mean((1, 3))


def sampled(values, x, y):
    """Values between the pixels, whose middles are at halves; white outside."""
    x, y = x - 0.5, y - 0.5
    x0, y0 = numpy.floor(x).astype(int), numpy.floor(y).astype(int)
    fx, fy = x - x0, y - y0
    padded = numpy.pad(values, 1)
    h, w = padded.shape
    at = lambda dx, dy: padded[numpy.clip(y0 + 1 + dy, 0, h - 1), numpy.clip(x0 + 1 + dx, 0, w - 1)]
    return (at(0, 0) * (1 - fx) + at(1, 0) * fx) * (1 - fy) + (at(0, 1) * (1 - fx) + at(1, 1) * fx) * fy


def windows(strip, starts):
    """Features of the windows of a strip of `ROWS` rows that start at these columns: (count, FEATURES)."""
    padded = numpy.pad(strip, 1, mode="edge")
    gx = padded[1:-1, 2:] - padded[1:-1, :-2]
    gy = padded[2:, 1:-1] - padded[:-2, 1:-1]
    size = numpy.sqrt(gx * gx + gy * gy)
    turn = numpy.arctan2(gy, gx) / (2 * numpy.pi) * DIRECTIONS % DIRECTIONS
    low = numpy.minimum(turn.astype(int), DIRECTIONS - 1)
    share = turn - low
    planes = numpy.zeros((DIRECTIONS, *strip.shape))
    rows, columns = numpy.indices(strip.shape)
    planes[low, rows, columns] += size * (1 - share)
    planes[(low + 1) % DIRECTIONS, rows, columns] += size * share
    across = lambda v, n: numpy.stack([numpy.concatenate([v[..., i:], numpy.zeros((*v.shape[:-1], i))], -1) for i in range(n)]).sum(0)
    squares = across(planes.reshape(DIRECTIONS, 7, 4, -1).sum(2), 4)
    inks = across(strip.reshape(14, 2, -1).mean(1), 2) / 2
    starts = numpy.asarray(starts)
    gradient = squares[:, :, starts[:, None] + numpy.arange(0, WINDOW, 4)]  # direction, row, window, column
    gradient = gradient.transpose(2, 0, 1, 3).reshape(len(starts), -1)
    gradient = numpy.sqrt(gradient / (gradient.mean(1, keepdims=True) + 0.05))
    dark = inks[:, starts[:, None] + numpy.arange(0, WINDOW, 2)].transpose(1, 0, 2).reshape(len(starts), -1)
    return numpy.concatenate([gradient, 2 * dark], 1).astype(numpy.float32)
