use std::fmt;

pub const LIMIT: usize = 10;
static NAMES: [&str; 1] = ["a"];

/// A box.
#[derive(Debug, Clone)]
pub struct Crate<T> {
    items: Vec<T>,
}

pub enum Color { Red, Green(u8) }
union Word { i: i32, f: f32 }
type Pair = (i32, i32);

pub trait Sized2 {
    const MAX: usize;
    fn size(&self) -> usize;
    fn is_empty(&self) -> bool { self.size() == 0 }
}

impl<T> Crate<T> {
    /// Makes one.
    pub fn new() -> Self { Crate { items: Vec::new() } }
    async fn load(&self) {}
}

impl<T> fmt::Display for Crate<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { Ok(()) }
}

macro_rules! square {
    ($x:expr) => { $x * $x };
}

mod inner {
    pub fn hidden() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        assert_eq!(1, 1);
    }
}

fn main() {
    let twice = |x| 2 * x;
}
