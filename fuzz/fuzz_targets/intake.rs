//! What is dropped, before anything is decoded: content, end, single page or not, size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passerelle::intake::{ExamineError, examine, find_end, head, is_single_image, look, sniff};
use std::io::Cursor;

const MOST: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let mut file = Cursor::new(bytes);
    let format = sniff(&head(&mut file).expect("memory can be read"));
    let end = format.as_ref().map(|format| find_end(*format, &mut file).expect("memory can be read"));
    look(&mut file).expect("memory can be read");
    is_single_image(&mut file).expect("memory can be read");
    match examine(&mut file, MOST) {
        // What is taken is of the format and whole; what is not has a code and a sentence.
        Ok(taken) => assert!(Ok(&taken) == format.as_ref() && end.is_ok()),
        Err(ExamineError::Refused(refusal)) => assert!(!refusal.code.is_empty() && refusal.message.ends_with('.')),
        Err(ExamineError::Io(error)) => panic!("memory can be read: {error}"),
    }
});
