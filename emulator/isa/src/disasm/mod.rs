//! text
use crate::{Inst,Generation}; /// f
pub fn format(_i:&Inst,_g:Generation,_a:u64)->String{String::new()}
