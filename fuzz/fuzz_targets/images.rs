//! TIFF, JPEG and PNG: structure and pixels, within the limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passerelle::domain::Format;
use passerelle::intake::sniff;
use passerelle::pages::{Limits, open};

const LIMITS: Limits = Limits { pages: 4, pixels: 1 << 20, side: 4096, decompressed: 4 << 20 };

fuzz_target!(|bytes: &[u8]| {
    let Ok(format @ (Format::Tiff | Format::Jpeg | Format::Png)) = sniff(bytes) else { return };
    let Ok(document) = open(bytes.into(), format, &LIMITS) else { return };
    assert!((1..=LIMITS.pages).contains(&document.page_count()));
    for number in 1..=document.page_count() {
        match document.page(number) {
            Ok(picture) => {
                let (width, height) = picture.grey.dimensions();
                assert!(width > 0 && height > 0 && u64::from(width) * u64::from(height) <= LIMITS.pixels * 2 && picture.dpi > 0);
            }
            Err(refusal) => assert!(!refusal.code.is_empty() && !refusal.message.is_empty()),
        }
    }
});
