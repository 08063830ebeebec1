//! Packed arguments.

/// A kernel's arguments, packed as the compiler lays them out: in order, each aligned to its type.
///
/// For kernels whose arguments are only known at run time; a `repr(C)` struct with
/// [`Kernel::launch_with`](crate::Kernel::launch_with) is checked at compile time.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    bytes: Vec<u8>,
}

impl Arguments {
    /// No arguments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument.
    pub fn push<T: bytemuck::Pod>(&mut self, argument: T) -> &mut Self {
        let start = self.bytes.len().next_multiple_of(align_of::<T>());
        self.bytes.resize(start, 0);
        self.bytes.extend_from_slice(bytemuck::bytes_of(&argument));
        self
    }

    /// The packed bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    #[test]
    fn arguments_are_aligned() {
        let mut arguments = Arguments::new();
        arguments
            .push(1u8)
            .push(2u32)
            .push(Address(3))
            .push(4u16)
            .push(5u8);
        let expected = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 5];
        assert_eq!(arguments.bytes(), expected);
    }
}
