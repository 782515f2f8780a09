//! PDF: structure and first page, within the limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passerelle::domain::Format;
use passerelle::pages::{Limits, open};

const LIMITS: Limits = Limits { pages: 4, pixels: 1 << 16, side: 512, decompressed: 4 << 20 };

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = open(bytes.into(), Format::Pdf, &LIMITS) else { return };
    assert!((1..=LIMITS.pages).contains(&document.page_count()));
    if let Ok(picture) = document.page(1) {
        assert!(picture.grey.width() > 0 && picture.grey.height() > 0 && picture.dpi > 0);
    }
});
