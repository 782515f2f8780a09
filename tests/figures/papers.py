"""Tiny scans made at run time, each of other bytes: valid files of one page, so that a run is about files and not about reading."""
import hashlib
import struct
import zlib


def paper(number, seed=0):
    """(name, bytes) of the paper with this number; every ninth is no scan at all and must become an anomaly."""
    kinds = (pdf, png, tiff)
    mark = f"{seed}.{number}"
    if number % 9 == 8:
        return f"note {number:05}.pdf", f"Ceci n'est pas une numerisation ({mark}).\n".encode()
    kind = kinds[number % 3]
    return f"pli {number:05}.{kind.__name__}", kind(mark)


def sha(content):
    return hashlib.sha256(content).hexdigest()


def pdf(mark, width=60, height=80):
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]>>".encode()]
    out, offsets = f"%PDF-1.4\n%{mark}\n".encode(), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj".encode() + body + b"endobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    return out + f"xref\n0 4\n0000000000 65535 f \n{table}trailer<</Size 4/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n".encode()


def png(mark, width=64, height=80, ink=False):
    """Black and white; with `ink` a page that is not blank, so that it becomes an envelope."""
    line = b"\xff" * (width // 8)
    inked = b"\xff" + b"\x00" * (width // 8 - 2) + b"\xff"
    rows = b"".join(b"\0" + (inked if ink and height // 3 < y < height // 2 and y % 24 < 8 else line) for y in range(height))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"pHYs", struct.pack(">IIB", 3937, 3937, 1)),
             (b"tEXt", b"n\0" + mark.encode()), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def tiff(mark, width=64, height=80):
    picture, software = b"\xff" * (width // 8 * height), mark.encode().ljust(8) + b"\0"
    tags = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 1, 1), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1),
            (278, 3, 1, height), (279, 4, 1, len(picture)), (305, 2, len(software), 8 + len(picture))]
    end = (8 + len(picture) + len(software) + 1) // 2 * 2
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + b"\0" * 4
    return (b"II*\0" + struct.pack("<I", end) + picture + software).ljust(end, b"\0") + directory
