//! The archive of a folder's pages: what is read is what was written, and nothing else is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passerelle::domain::{BUNDLE_END, bundle_header, bundle_padding, bundle_pages};

fuzz_target!(|bytes: &[u8]| {
    let Some(pages) = bundle_pages(bytes) else { return };
    let mut again = Vec::new();
    for (number, (format, range)) in (1..).zip(pages) {
        let content = &bytes[range];
        again.extend(bundle_header(number, format, content.len() as u64).expect("it was in a bundle"));
        again.extend(content);
        again.resize(again.len() + bundle_padding(content.len() as u64), 0);
    }
    again.extend(BUNDLE_END);
    assert_eq!(again.len(), bytes.len());
});
