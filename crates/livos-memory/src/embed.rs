//! What makes vectors of texts: a port. Who it is, and what leaves the machine for it, is up to the daemon.

use futures_util::future::BoxFuture;

/// Vectors that did not come, and why, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unembedded {
    /// Why.
    pub why: String,
    /// It may be these texts that are not taken, for their length say; others may be.
    pub of_these: bool,
}

impl Unembedded {
    /// Nothing would come for other texts either.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), of_these: false }
    }
}

/// Makes vectors of texts: what means nearly the same lies close together.
pub trait Embedder: Send + Sync + std::fmt::Debug {
    /// What made them. Vectors of another name are not compared with these.
    fn model(&self) -> &str;

    /// A vector for each text, in their order, all of one length.
    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, Unembedded>>;
}

/// Whether a search went by meaning as well as by words.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// Nobody makes vectors, or nothing has one yet.
    #[default]
    Off,
    /// It did.
    Used,
    /// No vector came for the question, so it went by words alone; why.
    Failed(String),
}

/// The most dimensions that are taken.
const MOST: usize = 8192;

/// A vector as it is kept: a signed byte for each dimension, and what to multiply them with.
///
/// A quarter of the numbers it was made of, and close enough: what is searched is an order, not a distance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Short {
    pub(crate) factor: f32,
    pub(crate) numbers: Vec<i8>,
}

impl Short {
    /// Of any vector but one that points nowhere.
    pub(crate) fn of(vector: &[f32]) -> Result<Self, Unembedded> {
        let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
        if vector.is_empty() || vector.len() > MOST || !length.is_finite() {
            return Err(Unembedded::new(format!("a vector has 1 to {MOST} numbers")));
        }
        let largest = vector.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
        if largest == 0.0 {
            // A text without a single word the model knows: it is like nothing.
            return Ok(Self::nowhere(vector.len()));
        }
        #[expect(clippy::cast_possible_truncation, reason = "between -127 and 127")]
        let numbers = vector.iter().map(|number| (number / largest * 127.0).round() as i8).collect();
        #[expect(clippy::cast_possible_truncation, reason = "a factor needs no more digits")]
        let factor = (f64::from(largest) / 127.0 / length) as f32;
        Ok(Self { factor, numbers })
    }

    /// Of a text that no vector is to be had for: like nothing, and not asked for again.
    pub(crate) fn nowhere(dimensions: usize) -> Self {
        Self { factor: 0.0, numbers: vec![0; dimensions] }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + self.numbers.len());
        bytes.extend_from_slice(&self.factor.to_le_bytes());
        bytes.extend(self.numbers.iter().map(|number| number.to_le_bytes()[0]));
        bytes
    }
}

/// What two vectors have in common: 1 for the same direction, 0 for nothing.
pub(crate) fn likeness(one: &[i8], other: &[i8]) -> i32 {
    one.iter().zip(other).map(|(one, other)| i32::from(*one) * i32::from(*other)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_vector_points_where_the_long_one_did() {
        let vector: Vec<f32> = (0..384).map(|at| ((at * 7919 % 1000) as f32 - 500.0) / 37.0).collect();
        let short = Short::of(&vector).unwrap();
        let own = f64::from(likeness(&short.numbers, &short.numbers)) * f64::from(short.factor).powi(2);
        assert!((own - 1.0).abs() < 0.01, "{own}");
        assert_eq!(short.bytes().len(), 388);
    }

    #[test]
    fn what_is_no_vector_is_refused_and_nothing_is_like_nothing() {
        assert!(Short::of(&[]).is_err());
        assert!(Short::of(&[f32::NAN, 1.0]).is_err());
        assert!(Short::of(&[f32::INFINITY, 1.0]).is_err());
        assert!(Short::of(&vec![0.1; MOST + 1]).is_err());
        assert_eq!(Short::of(&[0.0, 0.0]).unwrap().factor, 0.0);
    }
}
