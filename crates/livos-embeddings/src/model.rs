//! The model: BERT as all-MiniLM-L6-v2 has it, one text at a time.
//!
//! Written out on matrices instead of taken from a framework: it is one architecture, a page long, and the frameworks
//! for it bring hundreds of crates along and take longer for one sentence.

use std::io::{Error, Result};

use ndarray::{Array1, Array2, Axis, s};

use crate::weights::{Rows, Weights};

/// What one head of attention is wide.
const HEAD: usize = 32;

#[derive(Debug)]
struct Linear {
    weight: Array2<f32>,
    bias: Array1<f32>,
}

#[derive(Debug)]
struct Norm {
    weight: Array1<f32>,
    bias: Array1<f32>,
}

#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attended_norm: Norm,
    wide: Linear,
    narrow: Linear,
    norm: Norm,
}

#[derive(Debug)]
pub(crate) struct Model {
    pieces: Rows,
    positions: Array2<f32>,
    kind: Array1<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

impl Linear {
    fn read(weights: &Weights, name: &str) -> Result<Self> {
        let weight = weights.matrix(&format!("{name}.weight"))?;
        let bias = weights.vector(&format!("{name}.bias"))?;
        if weight.nrows() != bias.len() {
            return Err(Error::other(format!("{name} does not fit together")));
        }
        Ok(Self { weight, bias })
    }

    fn of(&self, x: &Array2<f32>) -> Array2<f32> {
        x.dot(&self.weight.t()) + &self.bias
    }
}

impl Norm {
    fn read(weights: &Weights, name: &str) -> Result<Self> {
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        Ok(Self { weight: weights.vector(&weight)?, bias: weights.vector(&bias)? })
    }

    fn of(&self, mut x: Array2<f32>) -> Array2<f32> {
        for mut row in x.rows_mut() {
            let mean = row.mean().unwrap_or_default();
            row -= mean;
            let scale = (row.dot(&row) / self.weight.len() as f32 + 1e-12).sqrt().recip();
            row *= scale;
        }
        x * &self.weight + &self.bias
    }
}

impl Layer {
    fn read(weights: &Weights, number: usize) -> Result<Self> {
        let linear = |name: &str| Linear::read(weights, &format!("encoder.layer.{number}.{name}"));
        let norm = |name: &str| Norm::read(weights, &format!("encoder.layer.{number}.{name}"));
        Ok(Self {
            query: linear("attention.self.query")?,
            key: linear("attention.self.key")?,
            value: linear("attention.self.value")?,
            attended: linear("attention.output.dense")?,
            attended_norm: norm("attention.output.LayerNorm")?,
            wide: linear("intermediate.dense")?,
            narrow: linear("output.dense")?,
            norm: norm("output.LayerNorm")?,
        })
    }

    /// Whether what goes in may come out, so that no matrix is met that does not fit.
    fn fits(&self, width: usize) -> bool {
        let square = [&self.query, &self.key, &self.value, &self.attended];
        square.iter().all(|linear| linear.weight.dim() == (width, width))
            && self.wide.weight.ncols() == width
            && self.narrow.weight.dim() == (width, self.wide.weight.nrows())
            && [&self.attended_norm, &self.norm]
                .iter()
                .all(|norm| norm.weight.len() == width && norm.bias.len() == width)
    }

    fn of(&self, x: &Array2<f32>) -> Array2<f32> {
        let (query, key, value) = (self.query.of(x), self.key.of(x), self.value.of(x));
        let mut mixed = Array2::zeros(x.dim());
        for begin in (0..x.ncols()).step_by(HEAD) {
            let head = s![.., begin..begin + HEAD];
            let mut scores = query.slice(head).dot(&key.slice(head).t()) / (HEAD as f32).sqrt();
            scores.rows_mut().into_iter().for_each(|mut row| {
                let largest = row.fold(f32::MIN, |largest, score| largest.max(*score));
                row.mapv_inplace(|score| (score - largest).exp());
                let sum = row.sum();
                row /= sum;
            });
            mixed.slice_mut(head).assign(&scores.dot(&value.slice(head)));
        }
        let x = self.attended_norm.of(self.attended.of(&mixed) + x);
        let wide = self.wide.of(&x).mapv_into(gelu);
        self.norm.of(self.narrow.of(&wide) + &x)
    }
}

fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + (0.797_884_6 * (x + 0.044_715 * x * x * x)).tanh())
}

impl Model {
    #[expect(clippy::needless_pass_by_value, reason = "what is not read by now is not needed any more")]
    pub(crate) fn new(weights: Weights) -> Result<Self> {
        let pieces = weights.rows("embeddings.word_embeddings.weight")?;
        let positions = weights.matrix("embeddings.position_embeddings.weight")?;
        let kinds = weights.matrix("embeddings.token_type_embeddings.weight")?;
        let kind = kinds.index_axis(Axis(0), 0).to_owned();
        let norm = Norm::read(&weights, "embeddings.LayerNorm")?;
        let layers = (0..6).map(|number| Layer::read(&weights, number)).collect::<Result<Vec<_>>>()?;
        let width = pieces.width;
        let fits = width > 0
            && width.is_multiple_of(HEAD)
            && positions.ncols() == width
            && [&kind, &norm.weight, &norm.bias].iter().all(|vector| vector.len() == width)
            && layers.iter().all(|layer| layer.fits(width));
        if !fits {
            return Err(Error::other("its matrices do not fit together"));
        }
        Ok(Self { pieces, positions, kind, norm, layers })
    }

    /// The mean over a text's pieces, of length 1.
    pub(crate) fn vector(&self, pieces: &[usize]) -> Result<Vec<f32>> {
        let pieces = &pieces[..pieces.len().min(self.positions.nrows())];
        let mut x = Array2::zeros((pieces.len(), self.pieces.width));
        for (mut row, (piece, position)) in
            x.rows_mut().into_iter().zip(pieces.iter().zip(self.positions.rows()))
        {
            row.assign(&(self.pieces.row(*piece)? + position + &self.kind));
        }
        let x = self.layers.iter().fold(self.norm.of(x), |x, layer| layer.of(&x));
        let mut mean = x.mean_axis(Axis(0)).ok_or_else(|| Error::other("there is no text"))?;
        mean /= mean.dot(&mean).sqrt().max(f32::MIN_POSITIVE);
        Ok(mean.to_vec())
    }
}
