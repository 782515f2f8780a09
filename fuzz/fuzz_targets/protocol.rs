//! What a cell that was taken over may say to the pool: frames, pages, reasons.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passerelle::cell::{Kind, LockReport, header, parse, unpack_page};
use passerelle::domain::Refusal;

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    while let Some((head, after)) = rest.split_first_chunk::<5>() {
        let Ok((kind, length)) = parse(*head) else { return };
        assert_eq!(header(kind, length).expect("it was read"), *head);
        let (payload, after) = after.split_at(length.min(after.len()));
        understand(kind, payload);
        rest = after;
    }
});

/// As the pool does.
fn understand(kind: Kind, payload: &[u8]) {
    match kind {
        Kind::Page => {
            if let Some((read, picture)) = unpack_page(payload) {
                assert!(picture.len() < payload.len());
                // Its boxes are turned back to the page as scanned, whatever it says of that page.
                for word in &read.words {
                    let there = read.transform.to_scan(word.rect);
                    std::hint::black_box(read.transform.to_upright(there));
                }
            }
        }
        Kind::Refused => drop(serde_json::from_slice::<Refusal>(payload)),
        Kind::Ready => drop(serde_json::from_slice::<LockReport>(payload)),
        Kind::Count => drop(serde_json::from_slice::<u32>(payload)),
        _ => drop(serde_json::from_slice::<String>(payload)),
    }
}
