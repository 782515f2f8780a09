//! Single lines of machine-readable zones, for the figure that measures their reader: pictures of our own, outside the sandbox.

use crate::recognise::{CELL_LENGTHS, CellReader};
use std::io::{Error, Result, Write};
use std::path::Path;
use std::time::Instant;

/// Reads every picture of the folder as one line and writes a JSON object for each.
///
/// # Errors
/// When the folder or a picture in it cannot be read, or `out` does not take a line.
pub fn read_lines(folder: &Path, out: &mut impl Write) -> Result<()> {
    let reader = CellReader::embedded().ok_or_else(|| Error::other("the embedded model is damaged"))?;
    let mut pictures: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<Vec<_>>>()?.into_iter().map(|e| e.path()).collect();
    pictures.retain(|p| p.extension().is_some_and(|e| e == "tif" || e == "png"));
    pictures.sort();
    for path in pictures {
        let picture = image::open(&path).map_err(|e| Error::other(format!("{}: {e}", path.display())))?.to_luma8();
        let start = Instant::now();
        let characters = reader.read_best(&picture, &CELL_LENGTHS).map(|r| r.characters()).unwrap_or_default();
        let line = serde_json::json!({
            "file": path.file_name().map(|n| n.to_string_lossy()),
            "text": characters.iter().map(|c| c.0).collect::<String>(),
            "cells": characters.iter().map(|c| c.1).collect::<Vec<f32>>(),
            "milliseconds": start.elapsed().as_secs_f64() * 1000.0,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
