//! hive-gpu's buffer manager: device buffers that are given out, taken back and given out again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use redwick_hip::{Address, DeviceMemory};

use super::{DeviceContext, Kind, Place};
use crate::error::{HiveGpuError, Result};
use crate::traits::{BufferPoolStats, BufferType, GpuBuffer, GpuBufferManager};

/// The smallest buffer, and what sizes are multiples of, in bytes.
const GRAIN: usize = 256;

/// Buffers on a context's device. Sizes are rounded up to eighths of powers of two, so that a buffer
/// serves requests of about its size again; what is free is given back to the device before a request
/// fails.
pub struct BufferPool<K> {
    context: Arc<DeviceContext<K>>,
    limit: usize,
    lent: HashMap<usize, Block>,
    free: BTreeMap<usize, Vec<Block>>,
    next: usize,
    held: usize,
}

struct Block {
    size: usize,
    memory: Memory,
}

enum Memory {
    Host(Vec<u8>),
    Device(DeviceMemory),
}

impl<K: Kind> BufferPool<K> {
    /// A pool that holds at most `limit` bytes.
    pub fn new(context: Arc<DeviceContext<K>>, limit: usize) -> Self {
        Self {
            context,
            limit,
            lent: HashMap::new(),
            free: BTreeMap::new(),
            next: 0,
            held: 0,
        }
    }

    /// Where a buffer is that was given out; `None` for others, and on the CPU.
    pub fn address(&self, buffer: &GpuBuffer) -> Option<Address> {
        match &self.lent.get(&buffer.id)?.memory {
            Memory::Host(_) => None,
            Memory::Device(memory) => Some(memory.address()),
        }
    }

    /// The bytes of a buffer on the CPU that was given out; `None` for others, and on a GPU.
    pub fn bytes_mut(&mut self, buffer: &GpuBuffer) -> Option<&mut [u8]> {
        match &mut self.lent.get_mut(&buffer.id)?.memory {
            Memory::Host(bytes) => bytes.get_mut(..buffer.size),
            Memory::Device(_) => None,
        }
    }

    /// Gives free buffers back to the device, and says how many bytes.
    pub fn trim(&mut self) -> usize {
        let free = std::mem::take(&mut self.free);
        let bytes = free.iter().map(|(size, blocks)| size * blocks.len()).sum();
        self.held -= bytes;
        bytes
    }

    fn reuse(&mut self, size: usize) -> Option<Block> {
        let blocks = self.free.get_mut(&size)?;
        let block = blocks.pop();
        if blocks.is_empty() {
            self.free.remove(&size);
        }
        block
    }

    fn make(&mut self, size: usize) -> Result<Block> {
        if self.held.saturating_add(size) > self.limit {
            self.trim();
        }
        if self.held.saturating_add(size) > self.limit {
            return Err(HiveGpuError::VramLimitExceeded {
                requested: self.held.saturating_add(size),
                limit: self.limit,
            });
        }
        let made = self.context.memory_of(size);
        let memory = match made {
            Err(_) if self.trim() > 0 => self.context.memory_of(size)?,
            other => other?,
        };
        self.held += size;
        Ok(Block { size, memory })
    }
}

impl<K: Kind> DeviceContext<K> {
    fn memory_of(&self, size: usize) -> Result<Memory> {
        let failed = |reason: String| {
            HiveGpuError::BufferAllocationFailed(format!("{size} bytes on {}: {reason}", self.name))
        };
        match &self.place {
            Place::Gpu(_, device) => {
                let memory = device.alloc_bytes(size);
                memory
                    .map(Memory::Device)
                    .map_err(|error| failed(error.to_string()))
            }
            Place::Cpu => {
                let mut bytes = Vec::new();
                let reserved = bytes.try_reserve_exact(size);
                reserved.map_err(|error| failed(error.to_string()))?;
                bytes.resize(size, 0);
                Ok(Memory::Host(bytes))
            }
        }
    }
}

impl<K: Kind> GpuBufferManager for BufferPool<K> {
    fn allocate_buffer(&mut self, size: usize) -> Result<GpuBuffer> {
        let rounded = class(size).ok_or_else(|| {
            HiveGpuError::BufferAllocationFailed(format!("{size} bytes are more than can be"))
        })?;
        let block = match self.reuse(rounded) {
            Some(block) => block,
            None => self.make(rounded)?,
        };
        let id = self.next;
        self.next += 1;
        self.lent.insert(id, block);
        Ok(GpuBuffer {
            id,
            size,
            buffer_type: BufferType::Vector,
        })
    }

    fn deallocate_buffer(&mut self, buffer: GpuBuffer) -> Result<()> {
        let block = self.lent.remove(&buffer.id).ok_or_else(|| {
            HiveGpuError::InvalidConfiguration(format!("buffer {} is not given out", buffer.id))
        })?;
        self.free.entry(block.size).or_default().push(block);
        Ok(())
    }

    fn pool_stats(&self) -> BufferPoolStats {
        let free: usize = self.free.values().map(Vec::len).sum();
        let lent: usize = self.lent.values().map(|block| block.size).sum();
        BufferPoolStats {
            total_buffers: free + self.lent.len(),
            available_buffers: free,
            utilization: match self.held {
                0 => 0.0,
                held => (lent as f64 / held as f64) as f32,
            },
            total_memory: self.held,
        }
    }
}

/// A size rounded up to an eighth of a power of two, and to whole grains.
fn class(size: usize) -> Option<usize> {
    let step = (size.checked_next_power_of_two()? / 8).max(GRAIN);
    size.max(1).checked_next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::CpuContext;

    #[test]
    fn sizes_are_rounded_up_a_little() {
        let table = [
            (0, 256),
            (1, 256),
            (257, 512),
            (4000, 4096),
            (5000, 5120),
            (1 << 20, 1 << 20),
        ];
        for (size, rounded) in table {
            assert_eq!(class(size), Some(rounded), "{size}");
        }
        assert_eq!(class(usize::MAX), None);
    }

    #[test]
    fn buffers_are_used_again() {
        let mut pool = BufferPool::new(Arc::new(CpuContext::new()), 10_000);
        let first = pool.allocate_buffer(5000).unwrap();
        pool.deallocate_buffer(first.clone()).unwrap();
        assert!(pool.deallocate_buffer(first).is_err());
        let again = pool.allocate_buffer(4900).unwrap();
        assert_eq!(pool.bytes_mut(&again).map(|bytes| bytes.len()), Some(4900));
        assert!(pool.address(&again).is_none());
        let stats = pool.pool_stats();
        assert_eq!((stats.total_buffers, stats.available_buffers), (1, 0));
        assert_eq!((stats.total_memory, stats.utilization), (5120, 1.0));
        let refused = pool.allocate_buffer(6000).unwrap_err();
        assert!(matches!(
            refused,
            HiveGpuError::VramLimitExceeded { limit: 10_000, .. }
        ));
        pool.deallocate_buffer(again).unwrap();
        pool.allocate_buffer(6000).unwrap();
        assert_eq!(
            pool.pool_stats().total_memory,
            6144,
            "what was free made room"
        );
    }
}
