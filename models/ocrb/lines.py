"""Draws lines of machine-readable zones as scans show them: the training data of `train.py`.

Characters come from the OCR-B fonts of the Debian package `fonts-ocr-b`. A line is drawn large, deformed as
printers, copiers, cameras and scanners do, and comes with the geometry that tells where its cells are.
"""
import io

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
FOLDER = "/usr/share/fonts/opentype/ocr-b/"
FACES = ("OCRB.otf", "OCRBS.otf", "OCRBL.otf")
# Pixels from the top to the base of a capital in the large drawing.
CAPITAL = 60
SYLLABLES = "AN BE CHA DI EL FOU GA HO IN JA KA LE MA NO OU PI QUE RO SA TRA UL VE WA XI YO ZA MO NGO LY THI EN AR".split()
STATES = "FRA DZA MAR TUN SEN MLI CIV CMR COD CHN IND BRA USA GBR TUR UKR RUS PHL LKA BGD UTO D<< ARM GEO COM MDG".split()


def fonts():
    """Face -> (font, top of `H`, base of `H`) at the size that gives capitals of `CAPITAL` pixels."""
    found = []
    for face in FACES:
        probe = ImageFont.truetype(FOLDER + face, 1000)
        top, base = ink_rows(probe, "H")
        font = ImageFont.truetype(FOLDER + face, round(1000 * CAPITAL / (base - top)))
        found.append((font, *ink_rows(font, "H")))
    return found


def ink_rows(font, text):
    picture = Image.new("L", (2 * font.size, 2 * font.size))
    ImageDraw.Draw(picture).text((0, 0), text, font=font, fill=255)
    _, top, _, base = picture.getbbox()
    return top, base


def text(rng):
    """One line: half of them like real ones, half of any characters so that every class is seen as often."""
    length = int(rng.choice([30, 36, 44]))
    pick = lambda letters, count: "".join(rng.choice(list(letters), count))
    if rng.random() < 0.5:
        weights = numpy.ones(len(ALPHABET))
        weights[-1] = 3
        return "".join(rng.choice(list(ALPHABET), length, p=weights / weights.sum()))
    if rng.random() < 0.5:
        word = lambda: "".join(rng.choice(SYLLABLES, rng.integers(1, 4)))
        line = rng.choice(["P<", "I<", "ID", "IR", "V<", "AR"]) + rng.choice(STATES) + word() + "<<" + word() + "<" + word()
    else:
        line = pick(ALPHABET[:36], 2) + pick("0123456789", 8) + rng.choice(STATES) + pick("0123456789", 7)
        line += rng.choice(list("MF<")) + pick("0123456789", 7) + pick(ALPHABET, int(rng.integers(0, 8)))
    end = pick("0123456789", 2) if rng.random() < 0.5 else ""
    return line[: length - len(end)].ljust(length - len(end), "<") + end


def large(rng, line, faces):
    """The line as ink from 0 to 1, with its pitch, the left edge of its first cell and the top of its capitals."""
    font, top, base = faces[int(rng.choice([0, 1, 2], p=[0.5, 0.45, 0.05]))]
    narrow = rng.uniform(0.75, 1.3)
    advance = font.getlength("0")
    # OCR-B leaves a third of its pitch white; reprints and other cuts set it closer or wider.
    pitch = advance * narrow * rng.choice([1.0, rng.uniform(0.9, 1.45)])
    margin = 2 * CAPITAL
    size = (int(pitch * len(line) + 2 * margin), 3 * CAPITAL)
    picture = Image.new("L", size, 0)
    heavier = int(rng.choice([0, 0, 0, 1, 2, 3, 4]))
    shaky = rng.choice([0, 0.5, 1.5])
    glyph_size = (int(advance * 1.4), int(CAPITAL * 1.7))
    for i, sign in enumerate(line):
        glyph = Image.new("L", glyph_size, 0)
        ImageDraw.Draw(glyph).text((advance * 0.2, CAPITAL * 0.35 - top), sign, font=font, fill=255, stroke_width=heavier)
        glyph = glyph.resize((max(1, int(glyph_size[0] * narrow)), glyph_size[1]), Image.BILINEAR)
        centre = margin + (i + 0.5) * pitch + rng.normal(0, shaky)
        at = (int(round(centre - glyph.width / 2)), int(round(CAPITAL * 0.65 + rng.normal(0, shaky))))
        picture.paste(255, at, glyph)
    weight = int(rng.choice([0, 0, 0, 1, 2, 2, 3, -1, -2]))
    # A filter of 3 three times is one of 7, in a third of the time.
    for _ in range(weight):
        picture = picture.filter(ImageFilter.MaxFilter(3))
    for _ in range(-weight if heavier == 0 else 0):
        picture = picture.filter(ImageFilter.MinFilter(3))
    slant = rng.normal(0, 0.04)  # cameras and feeders, not the oblique face
    middle = CAPITAL * 1.5
    picture = picture.transform(picture.size, Image.AFFINE, (1, slant, -slant * middle, 0, 1, 0), Image.BILINEAR)
    return picture, pitch, margin, CAPITAL


def homography(source, target):
    """The 3 x 3 matrix that takes four source points to four target points."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return numpy.append(numpy.linalg.solve(numpy.array(rows, float), numpy.array(right, float)), 1).reshape(3, 3)


def scene(rng, faces):
    """(line, grey picture with dark ink, matrix from the large drawing to its pixels, (pitch, left, top))."""
    line = text(rng)
    picture, pitch, left, top = large(rng, line, faces)
    # From 100 to 500 dpi; the copier or the camera may have seen fewer pixels than the scan has.
    capital = float(numpy.exp(rng.uniform(numpy.log(8.5), numpy.log(44))))
    scale = capital / CAPITAL
    w, h = picture.width, picture.height
    lean, keystone = rng.normal(0, 0.006), rng.normal(0, 0.04) * (rng.random() < 0.4)
    corners = []
    for x, y in ((0, 0), (w, 0), (w, h), (0, h)):
        grown = 1 + keystone * (x / w - 0.5)
        corners.append((x * scale * (1 + keystone * (x / w - 1) / 2), ((y - h / 2) * grown + h / 2 + (x - w / 2) * lean) * scale))
    matrix = homography(((0, 0), (w, 0), (w, h), (0, h)), corners)
    twice = min(1.0, 2 * scale)
    small = picture.resize((max(1, round(w * twice)), max(1, round(h * twice))), Image.BOX)
    size = (int(max(c[0] for c in corners)) + 1, int(h * scale) + 1)
    back = numpy.linalg.inv(matrix)
    shrink = numpy.diag([small.width / w, small.height / h, 1]) @ back
    shrink /= shrink[2, 2]
    ink = small.transform(size, Image.PERSPECTIVE, shrink.ravel()[:8], Image.BILINEAR)
    grey, grown = degrade(rng, numpy.asarray(ink, float) / 255, capital)
    return line, grey, numpy.diag([grown, grown, 1]) @ matrix, (pitch, left, top)


def blur(values, radius):
    picture = Image.fromarray(numpy.clip(values * 255, 0, 255).astype(numpy.uint8))
    return numpy.asarray(picture.filter(ImageFilter.GaussianBlur(radius)), float) / 255


def degrade(rng, ink, capital):
    """Ink from 0 to 1 -> (grey picture, factor by which it grew)."""
    h, w = ink.shape
    chance = rng.random
    if chance() < 0.7:
        ink = blur(ink, capital / 20 * abs(rng.normal(0, 0.9)))
    if chance() < 0.25:  # ink that did not take everywhere
        coarse = rng.random((max(2, int(h / capital * 6)), max(2, int(w / capital * 6))))
        patches = numpy.asarray(Image.fromarray((coarse * 255).astype(numpy.uint8)).resize((w, h), Image.BICUBIC), float) / 255
        ink = ink * numpy.clip((patches - rng.uniform(0, 0.4)) * 4 + 0.3, 0, 1)
    paper = rng.uniform(150, 255)
    black = rng.uniform(0, paper * rng.choice([0.3, 0.3, 0.6]))
    y, x = numpy.mgrid[0:h, 0:w]
    ground = numpy.full((h, w), paper)
    if chance() < 0.4:
        ground -= rng.uniform(0, 50) * numpy.cos((x / w * rng.uniform(0.2, 1.5) + y / h * rng.uniform(0, 0.5)) * 6.3 + rng.uniform(0, 6.3)) + 10
    if chance() < 0.35:  # guilloche
        for _ in range(int(rng.integers(1, 4))):
            period = capital * rng.uniform(0.15, 0.8)
            wave = numpy.sin(x / capital * rng.uniform(0.2, 2) + rng.uniform(0, 6.3)) * capital * rng.uniform(0, 1)
            phase = (y * rng.uniform(0.3, 1) + x * rng.normal(0, 0.5) + wave) / period * 6.3
            ground -= (paper - black) * rng.uniform(0.03, 0.3) * numpy.clip(numpy.cos(phase) * 2 - 1, 0, 1)
    grey = ground - ink * (ground - black)
    for _ in range(int(rng.poisson(0.5))):  # strokes and rules through the line
        picture = Image.fromarray(numpy.clip(grey, 0, 255).astype(numpy.uint8))
        a, b = rng.uniform(0, w, 2), rng.uniform(0, h, 2)
        ends = (a[0], b[0], a[1], b[1]) if chance() < 0.5 else (0, b[0], w, b[0])
        ImageDraw.Draw(picture).line(ends, fill=int(rng.uniform(0, 255)), width=1)
        grey = numpy.asarray(picture, float)
    for side in range(2):  # the edge of the card or its shadow beside the line
        if chance() < 0.15:
            wide = int(capital * rng.uniform(0.1, 1.7))
            columns = slice(0, wide) if side == 0 else slice(w - wide, w)
            grey[:, columns] = grey[:, columns] * rng.uniform(0, 0.9) + rng.uniform(0, 40)
    grey = grey + rng.normal(0, rng.choice([0, 3, 10, 25]), (h, w))
    way = chance()
    grown = 1.0
    if way < 0.45:  # a bitonal copy, sometimes of a picture that was small before
        if chance() < 0.6 and capital < 30:
            grown = float(min(rng.uniform(1, 5), 46 / capital))
            picture = Image.fromarray(numpy.clip(grey, 0, 255).astype(numpy.uint8))
            size = (max(1, round(w * grown)), max(1, round(h * grown)))
            grey = numpy.asarray(picture.resize(size, Image.BICUBIC), float)
            if chance() < 0.3:
                grey = 255 * blur(grey / 255, capital * grown / 20)
        limit = black + (paper - black) * rng.uniform(0.3, 0.85)
        if chance() < 0.08:  # halftone
            limit = limit + (numpy.indices(grey.shape).sum(0) % 2 - 0.5) * (paper - black) * rng.uniform(0.2, 0.7)
        grey = numpy.where(grey < limit, 0, 255).astype(float)
        if chance() < 0.15:
            grey = 255 * blur(grey / 255, rng.uniform(0.3, 0.8))
        if chance() < 0.3:
            specks = rng.random(grey.shape)
            grey[specks < 0.01 * chance()] = 0
            grey[specks > 1 - 0.02 * chance()] = 255
    picture = Image.fromarray(numpy.clip(grey, 0, 255).astype(numpy.uint8))
    if chance() < 0.5:
        packed = io.BytesIO()
        picture.save(packed, "JPEG", quality=int(rng.integers(20, 92)))
        picture = Image.open(packed).convert("L")
    return numpy.asarray(picture), grown
