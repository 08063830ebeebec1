//! What lands where in a decoded instruction: the contract with the executor.

use super::{DecodeError, Decoder};
use crate::disasm;
use crate::generation::Generation::{self, Cdna2, Cdna3, Cdna4, Rdna2, Rdna3, Rdna4};
use crate::inst::{
    Aperture, DppControl, Encoding, InlineFloat, Inst, Operand, SdwaSelect, SdwaUnused, cache, sreg,
};
use crate::opcode::Opcode;

use Operand::{Agpr, Float, Int, Literal, Sgpr, Vgpr};

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Decodes words and checks the text on the way.
fn decode(generation: Generation, words: &[u32], text: &str) -> Inst {
    let inst = Decoder::new(generation)
        .decode(&bytes(words), 0x100)
        .expect(text);
    assert_eq!(disasm::format(&inst, generation, 0x100), text);
    assert_eq!(usize::from(inst.size), words.len() * 4, "{text}");
    inst
}

#[test]
fn renamed_operations_are_one() {
    let old = decode(Cdna2, &[0x6800_0501], "v_add_u32_e32 v0, v1, v2");
    let new = decode(Rdna3, &[0x4a00_0501], "v_add_nc_u32_e32 v0, v1, v2");
    assert_eq!(
        (old.opcode, new.opcode),
        (Opcode::VAddNcU32, Opcode::VAddNcU32)
    );
    assert_eq!(old.src[..2], [Vgpr(1), Vgpr(2)]);
    assert_eq!(old.dst[0], Vgpr(0));
}

#[test]
fn m0_has_one_number() {
    let old = decode(Cdna3, &[0xbe80_007c], "s_mov_b32 s0, m0");
    let new = decode(Rdna3, &[0xbe80_007d], "s_mov_b32 s0, m0");
    assert_eq!((old.src[0], new.src[0]), (Sgpr(sreg::M0), Sgpr(sreg::M0)));
    assert_eq!(
        decode(Rdna3, &[0xbe80_007c], "s_mov_b32 s0, null").src[0],
        Operand::Null
    );
}

#[test]
fn constants() {
    let inst = decode(
        Cdna3,
        &[0xbe80_00ff, 0x1234_5678],
        "s_mov_b32 s0, 0x12345678",
    );
    assert_eq!(inst.src[0], Literal(0x1234_5678));
    assert_eq!(
        decode(Cdna3, &[0xbe80_00d0], "s_mov_b32 s0, -16").src[0],
        Int(-16)
    );
    assert_eq!(
        decode(Cdna3, &[0xbe80_00c0], "s_mov_b32 s0, 64").src[0],
        Int(64)
    );
    assert_eq!(
        decode(Cdna3, &[0xbe80_00f8], "s_mov_b32 s0, 0.15915494").src[0],
        Float(InlineFloat::InvTwoPi)
    );
    let aperture = decode(Cdna3, &[0xbe80_01eb], "s_mov_b64 s[0:1], src_shared_base");
    assert_eq!(aperture.src[0], Operand::Aperture(Aperture::SharedBase));
    // An inline value encoded as a literal keeps its encoding in the text.
    decode(Cdna3, &[0xbe80_00ff, 5], "s_mov_b32 s0, lit(0x5)");
}

#[test]
fn implicit_masks_are_operands() {
    let carry = decode(
        Cdna3,
        &[0x3800_0501],
        "v_addc_co_u32_e32 v0, vcc, v1, v2, vcc",
    );
    assert_eq!(carry.opcode, Opcode::VAddCoCiU32);
    assert_eq!(carry.dst, [Vgpr(0), Sgpr(sreg::VCC)]);
    assert_eq!(carry.src[..3], [Vgpr(1), Vgpr(2), Sgpr(sreg::VCC)]);
    let compare = decode(Rdna3, &[0x7c22_0501], "v_cmp_lt_f32_e32 vcc_lo, v1, v2");
    assert_eq!(compare.dst[0], Sgpr(sreg::VCC));
    let exec = decode(Rdna3, &[0x7d22_0501], "v_cmpx_lt_f32_e32 v1, v2");
    assert_eq!(exec.dst[0], Sgpr(sreg::EXEC));
}

#[test]
fn carry_out_of_vop3() {
    let inst = decode(
        Cdna3,
        &[0xd119_0a00, 0x0002_0501],
        "v_add_co_u32_e64 v0, s[10:11], v1, v2",
    );
    assert_eq!(inst.encoding, Encoding::Vop3Sd);
    assert_eq!(inst.dst, [Vgpr(0), Sgpr(10)]);
}

#[test]
fn modifiers_of_vop3() {
    let inst = decode(
        Rdna3,
        &[0xd503_8100, 0x4802_0501],
        "v_add_f32_e64 v0, |v1|, -v2 clamp mul:2",
    );
    let modifiers = inst.modifiers;
    assert_eq!(
        (
            modifiers.abs,
            modifiers.neg,
            modifiers.clamp,
            modifiers.omod
        ),
        (1, 2, true, 1)
    );
}

#[test]
fn halves_of_registers() {
    let short = decode(Rdna3, &[0x6482_0501], "v_add_f16_e32 v65.l, v1.l, v2.l");
    assert_eq!(short.modifiers.op_sel, 0);
    let high = decode(Rdna3, &[0x6502_0581], "v_add_f16_e32 v1.h, v1.h, v2.l");
    assert_eq!(
        (high.dst[0], high.src[0], high.modifiers.op_sel),
        (Vgpr(1), Vgpr(1), 0b1001)
    );
}

#[test]
fn lanes_move() {
    let inst = decode(
        Cdna3,
        &[0x7e00_02fa, 0xff09_1101],
        "v_mov_b32_dpp v0, v1 row_shr:1 row_mask:0xf bank_mask:0xf bound_ctrl:1",
    );
    let dpp = inst.modifiers.dpp.expect("a DPP word");
    assert_eq!(
        (dpp.control, dpp.bound_ctrl, inst.src[0]),
        (DppControl::RowShr(1), true, Vgpr(1))
    );
    let eight = decode(
        Rdna3,
        &[0x7e00_02e9, 0xfac6_8801],
        "v_mov_b32_dpp v0, v1 dpp8:[0,1,2,3,4,5,6,7]",
    );
    let control = eight.modifiers.dpp.expect("a DPP8 word").control;
    assert_eq!(control, DppControl::Dpp8([0, 1, 2, 3, 4, 5, 6, 7]));
}

#[test]
fn parts_of_registers() {
    let text = "v_add_f32_sdwa v0, v1, -s2 dst_sel:BYTE_1 dst_unused:UNUSED_PRESERVE src0_sel:WORD_1 src1_sel:DWORD";
    let inst = decode(Cdna3, &[0x0200_04f9, 0x9605_1101], text);
    let sdwa = inst.modifiers.sdwa.expect("an SDWA word");
    assert_eq!(
        (sdwa.dst_sel, sdwa.dst_unused),
        (SdwaSelect::Byte1, SdwaUnused::Preserve)
    );
    assert_eq!((inst.src[1], inst.modifiers.neg), (Sgpr(2), 2));
}

#[test]
fn pairs_issue_together() {
    let text = "v_dual_mul_f32 v0, v1, v2 :: v_dual_mov_b32 v3, 0";
    let inst = decode(Rdna3, &[0xc8d0_0501, 0x0002_0080], text);
    let pair = inst.pair.expect("a second half");
    assert_eq!(
        (inst.opcode, pair.opcode),
        (Opcode::VMulF32, Opcode::VMovB32)
    );
    assert_eq!((pair.dst[0], pair.src[0]), (Vgpr(3), Int(0)));
}

#[test]
fn matrices_in_either_file() {
    let text = "v_mfma_f32_32x32x8_f16 a[0:15], v[2:3], v[4:5], a[0:15]";
    let inst = decode(Cdna3, &[0xd3cc_8000, 0x0402_0902], text);
    assert_eq!(
        (inst.encoding, inst.opcode),
        (Encoding::Mai, Opcode::VMfmaF32_32x32x8F16)
    );
    assert_eq!((inst.dst[0], inst.src[2]), (Agpr(0), Agpr(0)));
    let old = decode(
        Cdna2,
        &[0xd3cc_8000, 0x0402_0902],
        "v_mfma_f32_32x32x8f16 a[0:15], v[2:3], v[4:5], a[0:15]",
    );
    assert_eq!(old.opcode, inst.opcode);
}

#[test]
fn addresses() {
    let load = decode(
        Rdna3,
        &[0xdc52_0010, 0x0104_0002],
        "global_load_b32 v1, v2, s[4:5] offset:16",
    );
    assert_eq!(load.src[..3], [Vgpr(2), Sgpr(4), Operand::None]);
    assert_eq!((load.dst[0], load.modifiers.imm), (Vgpr(1), 16));
    let add = decode(
        Cdna3,
        &[0xdd09_8000, 0x017f_0304],
        "global_atomic_add v1, v[4:5], v3, off sc0",
    );
    assert_eq!(add.src[..3], [Vgpr(4), Operand::None, Vgpr(3)]);
    assert_eq!((add.dst[0], add.modifiers.cache), (Vgpr(1), cache::GLC));
    let scratch = decode(
        Cdna3,
        &[0xdc50_5ffc, 0x017f_0000],
        "scratch_load_dword v1, off, off offset:-4",
    );
    assert_eq!((scratch.src[0], scratch.modifiers.imm), (Operand::None, -4));
    let scalar = decode(
        Cdna3,
        &[0xc006_0082, 0x10],
        "s_load_dwordx2 s[2:3], s[4:5], 0x10",
    );
    assert_eq!(
        (scalar.dst[0], scalar.src[..2].to_vec()),
        (Sgpr(2), vec![Sgpr(4), Operand::None])
    );
}

#[test]
fn offsets_of_two_words() {
    let inst = decode(
        Cdna3,
        &[0xd86e_0201, 0x0200_0003],
        "ds_read2_b32 v[2:3], v3 offset0:1 offset1:2",
    );
    assert_eq!(
        (inst.opcode, inst.modifiers.imm),
        (Opcode::DsLoad2addrB32, 0x201)
    );
    assert_eq!(inst.src[..3], [Vgpr(3), Operand::None, Operand::None]);
}

#[test]
fn immediates() {
    decode(Cdna3, &[0xbf8c_0f70], "s_waitcnt vmcnt(0)");
    decode(Cdna3, &[0xbf8c_c07f], "s_waitcnt lgkmcnt(0)");
    decode(Rdna3, &[0xbf89_fc07], "s_waitcnt lgkmcnt(0)");
    decode(
        Rdna3,
        &[0xbf87_0091],
        "s_delay_alu instid0(VALU_DEP_1) | instskip(NEXT) | instid1(VALU_DEP_1)",
    );
    decode(
        Rdna3,
        &[0xbfb6_0003],
        "s_sendmsg sendmsg(MSG_DEALLOC_VGPRS)",
    );
    decode(Rdna3, &[0xbf88_0f9f], "s_waitcnt_depctr depctr_va_vdst(0)");
    let branch = decode(Cdna3, &[0xbf85_fff0], "s_cbranch_scc1 65520");
    assert_eq!(branch.modifiers.imm, -16);
    let compare = decode(Cdna3, &[0xb185_0007], "s_cmpk_lg_i32 s5, 0x7");
    assert_eq!((compare.dst[0], compare.src[0]), (Operand::None, Sgpr(5)));
}

#[test]
fn errors_say_what_is_wrong() {
    let decoder = Decoder::new(Cdna3);
    let truncated = decoder.decode(&bytes(&[0xbe80_00ff]), 0x40);
    assert_eq!(
        truncated,
        Err(DecodeError::Truncated {
            address: 0x40,
            needed: 8,
            available: 4
        })
    );
    let opcode = decoder
        .decode(&bytes(&[0xbe80_ff00]), 0x40)
        .expect_err("no such SOP1");
    assert_eq!(
        opcode.to_string(),
        "0x40: 0xbe80ff00 has opcode 0xff, which gfx942 lacks among its SOP1 instructions"
    );
    let format = decoder
        .decode(&bytes(&[0xfc00_0000, 0]), 0)
        .expect_err("no such format");
    assert!(matches!(format, DecodeError::UnknownFormat { .. }));
    let operand = decoder
        .decode(&bytes(&[0xbe80_00d1]), 0)
        .expect_err("a reserved operand");
    assert!(operand.to_string().contains("operand 0xd1"), "{operand}");
    assert!(decoder.decode(&[], 0).is_err());
}

#[test]
fn a_range_is_read_to_its_end() {
    let text = bytes(&[0xbe80_00ff, 7, 0xbf81_0000]);
    let found = Decoder::new(Cdna3)
        .decode_text(&text, 0x1000)
        .expect("two instructions");
    let places: Vec<(u64, Opcode)> = found
        .iter()
        .map(|(address, inst)| (*address, inst.opcode))
        .collect();
    assert_eq!(
        places,
        [(0x1000, Opcode::SMovB32), (0x1008, Opcode::SEndpgm)]
    );
}

#[test]
fn rdna4_atomics_say_that_they_return() {
    let returns = decode(
        Rdna4,
        &[0xec0d_407c, 0x0210_0001, 2],
        "flat_atomic_add_u32 v1, v[2:3], v4 th:TH_ATOMIC_RETURN",
    );
    assert_eq!(returns.modifiers.cache, cache::GLC);
    assert_eq!((returns.modifiers.policy, returns.dst[0]), (1, Vgpr(1)));
    assert_eq!(returns.src[..3], [Vgpr(2), Operand::None, Vgpr(4)]);
    let silent = decode(
        Rdna4,
        &[0xec0d_407c, 0x0200_0001, 2],
        "flat_atomic_add_u32 v[2:3], v4",
    );
    assert_eq!(silent.dst[0], Operand::None);
}

#[test]
fn scales_come_with_their_matrix() {
    let inst = decode(
        Cdna4,
        &[0xd3ac_0000, 0x0002_3318, 0xd3ad_0c00, 0x4452_1904],
        "v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[4:7], v[12:17], v[20:23], v24, v25 \
         op_sel_hi:[0,0,0] cbsz:4 blgp:2",
    );
    assert_eq!(inst.encoding, Encoding::Vop3px);
    let scales = inst.pair.expect("the scales");
    assert_eq!(scales.src[..2], [Vgpr(24), Vgpr(25)]);
    let truth = decode(
        Cdna4,
        &[0xd234_0405, 0x080e_0501],
        "v_bitop3_b32 v5, v1, v2, s3 bitop3:0x60",
    );
    assert_eq!(truth.modifiers.imm, 0x60);
}

#[test]
fn images_list_their_addresses() {
    let inst = decode(
        Rdna2,
        &[0xf000_1f12, 3, 0x0509],
        "image_load v[0:3], [v3, v9, v5], s[0:7] dmask:0xf dim:SQ_RSRC_IMG_3D unorm",
    );
    let image = inst.image.expect("an image");
    assert_eq!(image.addresses, [(3, 1), (9, 1), (5, 1)]);
    assert_eq!((inst.dst[0], inst.src[1]), (Vgpr(0), Sgpr(0)));
    let short = Decoder::new(Rdna2).decode(&bytes(&[0xf28b_2a4a, 0x0084_2000, 0]), 0);
    let error = short.expect_err("an address without enough registers");
    assert!(error.to_string().contains("address registers"), "{error}");
}
