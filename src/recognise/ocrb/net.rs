//! The network that tells the characters of OCR-B apart: 420 features, one hidden layer, 38 classes.

/// Characters by class number; the class after the last is a window beside a cell.
pub const ALPHABET: &[u8; 37] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<";
/// Characters of the alphabet and the class "beside a cell".
pub const CLASSES: usize = ALPHABET.len() + 1;
/// Written by `models/ocrb/train.py`, which documents the format.
static MODEL: &[u8] = include_bytes!("../../../models/ocrb/ocrb.model");
const VERSION: u8 = 1;

/// Weights input by input, so that one pass over a row serves all outputs.
struct Layer {
    outputs: usize,
    weights: Vec<f32>,
    biases: Vec<f32>,
}

pub struct Net {
    first: Layer,
    second: Layer,
    temperature: f32,
}

impl Net {
    /// The network inside the program; `None` when the embedded file is not of this version.
    pub fn embedded() -> Option<Self> {
        Self::parse(MODEL)
    }

    pub fn parse(model: &[u8]) -> Option<Self> {
        let mut rest = model.strip_prefix(b"OCRB")?.strip_prefix(&[VERSION])?;
        let [inputs, hidden, classes] = [number(&mut rest)?, number(&mut rest)?, number(&mut rest)?];
        if inputs != super::features::FEATURES || classes != CLASSES {
            return None;
        }
        let temperature = *floats(&mut rest, 1)?.first()?;
        let first = Layer::parse(&mut rest, inputs, hidden)?;
        let second = Layer::parse(&mut rest, hidden, classes)?;
        (rest.is_empty() && temperature > 0.0).then_some(Self { first, second, temperature })
    }

    /// Probability of each class.
    pub fn probabilities(&self, features: &[f32]) -> [f32; CLASSES] {
        let mut hidden = self.first.apply(features);
        for unit in &mut hidden {
            *unit = unit.max(0.0);
        }
        let logits = self.second.apply(&hidden);
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut out = [0.0; CLASSES];
        for (p, logit) in out.iter_mut().zip(&logits) {
            *p = ((logit - most) / self.temperature).exp();
        }
        let sum: f32 = out.iter().sum();
        for p in &mut out {
            *p /= sum;
        }
        out
    }
}

impl Layer {
    fn parse(rest: &mut &[u8], inputs: usize, outputs: usize) -> Option<Self> {
        let scales = floats(rest, outputs)?;
        let (packed, after) = rest.split_at_checked(inputs.checked_mul(outputs)?)?;
        *rest = after;
        let mut weights = vec![0.0; packed.len()];
        for (o, (row, scale)) in packed.chunks_exact(inputs).zip(&scales).enumerate() {
            for (i, weight) in row.iter().enumerate() {
                weights[i * outputs + o] = f32::from(weight.cast_signed()) * scale;
            }
        }
        Some(Self { outputs, weights, biases: floats(rest, outputs)? })
    }

    fn apply(&self, inputs: &[f32]) -> Vec<f32> {
        let mut out = self.biases.clone();
        for (input, row) in inputs.iter().zip(self.weights.chunks_exact(self.outputs)) {
            // White squares are half of all inputs, and silent units half of the hidden ones.
            if *input != 0.0 {
                for (sum, weight) in out.iter_mut().zip(row) {
                    *sum += input * weight;
                }
            }
        }
        out
    }
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let (bytes, after) = rest.split_first_chunk::<2>()?;
    *rest = after;
    Some(usize::from(u16::from_le_bytes(*bytes)))
}

fn floats(rest: &mut &[u8], count: usize) -> Option<Vec<f32>> {
    let (bytes, after) = rest.split_at_checked(4 * count)?;
    *rest = after;
    Some(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}
