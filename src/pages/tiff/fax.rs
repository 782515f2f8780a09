//! Fax compression of black-and-white strips (ITU-T T.4 and T.6; TIFF 6.0, sections 10 and 11).

use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext, EncodingMode};

/// Modified Huffman: T.4 rows without end-of-line codes, each starting at a whole byte.
pub fn huffman(stored: &[u8], width: u32, rows: u32) -> Vec<u8> {
    decode(stored, EncodingMode::Group3_1D, true, width, rows)
}

pub fn group_3(stored: &[u8], width: u32, rows: u32, two_dimensional: bool) -> Vec<u8> {
    let encoding = if two_dimensional { EncodingMode::Group3_2D } else { EncodingMode::Group3_1D };
    decode(stored, encoding, false, width, rows)
}

pub fn group_4(stored: &[u8], width: u32, rows: u32) -> Vec<u8> {
    decode(stored, EncodingMode::Group4, false, width, rows)
}

/// Packed rows, black is 1; fewer than asked for where the data end or cannot be followed.
fn decode(stored: &[u8], encoding: EncodingMode, rows_are_byte_aligned: bool, columns: u32, rows: u32) -> Vec<u8> {
    let settings = DecodeSettings {
        columns,
        rows,
        end_of_block: !rows_are_byte_aligned,
        end_of_line: false,
        rows_are_byte_aligned,
        encoding,
        strict: false,
    };
    let mut sheet = Sheet { packed: Vec::new(), columns, rows };
    // The rows before an error stand; that some are missing is seen by their number.
    let _ = hayro_ccitt::decode(stored, &mut sheet, &mut DecoderContext::new(settings));
    sheet.packed
}

struct Sheet {
    packed: Vec<u8>,
    columns: u32,
    /// Still to come.
    rows: u32,
}

impl Decoder for Sheet {
    fn push_row(&mut self, changes: &[u32]) {
        if self.rows == 0 {
            return;
        }
        self.rows -= 1;
        let start = self.packed.len();
        self.packed.resize(start + self.columns.div_ceil(8) as usize, 0);
        let row = &mut self.packed[start..];
        for run in changes.chunks(2) {
            let end = run.get(1).copied().unwrap_or(self.columns);
            blacken(row, run[0].min(self.columns), end.min(self.columns));
        }
    }
}

fn blacken(row: &mut [u8], start: u32, end: u32) {
    if start >= end {
        return;
    }
    let (first, last) = (start as usize / 8, (end - 1) as usize / 8);
    let (head, tail) = (0xff >> (start % 8), 0xff << (7 - (end - 1) % 8));
    if first == last {
        row[first] |= head & tail;
    } else {
        row[first] |= head;
        row[first + 1..last].fill(0xff);
        row[last] |= tail;
    }
}

#[cfg(test)]
mod tests {
    use super::blacken;

    #[test]
    fn runs_end_inside_and_between_bytes() {
        let mut row = [0; 3];
        blacken(&mut row, 3, 5);
        blacken(&mut row, 7, 17);
        blacken(&mut row, 20, 20);
        assert_eq!(row, [0b0001_1001, 0xff, 0b1000_0000]);
    }
}
