//! The second recogniser: PP-OCRv6 small on `rten`, for handwriting and doubtful zones.
//!
//! The program works without its model: [`find_model`] gives `None`, Tesseract reads alone and
//! more values go to a person.

use super::{Charset, LineText, RecogniseError, Recogniser};
use crate::domain::{Engine, hexadecimal};
use image::GrayImage;
use image::imageops::{FilterType, resize};
use rten::{Model, ModelOptions, RunOptions, ThreadPool};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the model in the PyPI package `rapidocr` 3.10.0.
pub const MODEL_FILE: &str = "PP-OCRv6_rec_small.onnx";
/// SHA-256 of that file: another model has another dictionary and other confidences.
pub const MODEL_SHA256: &str = "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884";

/// Height of the network's input, pixels.
const HEIGHT: u32 = 48;
/// Narrower crops are padded with paper to this width: the network was trained on lines, not on single letters.
const MIN_WIDTH: u32 = 96;
/// Wider crops are squeezed; time grows with the width and no line of a form is longer.
const MAX_WIDTH: u32 = 1600;

/// Why the model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PpOcrError {
    #[error("the model {path} cannot be read ({source}); run docker/setup.sh or leave models_dir unset to work without it")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the model {path} has SHA-256 {found}, expected {MODEL_SHA256}; fetch it again with docker/setup.sh")]
    OtherModel { path: PathBuf, found: String },
    #[error("the model {path} does not load: {reason}")]
    Load { path: PathBuf, reason: String },
    #[error("the network failed on a crop of {width}x{height} pixels: {reason}")]
    Run { width: u32, height: u32, reason: String },
}

/// One line as the network reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PpOcrLine {
    pub text: String,
    /// One figure for each character of `text`, 0 to 1.
    pub confidences: Vec<f32>,
    /// Where each character stands: share of the crop's width, 0 to 1.
    pub positions: Vec<f32>,
}

impl PpOcrLine {
    /// Smallest character confidence, 0 when nothing was read.
    #[must_use]
    pub fn confidence(&self) -> f32 {
        self.confidences.iter().copied().reduce(f32::min).unwrap_or(0.0)
    }
}

/// The loaded network with its dictionary. Loading takes about 0.1 s; reading needs no file.
pub struct PpOcr {
    model: Model,
    /// One worker: cells are the unit of parallelism, and a spinning pool burns the other cells' time.
    pool: Arc<ThreadPool>,
    /// Class of the network to character; `None` for the CTC blank and for scripts that no French form holds.
    alphabet: Vec<Option<char>>,
}

impl std::fmt::Debug for PpOcr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PpOcr").field("classes", &self.alphabet.len()).finish_non_exhaustive()
    }
}

/// Looks for the model: `models_dir` of the configuration, `$PASSERELLE_MODELS`, then the usual places.
/// Never the current folder.
#[must_use]
pub fn find_model(models_dir: Option<&Path>) -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".local/share/passerelle/models"));
    let folders = models_dir
        .map(Path::to_path_buf)
        .into_iter()
        .chain(std::env::var_os("PASSERELLE_MODELS").map(PathBuf::from))
        .chain([PathBuf::from("/var/lib/passerelle/models"), PathBuf::from("/usr/share/passerelle/models")])
        .chain(home);
    folders.map(|f| f.join(MODEL_FILE)).find(|p| p.is_file())
}

impl PpOcr {
    /// Loads and checks the model at `path`.
    pub fn load(path: &Path) -> Result<Self, PpOcrError> {
        let bytes = std::fs::read(path).map_err(|source| PpOcrError::Read { path: path.to_path_buf(), source })?;
        let found = hexadecimal(&Sha256::digest(&bytes));
        if found != MODEL_SHA256 {
            return Err(PpOcrError::OtherModel { path: path.to_path_buf(), found });
        }
        let broken = |reason: String| PpOcrError::Load { path: path.to_path_buf(), reason };
        let model = ModelOptions::with_all_ops().prepack_weights(true).load(bytes).map_err(|e| broken(e.to_string()))?;
        let dictionary = model.metadata().get("character").ok_or_else(|| broken("no dictionary in its metadata".into()))?;
        let alphabet = alphabet(dictionary);
        Ok(Self { model, pool: Arc::new(ThreadPool::with_num_threads(1)), alphabet })
    }

    /// Reads one line of text: `line` is a tight crop, grey, dark on light.
    pub fn read(&self, line: &GrayImage) -> Result<PpOcrLine, PpOcrError> {
        let failed = |reason: String| PpOcrError::Run { width: line.width(), height: line.height(), reason };
        if line.width() == 0 || line.height() == 0 {
            return Ok(PpOcrLine::default());
        }
        let (input, used) = prepare(line);
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)));
        let output = self.model.run_one(input.into(), Some(options)).map_err(|e| failed(e.to_string()))?;
        let scores: NdTensor<f32, 3> = output.try_into().map_err(|e: rten::TryFromValueError| failed(e.to_string()))?;
        let [_, steps, classes] = scores.shape();
        if classes != self.alphabet.len() {
            return Err(failed(format!("{classes} classes for a dictionary of {}", self.alphabet.len())));
        }
        Ok(self.decode(&scores.to_vec(), steps, classes, used))
    }

    /// CTC, greedy: the best class of each step, repeats and blanks dropped.
    fn decode(&self, scores: &[f32], steps: usize, classes: usize, used: f32) -> PpOcrLine {
        let mut line = PpOcrLine::default();
        let mut last = None;
        for (step, row) in scores.chunks_exact(classes).enumerate() {
            let Some((class, p)) = self.best(row) else { continue };
            if class != 0 && last == Some(class) {
                if let Some(c) = line.confidences.last_mut() {
                    *c = c.max(p);
                }
            } else if let Some(character) = self.alphabet[class] {
                line.text.push(character);
                line.confidences.push(p);
                line.positions.push(((step as f32 + 0.5) / steps as f32 / used).min(1.0));
            }
            last = Some(class);
        }
        line
    }

    /// The best class among the blank and the letters that a French form may hold.
    fn best(&self, row: &[f32]) -> Option<(usize, f32)> {
        row.iter()
            .copied()
            .enumerate()
            .filter(|(class, _)| *class == 0 || self.alphabet[*class].is_some())
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

impl Recogniser for PpOcr {
    fn engine(&self) -> Engine {
        Engine::Ppocr
    }

    fn read_line(&mut self, line: &GrayImage, charset: Charset) -> Result<LineText, RecogniseError> {
        Ok(self.read_placed(line, charset)?.0)
    }

    fn read_placed(&mut self, line: &GrayImage, _charset: Charset) -> Result<(LineText, Vec<f32>), RecogniseError> {
        match self.read(line) {
            Ok(read) => Ok((LineText { confidence: read.confidence(), text: read.text }, read.positions)),
            Err(e) => Err(RecogniseError::Read { engine: "PP-OCR", reason: e.to_string() }),
        }
    }
}

/// The network's input, 1x3x48xW with values -1 to 1, and the share of its width that the crop fills.
fn prepare(line: &GrayImage) -> (NdTensor<f32, 4>, f32) {
    let natural = (f64::from(line.width()) * f64::from(HEIGHT) / f64::from(line.height())).round() as u32;
    let width = natural.clamp(8, MAX_WIDTH);
    let small = resize(line, width, HEIGHT, FilterType::Triangle);
    let full = width.max(MIN_WIDTH);
    // Paper, not black: a black margin would be read as a stroke.
    let paper = brightest(&small);
    let plane = (full * HEIGHT) as usize;
    let mut data = vec![normalised(paper); plane * 3];
    for (x, y, pixel) in small.enumerate_pixels() {
        data[(y * full + x) as usize] = normalised(pixel.0[0]);
    }
    let (first, rest) = data.split_at_mut(plane);
    for copy in rest.chunks_exact_mut(plane) {
        copy.copy_from_slice(first);
    }
    (NdTensor::from_data([1, 3, HEIGHT as usize, full as usize], data), width as f32 / full as f32)
}

fn normalised(grey: u8) -> f32 {
    (f32::from(grey) / 255.0 - 0.5) / 0.5
}

/// The grey that four pixels of five do not exceed: paper, also on a grey copy.
fn brightest(picture: &GrayImage) -> u8 {
    let mut values = picture.as_raw().clone();
    values.sort_unstable();
    values.get(values.len() * 4 / 5).copied().unwrap_or(255)
}

/// Classes in order: the CTC blank, the dictionary (one entry a line), a space.
fn alphabet(dictionary: &str) -> Vec<Option<char>> {
    let mut classes = vec![None];
    classes.extend(dictionary.trim_end_matches('\n').split('\n').map(|entry| {
        let mut characters = entry.chars();
        characters.next().filter(|c| characters.next().is_none() && european(*c))
    }));
    classes.push(Some(' '));
    classes
}

/// Letters of European languages, digits and the signs of a form.
fn european(c: char) -> bool {
    matches!(c, '!'..='~' | '\u{a1}'..='\u{24f}' | '\u{2010}'..='\u{2026}' | '€')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_keeps_french_letters_in_their_class_and_drops_other_scripts() {
        let classes = alphabet("A\n中\nÉ\n'\nœ");
        assert_eq!(classes, [None, Some('A'), None, Some('É'), Some('\''), Some('œ'), Some(' ')]);
    }

    #[test]
    fn a_wrong_file_is_refused_with_both_hashes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MODEL_FILE);
        std::fs::write(&path, b"not a model").unwrap();
        let message = PpOcr::load(&path).unwrap_err().to_string();
        assert!(message.contains(MODEL_SHA256), "{message}");
    }

    #[test]
    fn block_letters_are_read_in_order_with_their_places() {
        let Some(path) = find_model(None) else {
            eprintln!("skipped: {MODEL_FILE} is not installed (docker/setup.sh)");
            return;
        };
        let mut line = GrayImage::from_pixel(300, 90, image::Luma([235]));
        let strokes = [
            (20, 10, 10, 70),
            (20, 70, 45, 10),
            (95, 10, 10, 70),
            (130, 10, 60, 10),
            (155, 10, 10, 70),
            (215, 10, 10, 70),
            (215, 10, 50, 10),
            (215, 40, 40, 10),
            (215, 70, 50, 10),
        ];
        for (x, y, w, h) in strokes {
            (y..y + h).for_each(|y| (x..x + w).for_each(|x| line.put_pixel(x, y, image::Luma([30]))));
        }
        let read = PpOcr::load(&path).unwrap().read(&line).unwrap();
        assert_eq!(read.text, "LITE", "{read:?}");
        assert!(read.confidences.iter().all(|c| (0.0..=1.0).contains(c)) && read.positions.is_sorted(), "{read:?}");
    }

    #[test]
    fn a_model_is_found_in_the_folder_of_the_configuration_first() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(MODEL_FILE), b"x").unwrap();
        assert_eq!(find_model(Some(folder.path())), Some(folder.path().join(MODEL_FILE)));
    }
}
