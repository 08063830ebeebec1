//! Why a launch stopped.

use std::fmt;

/// What went wrong in a wave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// Bytes that are no instruction of the target, or one that is not executed.
    #[error("unknown instruction {bytes:02x?}: {reason}")]
    UnknownInstruction {
        /// The bytes at the address, eight at most.
        bytes: Vec<u8>,
        /// What the decoder says.
        reason: String,
    },
    /// A known instruction with an operand, modifier or mode that is not modelled.
    #[error("not modelled: {0}")]
    Unsupported(String),
    /// An access to memory outside every allocation.
    #[error("{} of {size} bytes at {address:#x}, outside every allocation{}", access_name(*.write), lane_name(*.lane))]
    OutOfBounds {
        /// First byte of the access.
        address: u64,
        /// Bytes accessed.
        size: u32,
        /// The lane, or `None` for a scalar access.
        lane: Option<u32>,
        /// A store or atomic.
        write: bool,
    },
    /// An atomic on memory that is not aligned to its size.
    #[error("atomic on {address:#x}, which is not a multiple of its {size} bytes{}", lane_name(Some(*.lane)))]
    MisalignedAtomic {
        /// The address.
        address: u64,
        /// Bytes accessed.
        size: u32,
        /// The lane.
        lane: u32,
    },
    /// An access outside the workgroup's LDS.
    #[error("{} of {size} bytes at LDS offset {offset:#x}, but the workgroup has {allocated} bytes{}", access_name(*.write), lane_name(Some(*.lane)))]
    LdsOutOfRange {
        /// First byte of the access.
        offset: u32,
        /// Bytes accessed.
        size: u32,
        /// Bytes of LDS that the workgroup has.
        allocated: u32,
        /// The lane.
        lane: u32,
        /// A store or atomic.
        write: bool,
    },
    /// An LDS access that is not aligned as the instruction demands.
    #[error("LDS access of {size} bytes at offset {offset:#x} is misaligned{}", lane_name(Some(*.lane)))]
    MisalignedLds {
        /// First byte of the access.
        offset: u32,
        /// Bytes accessed.
        size: u32,
        /// The lane.
        lane: u32,
    },
    /// A wave waits at a barrier that another wave of its workgroup never signals: it ended, or waits
    /// itself without having signalled.
    #[error(
        "{waiting} of the workgroup's {waves} waves wait at a barrier that the others ended without reaching"
    )]
    Barrier {
        /// Waves that wait.
        waiting: u32,
        /// Waves of the workgroup.
        waves: u32,
    },
    /// A value that was never written decides something: an address, a stored value, a branch.
    #[error("{register} was never written{}, and is used {usage}", lane_name(*.lane))]
    UninitialisedRegister {
        /// The register's name.
        register: String,
        /// The lane, or `None` for a scalar register.
        lane: Option<u32>,
        /// What it is used for.
        usage: &'static str,
    },
    /// An LDS word that was never written is read.
    #[error("LDS word at offset {offset:#x} was never written{}", lane_name(Some(*.lane)))]
    UninitialisedLds {
        /// The word's offset.
        offset: u32,
        /// The lane.
        lane: u32,
    },
    /// Two waves access the same bytes of LDS, one of them to change them, and no barrier orders them.
    #[error("{} of {size} bytes of LDS at offset {offset:#x} races with another wave's{}", access_name(*.write), lane_name(Some(*.lane)))]
    LdsRace {
        /// First byte of the access.
        offset: u32,
        /// Bytes accessed.
        size: u32,
        /// The lane.
        lane: u32,
        /// A store or atomic.
        write: bool,
    },
    /// `s_trap`.
    #[error("trap {0}")]
    Trap(u8),
    /// A jump to where no instruction was found.
    #[error("jump to {0:#x}, where no instruction of this code object starts")]
    WildJump(u64),
    /// The wave executed more instructions than the launch allows.
    #[error("the wave executed {0} instructions without ending")]
    TooManyInstructions(u64),
}

fn access_name(write: bool) -> &'static str {
    if write { "store" } else { "load" }
}

fn lane_name(lane: Option<u32>) -> String {
    lane.map(|lane| format!(" (lane {lane})"))
        .unwrap_or_default()
}

/// Why a launch stopped, and where. The GPU stays usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// The kernel.
    pub kernel: String,
    /// Device address of the instruction.
    pub address: u64,
    /// The instruction's offset in the code object's image.
    pub offset: u64,
    /// The instruction as assembly text, where it could be decoded.
    pub instruction: Option<String>,
    /// The workgroup.
    pub workgroup: [u32; 3],
    /// The wave's number in its workgroup.
    pub wave: u32,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.workgroup;
        write!(f, "kernel {}: {}", self.kernel, self.kind)?;
        write!(
            f,
            "; at {:#x} (code object offset {:#x})",
            self.address, self.offset
        )?;
        if let Some(text) = &self.instruction {
            write!(f, ": {text}")?;
        }
        write!(f, "; workgroup ({x}, {y}, {z}), wave {}", self.wave)
    }
}

impl std::error::Error for Fault {}

/// Why a GPU, module or launch could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A target that is not emulated.
    #[error("target {target} is not emulated; there are {}", .known.join(", "))]
    UnknownTarget {
        /// What was asked for.
        target: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// The host's processor is not one that this build has code for.
    #[error(
        "this build needs an x86-64 processor with AVX2 and FMA; build with the feature redwick-gpu/portable"
    )]
    Host,
    /// The arena could not be reserved.
    #[error("cannot reserve {size} bytes of address space for device memory: {source}")]
    Arena {
        /// Bytes asked for.
        size: u64,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The host's threads could not be started.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// Why.
        reason: String,
    },
    /// Bytes that are no code object.
    #[error(transparent)]
    CodeObject(#[from] redwick_code_object::Error),
    /// A code object for another target.
    #[error(
        "the code object is for {found}, the GPU is a {expected}: take the one built for {expected}"
    )]
    WrongTarget {
        /// The code object's target.
        found: String,
        /// The GPU's.
        expected: String,
    },
    /// A relocation whose symbol is not in the code object.
    #[error("the code object needs symbol {0}, which it does not define")]
    UndefinedSymbol(String),
    /// No room in device memory.
    #[error(transparent)]
    OutOfMemory(#[from] crate::memory::OutOfMemory),
}

/// Why a launch did not happen or did not finish.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// A wave stopped.
    #[error(transparent)]
    Fault(#[from] Box<Fault>),
    /// The dispatch cannot be launched on this GPU.
    #[error("kernel {kernel} cannot be launched: {reason}")]
    Invalid {
        /// The kernel.
        kernel: String,
        /// What is wrong and what is possible.
        reason: String,
    },
    /// No room in device memory for arguments or private memory.
    #[error(transparent)]
    OutOfMemory(#[from] crate::memory::OutOfMemory),
}
